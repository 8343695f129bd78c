"""Use a trained network on images."""

from .as_json import as_json
from .drawing import draw_attention
from .exporter import export
from .stn_inferencer import STNInferencer, inference_model

__all__ = [
    'STNInferencer',
    'as_json',
    'draw_attention',
    'export',
    'inference_model',
]
