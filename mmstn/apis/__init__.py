"""Use a trained network on images."""

from .as_json import as_json
from .stn_inferencer import STNInferencer, inference_model

__all__ = ['STNInferencer', 'as_json', 'inference_model']
