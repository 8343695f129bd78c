"""2xST-FCN-TPS on the sum of two digits: two transformers in parallel.

python tools/train.py configs/sums/2xst_fcn_tps.py

Source: Jaderberg et al. 2015, appendix A.1.
Result: an error of 4.63 % (the paper: 5.8), seed 0, 40 epochs in bfloat16.
"""

_base_ = '2xst_fcn_aff.py'


def start(shift):
    """Return where the 4x4 control points read, row by row."""
    lines = (-2 / 3, -2 / 9, 2 / 9, 2 / 3)
    return [value for y in lines for x in lines for value in (x + shift, y)]


model = dict(
    backbone=dict(
        transformers=dict(
            grid=dict(type='mmstn.TPSGrid'), starts=[start(-0.1), start(0.1)]
        )
    )
)
