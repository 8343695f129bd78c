"""A CNN behind a probabilistic transformer on 1,000 digits of MNIST.

python tools/train.py configs/few/pstn_1000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 97.63 ± 0.24 % (the paper: 97.2), 5 seeds, 120 epochs in
bfloat16.
"""

_base_ = ['../_base_/few_1000.py', '../_base_/few_pstn.py']
