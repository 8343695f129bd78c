"""Digits of one class found in clutter, without labels or boxes.

python tools/train.py configs/colocalisation/clutter.py

Source: Jaderberg et al. 2015, appendix A.2.
Result: of each class in configs/README.md.
"""

_base_ = '../_base_/colocalisation.py'

train_dataloader = dict(dataset=dict(num_patches=16))
val_dataloader = dict(dataset=dict(num_patches=16))
test_dataloader = val_dataloader
