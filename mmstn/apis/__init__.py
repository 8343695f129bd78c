"""Use a trained network on images."""

from .image_sheet import image_sheet
from .regions import as_json
from .stn_inferencer import STNInferencer, inference_model

__all__ = ['STNInferencer', 'as_json', 'image_sheet', 'inference_model']
