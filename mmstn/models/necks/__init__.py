"""Necks that transform maps, or concatenate the streams of several."""

from .concat_streams import ConcatStreams
from .stn_neck import STNNeck

__all__ = ['ConcatStreams', 'STNNeck']
