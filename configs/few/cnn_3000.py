"""A small CNN on 3,000 digits of MNIST.

python tools/train.py configs/few/cnn_3000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: an accuracy of 97.49 ± 0.13 % (the paper: 97.6), 5 seeds, 100 epochs in
bfloat16.
"""

_base_ = ['../_base_/few_3000.py', '../_base_/few_cnn.py']
