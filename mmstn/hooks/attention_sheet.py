"""From what transformers did to a sheet of pictures."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from mmstn.hooks.glimpse import Glimpse, Record, Source
from mmstn.visualization import draw
from mmstn.visualization.sheet import Row, sheet

FRAME = 4


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
    colours = [
        draw.COLOURS[index % len(draw.COLOURS)]
        for index in range(len(record.glimpses))
    ]
    show = Display(preprocessor, predictions)
    rows = []
    for _, source in record.sources:
        readers = [
            (glimpse, colour)
            for glimpse, colour in zip(record.glimpses, colours, strict=True)
            if glimpse.source is source
        ]
        rows.append(source_row(source, readers, show))
        rows += [output_row(*reader, show) for reader in readers]
    classes = (getattr(dataset, 'metainfo', None) or {}).get('classes')
    return sheet(rows, [caption(sample, classes) for sample in predictions])


class Display:
    """Turn what the network holds into RGB.

    A picture gets its mean and standard deviation back. Where there are none
    to know, darkest and brightest of the source become black and white.

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
        """Return ``(B, H, W, 3)`` in uint8 for values read from a source."""
        if source.is_picture and self.mean is not None:
            values = flatten(values * self.std + self.mean, True)
        else:
            values = flatten(values, source.is_picture)
            whole = flatten(source.values, source.is_picture)
            low, high = whole.aminmax()
            values = (values - low) * (255 / (high - low).clamp(min=1e-6))
        if source.is_picture and self.is_bgr:
            values = values.flip(1)
        values = values.nan_to_num().round().clamp(0, 255).byte()
        values = values.expand(-1, 3, -1, -1).movedim(1, -1)
        return np.ascontiguousarray(values.cpu().numpy())


def flatten(values: Tensor, is_picture: bool) -> Tensor:
    """Return one channel, or the three of a colour picture, in float32."""
    if is_picture and values.shape[1] == 3:
        return values.float()
    return values.float().mean(1, keepdim=True)


def source_row(
    source: Source, readers: list[tuple[Glimpse, tuple]], show: Display
) -> Row:
    """Return the source with the outline of each of its readers."""
    size = source.values.shape[2:]
    tiles = [draw.enlarge(p) for p in show(source.values, source)]
    pictures = [draw.surround(t, draw.MARGIN, draw.GROUND) for t in tiles]

    def place(points: Tensor) -> np.ndarray:
        points = points.double().cpu().numpy()
        return draw.move_points(points, size, tiles[0]) + draw.MARGIN

    for glimpse, colour in readers:
        for picture, outline in zip(
            pictures, place(glimpse.outline()), strict=True
        ):
            draw.draw_outline(picture, outline, colour)
        if glimpse.control() is not None:
            for picture, control in zip(
                pictures, place(glimpse.control()), strict=True
            ):
                draw.draw_dots(picture, control, 2.5, colour)
    heading = source.name
    if not source.is_picture:
        heading = f'read by {source.name}, mean of channels'
    elif source.name != 'input':
        heading = f'read by {source.name}'
    return Row(heading, pictures)


def output_row(glimpse: Glimpse, colour: tuple, show: Display) -> Row:
    """Return what a transformer hands on, framed in its colour."""
    pictures = [
        draw.surround(draw.enlarge(picture), FRAME, colour)
        for picture in show(glimpse.output, glimpse.source)
    ]
    family = type(glimpse.grid).__name__
    return Row(f'{glimpse.name}, {family}', pictures, colour)


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
