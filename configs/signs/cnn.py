"""A small CNN, traffic signs.

python tools/train.py configs/signs/cnn.py

Source: Stallkamp et al. 2012; the network is ours.
Result: not run yet.
"""

_base_ = ['../_base_/signs.py', '../_base_/sign_cnn.py']
