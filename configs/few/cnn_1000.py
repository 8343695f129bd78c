"""A small CNN on 1,000 digits of MNIST.

python tools/train.py configs/few/cnn_1000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 96.25 ± 0.49 % (the paper: 96.2), 5 seeds, 120 epochs in
bfloat16.
"""

_base_ = ['../_base_/few_1000.py', '../_base_/few_cnn.py']
