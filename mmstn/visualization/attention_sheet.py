"""Draw the regions that transformers read on a contact sheet."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from torch import Tensor, nn

from mmstn.attention.denormaliser import Denormaliser
from mmstn.attention.glimpse import Glimpse, Source
from mmstn.attention.record import Record
from mmstn.visualization import curve, draw, volume
from mmstn.visualization.sheet import Row, beside, sheet

VIEW = 2 / 3  # of a tile, each of the three views of a volume


def attention_sheet(
    record: Record, predictions: Sequence, preprocessor: nn.Module, dataset
) -> np.ndarray:
    """Return a contact sheet, RGB ``(H, W, 3)``, one column per sample.

    Args:
        record: Of the transformers.
        predictions: A DataSample for each sample.
        preprocessor: The network's data preprocessor, undone for display.
        dataset: Names the classes, if they have names.

    Raises:
        ValueError: If a transformer read another number of sources.
    """
    record.check_samples()
    show = Denormaliser(preprocessor, predictions)
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


def input_row(
    source: Source, readers: list[tuple[Glimpse, tuple]], show: Denormaliser
) -> Row:
    """Return the network's input with the outline of every transformer."""
    reaching = [reader for reader in readers if reader[0].reaches_input]
    return Row(source.name, outlined(source, reaching, show, on_input=True))


def output_row(glimpse: Glimpse, colour: tuple, show: Denormaliser) -> Row:
    """Return the output of a transformer, framed in its colour."""
    heading = f'{glimpse.name}, {type(glimpse.family).__name__}'
    return Row(heading, framed(glimpse, colour, show), colour)


def inner_row(glimpse: Glimpse, colour: tuple, show: Denormaliser) -> Row:
    """Return the source of a transformer and, beside it, its output.

    For one that does not read the network's input; both at half the size.
    """
    heading = f'{glimpse.name}, {type(glimpse.family).__name__}, inside'
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
    show: Denormaliser,
    on_input: bool = False,
    zoom: float = 1,
) -> list[np.ndarray]:
    """Return one picture of a source per sample, with outlines on it."""
    drawings = [
        (
            lines(glimpse, on_input),
            control_points(glimpse, on_input),
            colour,
            [lines(drawn, on_input) for drawn in glimpse.drawn],
        )
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


def control_points(glimpse: Glimpse, on_input: bool) -> np.ndarray | None:
    """Return the control points ``(B, K, n)`` in pixels, or None."""
    points = glimpse.control(on_input)
    return None if points is None else points.double().cpu().numpy()


def lines(glimpse: Glimpse, on_input: bool) -> np.ndarray:
    """Return the lines around the region, ``(B, L, P, n)`` in pixels.

    A series is taken as a picture that is one pixel high.
    """
    axes = len(glimpse.family.size)
    border = (glimpse.edges if axes == 3 else glimpse.outline)(on_input)
    border = border.double().cpu().numpy()
    if axes == 1:
        return curve.interval_border(border)[:, None]
    if axes == 2:
        return np.concatenate([border, border[:, :1]], axis=1)[:, None]
    return border


def with_outlines(
    tile: np.ndarray,
    size: tuple[int, int],
    axes: tuple[int, int],
    sample: int,
    drawings: list[tuple[np.ndarray, np.ndarray | None, tuple, list]],
) -> np.ndarray:
    """Return the tile of one sample on its ground, with its outlines.

    Args:
        tile: An enlarged view.
        size: Of the view, before.
        axes: Which axes of a point run across and down.
        sample: The index of the sample.
        drawings: Lines ``(B, L, P, n)``, control points, colours, and of
            each draw of theta the lines.
    """
    chosen = [
        (
            border[sample][..., axes],
            None if control is None else control[sample][..., axes],
            colour,
        )
        for border, control, colour, _ in drawings
    ]
    thin = [
        (line[sample][..., axes], colour)
        for _, _, colour, draws in drawings
        for line in draws
    ]
    return draw.with_outlines(tile, size, chosen, thin)


def framed(
    glimpse: Glimpse, colour: tuple, show: Denormaliser, zoom: float = 1
) -> list[np.ndarray]:
    """Return one framed picture of a transformer's output per sample."""

    def frame(tile: np.ndarray, size, axes) -> np.ndarray:
        return draw.surround(tile, draw.FRAME, colour)

    pictures = show(glimpse.output, glimpse.source)
    return [in_views(picture, frame, zoom) for picture in pictures]


def in_views(
    picture: np.ndarray,
    finish: Callable[[np.ndarray, tuple, tuple], np.ndarray],
    zoom: float,
) -> np.ndarray:
    """Return a picture enlarged and finished.

    Of a volume these are its three views, of a series its curves.

    Args:
        picture: ``(L, 3)``, ``(H, W, 3)`` or ``(D, H, W, 3)``.
        finish: What to do with an enlarged tile, given the size of what it
            shows and which axes of a point run across and down.
        zoom: Of the longest side, to the usual one.
    """
    if picture.ndim == 2:
        tile = curve.draw_curves(picture, draw.TILE * zoom)
        return finish(tile, (1, len(picture)), (0, 1))
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
    """Return the lines above a sample: its class, and its prediction."""
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
