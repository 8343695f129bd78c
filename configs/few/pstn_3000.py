"""A CNN behind a probabilistic transformer on 3,000 digits of MNIST.

python tools/train.py configs/few/pstn_3000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 98.41 ± 0.13 % (the paper: 98.0), 5 seeds, 100 epochs in
bfloat16.
"""

_base_ = ['../_base_/few_3000.py', '../_base_/few_pstn.py']
