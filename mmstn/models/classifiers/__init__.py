"""Classifiers of MMPretrain with losses on theta."""

from .stn_classifier import STNClassifier

__all__ = ['STNClassifier']
