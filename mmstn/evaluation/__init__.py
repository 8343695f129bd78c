"""Metrics of label sequences, and of the regions transformers read."""

import mmpretrain.evaluation  # noqa: F401  a parent's locations: not imported

from .localisation_iou import LocalisationIoU
from .output_spread import OutputSpread
from .part_coverage import PartCoverage
from .placement_distance import PlacementDistance
from .pose_undone import PoseUndone
from .read_outside import ReadOutside
from .sequence_accuracy import SequenceAccuracy
from .tracking_iou import TrackingIoU

__all__ = [
    'LocalisationIoU',
    'OutputSpread',
    'PartCoverage',
    'PlacementDistance',
    'PoseUndone',
    'ReadOutside',
    'SequenceAccuracy',
    'TrackingIoU',
]
