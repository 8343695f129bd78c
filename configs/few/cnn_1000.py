"""A small CNN on 1,000 digits of MNIST.

python tools/train.py configs/few/cnn_1000.py

Source: Schwoebel et al. 2022, table of MNIST subsets.
Result: not run yet.
"""

_base_ = ['../_base_/few_1000.py', '../_base_/few_cnn.py']
