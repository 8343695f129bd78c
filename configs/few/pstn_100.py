"""A CNN behind a probabilistic transformer on 100 digits of MNIST.

python tools/train.py configs/few/pstn_100.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 91.81 ± 0.74 % (the paper: 91.3), 5 seeds, 200 epochs.
"""

_base_ = ['../_base_/few_100.py', '../_base_/few_pstn.py']
