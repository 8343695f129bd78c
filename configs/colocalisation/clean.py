"""Digits of one class found on black, without labels or boxes.

python tools/train.py configs/colocalisation/clean.py

Source: Jaderberg et al. 2015, appendix A.2.
Result: of each class in configs/README.md.
"""

_base_ = '../_base_/colocalisation.py'
