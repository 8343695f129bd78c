"""Networks that carry spatial transformers, and the paper's small ones."""

from .digit_nets import DigitCNN, DigitFCN
from .plain_net import PlainNet
from .stn_backbone import STNBackbone

__all__ = ['DigitCNN', 'DigitFCN', 'PlainNet', 'STNBackbone']
