"""Necks that transform maps, or join the streams of several transformers."""

from .concat_streams import ConcatStreams
from .stn_neck import STNNeck

__all__ = ['ConcatStreams', 'STNNeck']
