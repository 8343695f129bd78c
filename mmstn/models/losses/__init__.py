"""Losses on theta, for ``mmstn.STNClassifier``."""

from .consistency_loss import ConsistencyLoss
from .identity_loss import IdentityLoss
from .outside_loss import OutsideLoss
from .posterior_loss import PosteriorLoss
from .theta_loss import ThetaLoss

__all__ = [
    'ConsistencyLoss',
    'IdentityLoss',
    'OutsideLoss',
    'PosteriorLoss',
    'ThetaLoss',
]
