"""CNN on house numbers of 64 pixels.

python tools/prepare_svhn.py data/svhn
python tools/train.py configs/svhn/cnn_64.py

Source: Jaderberg et al. 2015, section 4.2 and appendix A.5, which has 4.0 %.
Result: not run yet.
"""

_base_ = '../_base_/svhn.py'

model = dict(backbone=dict(type='mmstn.HouseNumberCNN', size=(64, 64)))
