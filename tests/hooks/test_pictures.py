"""A picture is on the disk, or said to be lost."""

import logging
import os

import numpy as np
import pytest
from mmengine.logging import MMLogger
from mmengine.visualization import LocalVisBackend, Visualizer
from numpy.testing import assert_array_equal
from PIL import Image

from mmstn.hooks.pictures import show

PICTURE = np.random.default_rng(0).integers(0, 255, (3, 4, 3), np.uint8)


class Kept(LocalVisBackend):
    def add_image(self, *arguments):
        self.given = arguments


@pytest.fixture(name='visualizer')
def visualizer_fixture(tmp_path):
    backends = [LocalVisBackend(str(tmp_path)), Kept(str(tmp_path))]
    visualizer = Visualizer(save_dir=str(tmp_path))
    visualizer._vis_backends = dict(enumerate(backends))
    return visualizer


def test_every_backend_gets_the_picture(visualizer, tmp_path):
    show(visualizer, 'attention', PICTURE, 7)
    assert visualizer._vis_backends[1].given == ('attention', PICTURE, 7)
    with Image.open(tmp_path / 'vis_image/attention_7.png') as image:
        assert_array_equal(np.asarray(image), PICTURE)


def test_a_picture_that_cannot_be_written_is_said(
    visualizer, tmp_path, monkeypatch
):
    said = []

    def log(_, level, message, *args, **kwargs):
        said.append((level, message))

    def full(*paths):
        raise OSError(28, 'No space left on device')

    MMLogger.get_instance('pictures')
    monkeypatch.setattr(MMLogger, 'log', log)
    monkeypatch.setattr(os, 'replace', full)
    show(visualizer, 'attention', PICTURE, 7)
    (message,) = [text for level, text in said if level == logging.WARNING]
    path = tmp_path / 'vis_image/attention_7.png'
    assert 'picture attention of step 7 is lost: [Errno 28] No sp' in message
    assert str(path) in message
    assert not path.exists()
