"""Four parallel transformers and Inceptions, CUB-200-2011 at 448 pixels.

python tools/train.py configs/stn_cub_4x.py

Each transformer chooses the place of a crop half as wide and high as the
image. Data set, weights and schedule as in inception_v2_cub.py.
Source: Jaderberg et al. 2015, section 4.3 and appendix A.6: one Inception for
all transformers finds their places, at half the resolution, with 1e-4 of the
learning rate. Ours: outside the image its border is continued.
Expected: an accuracy of 84.1 %, the paper's.
Result: not run yet.
"""

_base_ = ['_base_/cub_448.py', '_base_/stn_cub.py']

val_evaluator = [
    dict(type='Accuracy', topk=(1,)),
    dict(
        type='mmstn.PartCoverage',
        data_root={{_base_.val_dataloader.dataset.data_root}},
        pipeline={{_base_.val_dataloader.dataset.pipeline}},
    ),
]
test_evaluator = val_evaluator
