"""2xST-FCN-Proj on the sum of two digits: two transformers in parallel.

python tools/train.py configs/sums/2xst_fcn_proj.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: not run yet.
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
