"""The whole bird, and a part of it, by a probabilistic localiser.

python tools/train.py configs/pstn_cub10_2x.py

For few images: one network looks at two windows, of which one starts as the
whole crop and the other as the middle six tenths; both are drawn from a
distribution that is learnt (P-STN), ten times for a prediction; and each
window is also classified on its own. Data set, weights and schedule as in
mobilenet_v2_cub10.py.
Source: Schwoebel et al. 2022 (P-STN); Jaderberg et al. 2015, section 4.3.
Result: an accuracy of 86.75 ± 0.94 %, 5 seeds, 15 epochs in bfloat16.
"""

_base_ = 'stn_cub10_2x.py'

model = dict(
    type='mmstn.STNClassifier',
    num_draws=10,
    theta_losses=[dict(type='mmstn.PosteriorLoss', weight=0.01)],
    backbone=dict(
        shared=True,
        transformer=dict(
            starts=[[1, 0, 0], [0.6, 0, 0]],
            localisation=dict(
                type='mmstn.ProbabilisticLocalisation', deviation=0.1
            ),
            grid=dict(
                _delete_=True, type='mmstn.AttentionGrid', size=(160, 160)
            ),
        ),
    ),
    head=dict(stream_losses=[0.5, 0.5]),
)
