"""Hooks that watch transformers from outside during training."""

from .attention_record import AttentionRecordHook
from .attention_visualization import AttentionVisualizationHook
from .channels_last import ChannelsLastHook
from .theta_monitor import ThetaMonitorHook

__all__ = [
    'AttentionRecordHook',
    'AttentionVisualizationHook',
    'ChannelsLastHook',
    'ThetaMonitorHook',
]
