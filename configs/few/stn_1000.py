"""A small CNN behind an affine transformer on 1,000 digits of MNIST.

python tools/train.py configs/few/stn_1000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 96.38 ± 0.40 % (the paper: 93.4), 5 seeds, 120 epochs in
bfloat16.
"""

_base_ = ['../_base_/few_1000.py', '../_base_/few_stn.py']
