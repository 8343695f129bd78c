"""A small CNN behind an affine transformer on 100 digits of MNIST.

python tools/train.py configs/few/stn_100.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 85.25 ± 3.62 % (the paper: 81.3), 5 seeds, 200 epochs.
"""

_base_ = ['../_base_/few_100.py', '../_base_/few_stn.py']
