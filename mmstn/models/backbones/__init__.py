"""Networks that carry spatial transformers, and the paper's own."""

from .digit_nets import DigitCNN, DigitFCN
from .house_number_cnn import HouseNumberCNN
from .inception_v2 import InceptionV2
from .localisation_trunk import LocalisationTrunk
from .parallel_stn import ParallelSTNBackbone
from .plain_net import PlainNet
from .stn_backbone import STNBackbone

__all__ = [
    'DigitCNN',
    'DigitFCN',
    'HouseNumberCNN',
    'InceptionV2',
    'LocalisationTrunk',
    'ParallelSTNBackbone',
    'PlainNet',
    'STNBackbone',
]
