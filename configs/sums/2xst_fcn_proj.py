"""2xST-FCN-Proj on the sum of two digits: two transformers in parallel.

python tools/train.py configs/sums/2xst_fcn_proj.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 4.77 % (the paper: 5.9), seed 0, 40 epochs in bfloat16.
"""

_base_ = '2xst_fcn_aff.py'

model = dict(
    backbone=dict(
        transformers=dict(
            grid=dict(type='mmstn.ProjectiveGrid'),
            starts=[[2 / 3, 0, x, 0, 2 / 3, 0, 0, 0] for x in (-0.1, 0.1)],
        )
    )
)
