"""A 3D transformer before MMPretrain's ResNet-18, on solid digits.

python tools/train.py configs/stn_volume_resnet18.py

How a 2D network takes volumes: wrap it, put a 3D transformer on the input, and
behind that the mean along the depth. The mean has the channels of the volume;
ResNet-18, from scratch, takes that one instead of three.
Source: Jaderberg et al. 2015, appendix A.3, with ResNet-18 for the paper's
network; data set and schedule of stn_mnist_volumes.py.
Result: not run yet.
"""

_base_ = ['stn_mnist_volumes.py']

model = dict(
    backbone=dict(
        _delete_=True,
        type='mmstn.STNBackbone',
        backbone=dict(type='ResNet', depth=18, in_channels=1),
        transformers=[
            dict(
                type='mmstn.SpatialTransformer',
                localisation=dict(
                    in_features=32,
                    trunk=dict(
                        type='mmstn.PlainNet',
                        size=(60, 60, 60),
                        steps=[
                            dict(avg=3),
                            dict(conv=8, kernel=5),
                            dict(max=2),
                            dict(conv=16, kernel=5),
                            dict(fc=32),
                        ],
                    ),
                ),
                grid=dict(type='mmstn.AffineGrid', size=(30, 60, 60)),
            ),
            dict(type='mmstn.DepthMean'),
        ],
    ),
    neck=dict(type='GlobalAveragePooling'),
    head=dict(in_channels=512),
)
work_dir = 'work_dirs/stn_volume_resnet18'
