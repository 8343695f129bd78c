"""Two parallel transformers and Inceptions, CUB-200-2011 at 224 pixels.

python tools/train.py configs/stn_cub_2x_224.py

Crops of half the image are enlarged to 224 pixels again; otherwise as
stn_cub_4x.py: data set, weights, schedule.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6.
Expected: an accuracy of 83.1 %, the paper's.
Result: not run yet.
"""

_base_ = ['_base_/cub_224.py', '_base_/stn_cub.py']

model = dict(
    backbone=dict(
        transformer=dict(
            num_transformers=2,
            localisation=dict(trunk=dict(downsample=1)),
        ),
    ),
    head=dict(in_channels=2 * 1024),
)
val_evaluator = [
    dict(type='Accuracy', topk=(1,)),
    dict(
        type='mmstn.PartCoverage',
        data_root={{_base_.val_dataloader.dataset.data_root}},
        pipeline={{_base_.val_dataloader.dataset.pipeline}},
    ),
]
test_evaluator = val_evaluator
