"""Hooks that watch transformers from outside during training."""

from .attention_record import AttentionRecordHook
from .attention_visualization import AttentionVisualizationHook
from .channels_last import ChannelsLastHook
from .theta_monitor import ThetaMonitorHook
from .turned_record import TurnedRecordHook

__all__ = [
    'AttentionRecordHook',
    'AttentionVisualizationHook',
    'ChannelsLastHook',
    'ThetaMonitorHook',
    'TurnedRecordHook',
]
