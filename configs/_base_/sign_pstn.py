"""The transformer draws theta, and predictions are averaged over ten draws."""

_base_ = 'sign_stn.py'

model = dict(
    type='mmstn.STNClassifier',
    backbone=dict(
        transformers=dict(
            localisation=dict(type='mmstn.ProbabilisticLocalisation')
        )
    ),
    theta_losses=[dict(type='mmstn.PosteriorLoss', weight=0.003)],
    num_draws=10,
)
