"""Networks that carry spatial transformers, and the paper's own."""

from .digit_nets import DigitCNN, DigitFCN
from .house_number_cnn import HouseNumberCNN
from .inception_v2 import InceptionV2
from .parallel_stn import ParallelSTNBackbone
from .plain_net import PlainNet
from .shrinking_trunk import ShrinkingTrunk
from .stn_backbone import STNBackbone
from .volume_stn import DepthMean, VolumeSTN

__all__ = [
    'DepthMean',
    'DigitCNN',
    'DigitFCN',
    'HouseNumberCNN',
    'InceptionV2',
    'ParallelSTNBackbone',
    'PlainNet',
    'STNBackbone',
    'ShrinkingTrunk',
    'VolumeSTN',
]
