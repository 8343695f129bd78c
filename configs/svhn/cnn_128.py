"""CNN on house numbers of 128 pixels.

python tools/prepare_svhn.py data/svhn
python tools/train.py configs/svhn/cnn_128.py

Source: Jaderberg et al. 2015, section 4.2 and appendix A.5, which has 5.6 %.
Result: not run yet.
"""

_base_ = 'cnn_64.py'

train_dataloader = dict(dataset=dict(size=128))
val_dataloader = dict(dataset=dict(size=128))
test_dataloader = dict(dataset=dict(size=128))

model = dict(backbone=dict(size=(128, 128)))
