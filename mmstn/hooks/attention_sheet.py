"""From what transformers did to a sheet of pictures."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
import torch
from torch import Tensor, nn

from mmstn.hooks.glimpse import Glimpse, Record, Source
from mmstn.visualization import draw, volume
from mmstn.visualization.sheet import Row, beside, sheet

FRAME = 4
VIEW = 2 / 3  # of a tile, each of the three views of a volume
RGB = {1: [0, 0, 0], 2: [0, 1, 1], 3: [0, 1, 2]}  # from so many channels


def attention_sheet(
    record: Record, predictions: Sequence, preprocessor: nn.Module, dataset
) -> np.ndarray:
    """Return one RGB picture, ``(H, W, 3)``: a column a sample.

    Args:
        record: What the transformers did.
        predictions: A DataSample for each sample.
        preprocessor: The network's data preprocessor, undone for display.
        dataset: Names the classes, if they have names.
    """
    show = Display(preprocessor, predictions)
    readers = [
        (glimpse, draw.colour_of(index))
        for index, glimpse in enumerate(record.glimpses)
    ]
    rows = [input_row(record.input, readers, show)]
    rows += [
        output_row(*reader, show)
        if reader[0].source is record.input
        else inner_row(*reader, show)
        for reader in readers
    ]
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    return sheet(rows, [caption(sample, classes) for sample in predictions])


class Display:
    """Turn what the network holds into RGB.

    A picture gets its mean and standard deviation back. Where there are none
    to know, darkest and brightest of the source become black and white. Of two
    channels the first is red and the second cyan, so that what is bright in
    both is white.

    Args:
        preprocessor: The network's data preprocessor.
        predictions: A DataSample for each sample.
    """

    def __init__(self, preprocessor: nn.Module, predictions: Sequence):
        self.mean = getattr(preprocessor, 'mean', None)
        self.std = getattr(preprocessor, 'std', None)
        # OpenMMLab loads files as BGR; data sets without files hold RGB
        from_file = 'img_path' in predictions[0]
        self.is_bgr = from_file and not getattr(preprocessor, 'to_rgb', False)

    def __call__(self, values: Tensor, source: Source) -> np.ndarray:
        """Return ``(B, *size, 3)`` in uint8 for values read from a source."""
        if source.is_picture and self.mean is not None:
            axes = [1] * (values.ndim - 2)
            mean, std = (n.view(-1, *axes) for n in (self.mean, self.std))
            values = flatten(values * std + mean, True)
        else:
            values = flatten(values, source.is_picture)
            whole = flatten(source.values, source.is_picture)
            low, high = whole.aminmax()
            values = (values - low) * (255 / (high - low).clamp(min=1e-6))
        values = values.nan_to_num().round().clamp(0, 255).byte()
        values = values[:, RGB[values.shape[1]]].movedim(1, -1)
        if source.is_picture and self.is_bgr:
            values = values.flip(-1)
        return np.ascontiguousarray(values.cpu().numpy())


def flatten(values: Tensor, is_picture: bool) -> Tensor:
    """Return one channel, or the two or three of a picture, in float32."""
    if is_picture and values.shape[1] in RGB:
        return values.float()
    return values.float().mean(1, keepdim=True)


def input_row(
    source: Source, readers: list[tuple[Glimpse, tuple]], show: Display
) -> Row:
    """Return the network's input with the outline of every transformer."""
    reaching = [reader for reader in readers if reader[0].reaches_input]
    return Row(source.name, outlined(source, reaching, show, on_input=True))


def output_row(glimpse: Glimpse, colour: tuple, show: Display) -> Row:
    """Return what a transformer hands on, framed in its colour."""
    heading = f'{glimpse.name}, {type(glimpse.grid).__name__}'
    return Row(heading, framed(glimpse, colour, show), colour)


def inner_row(glimpse: Glimpse, colour: tuple, show: Display) -> Row:
    """Return what a transformer reads and, beside it, what it hands on.

    For one that does not read the network's input; both at half the size.
    """
    heading = f'{glimpse.name}, {type(glimpse.grid).__name__}, inside'
    if not glimpse.source.is_picture:
        heading += ', mean of channels'
    pairs = zip(
        outlined(glimpse.source, [(glimpse, colour)], show, zoom=0.5),
        framed(glimpse, colour, show, zoom=0.5),
        strict=True,
    )
    return Row(heading, [beside(*pair) for pair in pairs], colour)


def outlined(
    source: Source,
    readers: list[tuple[Glimpse, tuple]],
    show: Display,
    on_input: bool = False,
    zoom: float = 1,
) -> list[np.ndarray]:
    """Return a source, one picture a sample, with outlines of its readers."""
    drawings = [
        (lines(glimpse, on_input), glimpse.control(on_input), colour)
        for glimpse, colour in readers
    ]
    return [
        in_views(
            picture,
            partial(with_outlines, sample=sample, drawings=drawings),
            zoom,
        )
        for sample, picture in enumerate(show(source.values, source))
    ]


def lines(glimpse: Glimpse, on_input: bool) -> Tensor:
    """Return the lines around what is read, ``(B, L, P, n)`` in pixels."""
    if len(glimpse.grid.size) == 3:
        return glimpse.edges(on_input)
    border = glimpse.outline(on_input)
    return torch.cat([border, border[:, :1]], dim=1).unsqueeze(1)


def with_outlines(
    tile: np.ndarray,
    size: tuple[int, int],
    axes: tuple[int, int],
    sample: int,
    drawings: list[tuple[Tensor, Tensor | None, tuple]],
) -> np.ndarray:
    """Return the tile of one sample on its ground, with its outlines."""
    margin = round(max(tile.shape) * draw.MARGIN)
    picture = draw.surround(tile, margin, draw.GROUND)

    def place(points: Tensor) -> np.ndarray:
        points = points[sample][..., axes].double().cpu().numpy()
        return draw.move_points(points, size, tile) + margin

    for border, control, colour in drawings:
        draw.draw_lines(picture, place(border), colour)
        if control is not None:
            draw.draw_dots(picture, place(control), 2.5, colour)
    return picture


def framed(
    glimpse: Glimpse, colour: tuple, show: Display, zoom: float = 1
) -> list[np.ndarray]:
    """Return what a transformer hands on, one picture a sample."""

    def frame(tile: np.ndarray, size, axes) -> np.ndarray:
        return draw.surround(tile, FRAME, colour)

    pictures = show(glimpse.output, glimpse.source)
    return [in_views(picture, frame, zoom) for picture in pictures]


def in_views(
    picture: np.ndarray,
    finish: Callable[[np.ndarray, tuple, tuple], np.ndarray],
    zoom: float,
) -> np.ndarray:
    """Return a picture enlarged and finished; of a volume, its three views.

    Args:
        picture: ``([D,] H, W, 3)``.
        finish: What to do with an enlarged tile, given the size of what it
            shows and which axes of a point run across and down.
        zoom: Of the longest side, to the usual one.
    """
    if picture.ndim == 3:
        tile = draw.enlarge(picture, draw.TILE * zoom)
        return finish(tile, picture.shape[:2], (0, 1))
    cell = draw.TILE * zoom * VIEW / max(picture.shape[:3])
    views = []
    for view, axes in zip(volume.project(picture), volume.VIEWS, strict=True):
        tile = draw.enlarge(view, cell * max(view.shape[:2]))
        views.append(finish(tile, view.shape[:2], axes))
    return volume.arrange(views)


def caption(sample, classes: Sequence[str] | None) -> list[str]:
    """Return the lines above a sample: its class, and what was predicted."""
    true, predicted = sample.get('gt_label'), sample.get('pred_label')
    lines = []
    if true is not None:
        lines.append(f'true: {named(true, classes)}')
    if predicted is not None:
        wrong = true is not None and predicted.tolist() != true.tolist()
        verdict = ' (wrong)' if wrong else ''
        lines.append(f'predicted: {named(predicted, classes)}{verdict}')
    return lines


def named(label: Tensor, classes: Sequence[str] | None) -> str:
    """Return the names of one or more classes, or their numbers."""
    numbers = label.flatten().tolist()
    return ' '.join(str(classes[n] if classes else n) for n in numbers)
