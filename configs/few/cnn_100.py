"""A small CNN on 100 digits of MNIST.

python tools/train.py configs/few/cnn_100.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 85.31 ± 2.08 % (the paper: 86.5), 5 seeds, 200 epochs.
"""

_base_ = ['../_base_/few_100.py', '../_base_/few_cnn.py']
