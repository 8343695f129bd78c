"""A small CNN behind an affine transformer on 3,000 digits of MNIST.

python tools/train.py configs/few/stn_3000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 98.02 ± 0.17 % (the paper: 96.6), 5 seeds, 100 epochs in
bfloat16.
"""

_base_ = ['../_base_/few_3000.py', '../_base_/few_stn.py']
