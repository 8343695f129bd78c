"""A page in the browser: move a picture, and see where a network looks."""

import os
from threading import Lock

import cv2
import numpy as np
import torch
from mmengine.config import Config
from PIL import Image

from mmstn.apis.images import load, to_rgb
from mmstn.apis.stn_inferencer import STNInferencer
from mmstn.geometry import projective_grid, sample
from mmstn.visualization.image_sheet import image_sheet

os.environ['GRADIO_ANALYTICS_ENABLED'] = 'False'
try:
    import gradio
except ImportError as error:
    raise ImportError(f"demo: {error}; pip install 'gradio>=6'") from error

ADDRESS = '127.0.0.1'
LARGEST_FILE = '10mb'
MOST_PIXELS = 2**24  # of a picture that is dropped; twice as many are an error
LONGEST = 480  # side of what is moved and looked at, in pixels
TITLE = 'Where does it look?'


def moved(
    picture: np.ndarray,
    turn: float = 0,
    scale: float = 1,
    right: float = 0,
    down: float = 0,
    tilt: float = 0,
) -> np.ndarray:
    """Return the picture moved about its centre, of the same size.

    Args:
        picture: ``(H, W, 3)`` in uint8. Its border goes on outside.
        turn: In degrees, clockwise.
        scale: 2 makes everything twice as large.
        right: In halves of the shorter side.
        down: In halves of the shorter side.
        tilt: Perspective; the right side comes nearer, from -1 to 1.
    """
    height, width = picture.shape[:2]
    radians = np.deg2rad(turn)
    cos, sin = scale * np.cos(radians), scale * np.sin(radians)
    there = np.array([[cos, -sin, right], [sin, cos, down], [-tilt, 0, 1]])
    # from the frame, where each side is from -1 to 1, to equal pixels
    sides = np.array([width, height, 0]) / min(height, width)
    to_pixels = np.diag(sides + [0, 0, 1])
    back = np.linalg.inv(np.linalg.inv(to_pixels) @ there @ to_pixels)
    matrix = torch.tensor(back / back[2, 2], dtype=torch.float32)
    grid = projective_grid(matrix[None], (height, width))
    source = torch.from_numpy(picture.copy()).movedim(-1, 0)[None].float()
    output = sample(source, grid, padding='border').nan_to_num()
    return output[0].movedim(0, -1).round().byte().numpy()


def fitted(picture: np.ndarray) -> np.ndarray:
    """Return an RGB picture whose longer side is at most ``LONGEST``."""
    picture = np.ascontiguousarray(picture[..., :3])
    height, width = picture.shape[:2]
    ratio = LONGEST / max(height, width)
    if ratio < 1:  # a pixel remains of the shorter side of a thin one
        size = [max(1, round(ratio * side)) for side in (width, height)]
        picture = cv2.resize(picture, size, interpolation=cv2.INTER_AREA)
    return picture


class Page:
    """What the page answers.

    Args:
        inferencer: Of the network.
        picture: RGB, what stands there in the beginning.
    """

    def __init__(self, inferencer: STNInferencer, picture: np.ndarray):
        self.inferencer = inferencer
        self.picture = picture
        self.one_at_a_time = Lock()

    def answer(
        self, drawing: dict | None, *pose: float
    ) -> tuple[np.ndarray, dict, list]:
        """Return the sheet, the classes and the rows of theta."""
        if drawing is None or drawing['composite'] is None:
            raise gradio.Error('Draw something, or drop a picture')
        picture = moved(fitted(drawing['composite']), *pose)
        (batch,) = self.inferencer.preprocess([picture[..., ::-1]])
        with self.one_at_a_time:  # what it reads is recorded in the network
            predictions = self.inferencer.forward(batch)
        (result,) = self.inferencer.postprocess(predictions, None)
        sheet = image_sheet([picture], [result])
        rows = [
            [
                region['transformer'],
                *(round(float(x), 2) for x in region['theta']),
            ]
            for region in result['regions']
        ]
        return sheet, self.classes(result), rows

    def classes(self, result: dict) -> dict[str, float]:
        """Return the scores of classes; of a sequence what it reads."""
        scores = np.asarray(result['pred_scores'])
        if scores.ndim > 1:
            return {result['pred_class']: float(scores.max(-1).prod())}
        names = self.inferencer.classes or ()
        if len(names) < len(scores):
            names = range(len(scores))
        # of a part of a data set, whose names are all of them, the first
        return {
            str(name): float(score)
            for name, score in zip(names, scores, strict=False)
        }

    def build(self) -> gradio.Blocks:
        """Return the page."""
        with gradio.Blocks(title=TITLE, analytics_enabled=False) as blocks:
            gradio.Markdown(f'# {TITLE}')
            with gradio.Row():
                with gradio.Column():
                    drawing = gradio.ImageEditor(
                        self.picture,
                        type='numpy',
                        label='draw, or drop a picture',
                        sources=['upload', 'clipboard'],
                        brush=gradio.Brush(24, colors=['#ffffff', '#000000']),
                        layers=False,
                        transforms=(),
                    )
                    pose = [
                        gradio.Slider(-180, 180, 0, label='turn, degrees'),
                        gradio.Slider(0.3, 2, 1, label='scale'),
                        gradio.Slider(-1, 1, 0, label='right'),
                        gradio.Slider(-1, 1, 0, label='down'),
                        gradio.Slider(-0.7, 0.7, 0, label='tilt'),
                    ]
                with gradio.Column():
                    outputs = [
                        gradio.Image(
                            label='where it looks',
                            buttons=['download', 'fullscreen'],
                        ),
                        gradio.Label(num_top_classes=3, label='what it says'),
                        gradio.Dataframe(
                            label='theta', headers=None, buttons=[]
                        ),
                    ]
            inputs = [drawing, *pose]
            gradio.on(
                [blocks.load, *(each.change for each in inputs)],
                self.answer,
                inputs,
                outputs,
                show_progress='hidden',
                trigger_mode='always_last',
                api_visibility='private',
            )
        return blocks


def first_picture(cfg: Config) -> np.ndarray:
    """Return the first test image, RGB, or black where there is no data.

    Raises:
        ValueError: If it is no picture.
    """
    from mmpretrain.registry import DATASETS

    dataset = (cfg.get('test_dataloader') or {}).get('dataset')
    try:
        info = DATASETS.build(dataset).get_data_info(0)
        image = info.get('img')  # RGB
        if image is None:
            image = to_rgb(load(info['img_path']))['img']
    except (FileNotFoundError, TypeError, KeyError, RuntimeError):
        return np.zeros((336, 336, 3), np.uint8)
    if image.ndim == 2:
        image = np.repeat(image[..., None], 3, axis=-1)
    if image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(
            'demo: the page moves pictures, grey or of three channels, but '
            f'the network reads arrays {image.shape}'
        )
    ratio = 336 / max(image.shape[:2])
    return cv2.resize(image, None, fx=ratio, fy=ratio)


def serve(
    inferencer: STNInferencer, port: int | None = None, **settings
) -> gradio.Blocks:
    """Show the page at 127.0.0.1 until it is stopped.

    Files that are dropped are bounded, in bytes and in pixels. Nothing is
    shared, and nothing reported to anyone.

    Args:
        inferencer: Of the network.
        port: By default the first free one from 7860 on.
        **settings: Of gradio's ``launch``.
    """
    Image.MAX_IMAGE_PIXELS = MOST_PIXELS
    blocks = Page(inferencer, first_picture(inferencer.config)).build()
    blocks.launch(
        server_name=ADDRESS,
        server_port=port,
        share=False,
        max_file_size=LARGEST_FILE,
        theme=gradio.themes.Default(
            font=['system-ui', 'sans-serif'], font_mono=['monospace']
        ),
        **settings,
    )
    return blocks
