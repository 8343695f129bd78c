"""The picture against the mathematics: pixels where theta says they are."""

import numpy as np
import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from small_transformer import small_transformer
from torch import nn

from mmstn.attention.denormaliser import Denormaliser
from mmstn.attention.record import record_attention
from mmstn.models.transformer.find import find_transformers
from mmstn.visualization.attention_sheet import (
    attention_sheet,
    caption,
    inner_row,
    input_row,
    output_row,
)
from mmstn.visualization.draw import COLOURS, FRAME, TILE
from mmstn.visualization.sheet import GAP, LINE

MARGIN = TILE // 6
FIRST, SECOND = COLOURS[:2]


def preprocessor(**kwargs):
    return MODELS.build(dict(type='ClsDataPreprocessor', **kwargs))


PLAIN = preprocessor()


def transformer(family, start, size=(8, 8), source=(8, 8), in_channels=1):
    return MODELS.build(
        small_transformer(
            family, size, source=source, start=start, in_channels=in_channels
        )
    )


def record(source, *transformers):
    """Return what transformers of the same source do."""
    model = nn.ModuleList(transformers)
    with (
        record_attention(find_transformers(model), source) as seen,
        torch.no_grad(),
    ):
        for module in model:
            module(source)
    return seen


def samples(count, **fields):
    sample = DataSample(metainfo=fields)
    return [sample.clone() for _ in range(count)]


def drawn(seen, number=0):
    """Return the input of sample ``number`` with its outlines."""
    readers = list(zip(seen.glimpses, COLOURS, strict=False))
    show = Denormaliser(PLAIN, samples(len(seen.glimpses[0].output)))
    return input_row(seen.input, readers, show).pictures[number]


def at(picture, x, y, size):
    """Return the colour at source pixels ``x, y``, which may be outside."""
    zoom = TILE // max(size)
    column, row = np.array([x + 0.5, y + 0.5]) * zoom - 0.5 + MARGIN
    return tuple(picture[round(row), round(column)].tolist())


def test_a_series_is_a_curve_with_the_interval_that_is_read():
    # from 3/8 to 7/8 of 16 cells: the edges of cells 6 and 14
    source = torch.linspace(0, 1, 16).expand(2, 1, 16)
    model = transformer('AttentionGrid', (0.5, 0.25), (8,), (16,))
    seen = record(source, model)
    picture = drawn(seen)
    height = TILE // 2
    assert picture.shape == (height + 2 * MARGIN, TILE + 2 * MARGIN, 3)
    above = picture[MARGIN + height // 4]  # where the curve is not
    edges = np.flatnonzero((above == FIRST).all(-1)) - MARGIN + 0.5
    expected = np.array([6, 14]) * (TILE / 16)
    assert edges[[0, -1]] == pytest.approx(expected, abs=1)
    inside = picture[MARGIN:-MARGIN, MARGIN:-MARGIN]
    is_bright = inside[:, [8, -8]].min(-1) > 100
    ends = [np.flatnonzero(column).mean() for column in is_bright.T]
    assert ends == pytest.approx([height * 19 / 20, height / 20], abs=4)
    sheet = attention_sheet(seen, samples(2), PLAIN, None)
    assert sheet.shape[1] == GAP + 2 * (picture.shape[1] + GAP)


@pytest.mark.parametrize('size', [(8, 8), (12, 24), (24, 12)], ids=str)
def test_a_crop_of_half_is_outlined_at_half(size):
    # the border runs at a quarter of the source from each edge, moved
    # right by an eighth: x from 3/8 to 7/8, y from 1/4 to 3/4 of the source
    seen = record(
        torch.zeros(2, 1, *size),
        transformer('AttentionGrid', (0.5, 0.25, 0.0), source=size),
    )
    picture, (height, width) = drawn(seen, number=1), size
    left, right = width * 3 / 8 - 0.5, width * 7 / 8 - 0.5
    top, bottom = height / 4 - 0.5, height * 3 / 4 - 0.5
    middle = (width * 5 / 8 - 0.5, height / 2 - 0.5)
    assert at(picture, left, middle[1], size) == FIRST
    assert at(picture, right, middle[1], size) == FIRST
    assert at(picture, middle[0], top, size) == FIRST
    assert at(picture, middle[0], bottom, size) == FIRST
    assert at(picture, *middle, size) == (0, 0, 0)
    assert at(picture, width / 8, middle[1], size) == (0, 0, 0)


def test_an_outline_beyond_the_source_is_seen_on_the_margin():
    seen = record(
        torch.zeros(1, 1, 8, 8), transformer('AttentionGrid', (1.2, 0, 0))
    )
    assert at(drawn(seen), 8.3, 3.5, (8, 8)) == FIRST  # 1.2 * 4 + 3.5


@pytest.mark.parametrize('corner', [(-1, -1), (1, -1), (1, 1), (-1, 1)])
def test_corners_of_a_projective_view_obey_the_homography(corner):
    theta = (0.7, 0.1, 0.05, -0.1, 0.6, 0.0, 0.2, 0.1)
    seen = record(
        torch.zeros(1, 1, 8, 8), transformer('ProjectiveGrid', theta)
    )
    x, y, depth = np.array([*theta, 1]).reshape(3, 3) @ [*corner, 1]
    x, y = 4 * x / depth + 3.5, 4 * y / depth + 3.5
    picture = drawn(seen)
    assert at(picture, x, y, (8, 8)) == FIRST
    assert at(picture, (x + 3.5) / 2, (y + 3.5) / 2, (8, 8)) == (0, 0, 0)


def test_the_part_behind_the_camera_is_left_out():
    # depth 1 + 2x: nothing left of x = -1/2 in the output is before the
    # camera; the right side reads at x = 1/3
    theta = (1.0, 0, 0, 0, 1, 0, 2, 0)
    seen = record(
        torch.zeros(1, 1, 8, 8), transformer('ProjectiveGrid', theta)
    )
    outline = seen.glimpses[0].outline()[0]
    assert outline.isnan().any(1).sum() > 64  # the left side and more
    picture = drawn(seen)
    assert at(picture, 4 / 3 + 3.5, 3.5, (8, 8)) == FIRST
    assert at(picture, -0.5, 3.5, (8, 8)) != FIRST
    assert (picture[:, -1] != FIRST).any(1).all()


def test_an_identity_spline_is_the_frame_and_its_control_points():
    seen = record(
        torch.zeros(1, 1, 12, 24),
        transformer('TPSGrid', identity(), source=(12, 24)),
    )
    picture, size = drawn(seen), (12, 24)
    assert at(picture, -0.5, 5.5, size) == FIRST
    assert at(picture, 23.5, 5.5, size) == FIRST
    assert at(picture, 11.5, -0.5, size) == FIRST
    assert at(picture, 11.5, 11.5, size) == FIRST
    assert at(picture, 24 * 2 / 3 - 0.5, 12 / 3 - 0.5, size) == FIRST
    assert at(picture, 11.5, 5.5, size) == (0, 0, 0)


def identity():
    return MODELS.build(dict(type='mmstn.TPSGrid', size=(8, 8))).identity


def test_a_moved_control_point_bends_the_outline():
    start = list(identity())
    start[2:4] = [-1 / 3, -0.5]  # the second of the upper side, lowered
    seen = record(torch.zeros(1, 1, 8, 8), transformer('TPSGrid', start))
    assert at(drawn(seen), 3.5 - 4 / 3, 1.5, (8, 8)) == FIRST


def test_each_transformer_has_its_colour():
    seen = record(
        torch.zeros(1, 1, 8, 8),
        transformer('AttentionGrid', (0.5, -0.25, 0)),
        transformer('AttentionGrid', (0.5, 0.25, 0)),
    )
    picture = drawn(seen)
    assert at(picture, 0.5, 3.5, (8, 8)) == FIRST
    assert at(picture, 6.5, 3.5, (8, 8)) == SECOND


def test_the_output_is_shown_in_the_levels_of_its_source():
    source = torch.arange(64.0).view(1, 1, 8, 8)
    seen = record(
        source, transformer('AttentionGrid', (0.5, 0.5, 0.5), (4, 4))
    )
    row = output_row(seen.glimpses[0], SECOND, Denormaliser(PLAIN, samples(1)))
    tile = row.pictures[0]
    assert tuple(tile[0, 0]) == SECOND
    inner = tile[FRAME:-FRAME, FRAME:-FRAME]
    zoom = TILE // 4
    crop = (source[0, 0, 4:, 4:] * 255 / 63).round().numpy()
    np.testing.assert_array_equal(inner[::zoom, ::zoom, 0], crop)


@pytest.mark.parametrize('theta', [torch.nan, torch.inf])
def test_a_theta_that_is_not_finite_draws_no_outline(theta):
    good = transformer('AttentionGrid', (0.5, 0, 0))
    seen = record(torch.zeros(1, 1, 8, 8), good)
    seen.glimpses[0].theta[:] = theta
    assert not (drawn(seen) == FIRST).all(-1).any()


COLOUR = torch.tensor([10.0, 120.0, 250.0])[:, None, None].expand(3, 8, 8)


def shown(net, image, **fields):
    data = net(dict(inputs=[image]), False)['inputs']
    whole = transformer('AttentionGrid', (1, 0, 0), in_channels=len(image))
    seen = record(data, whole)
    show = Denormaliser(net, samples(1, **fields))
    return show(data, seen.input)[0]


def test_normalisation_is_undone():
    net = preprocessor(mean=[100, 110, 120], std=[50, 60, 70])
    rgb = shown(net, COLOUR)
    np.testing.assert_array_equal(rgb[0, 0], [10, 120, 250])


@pytest.mark.parametrize(
    ('to_rgb', 'fields', 'expected'),
    [
        (True, dict(img_path='a.png'), [250, 120, 10]),
        (False, dict(img_path='a.png'), [250, 120, 10]),
        (False, {}, [10, 120, 250]),
    ],
    ids=['file, to_rgb', 'file', 'array'],
)
def test_a_picture_is_shown_in_rgb(to_rgb, fields, expected):
    net = preprocessor(mean=[0] * 3, std=[1] * 3, to_rgb=to_rgb)
    rgb = shown(net, COLOUR, **fields)
    np.testing.assert_array_equal(rgb[0, 0], expected)


def test_a_picture_from_0_to_1_is_shown_from_black_to_white():
    net = preprocessor(mean=[0.5, 0.4, 0.3], std=[0.2, 0.25, 0.3])
    rgb = shown(net, COLOUR / 255)
    np.testing.assert_array_equal(rgb[0, 0], [10, 120, 250])


def test_grey_stays_grey():
    net = preprocessor(mean=[33], std=[78])
    image = torch.arange(64.0).view(1, 8, 8)
    rgb = shown(net, image)
    np.testing.assert_array_equal(rgb, image[0, :, :, None].expand(8, 8, 3))


def test_of_two_channels_the_first_is_red_and_the_second_cyan():
    first, second = torch.arange(128.0).view(2, 8, 8)
    rgb = shown(
        preprocessor(mean=[33], std=[78]), torch.stack([first, second])
    )
    expected = torch.stack([first, second, second], dim=-1)
    np.testing.assert_array_equal(rgb, expected)


def test_a_feature_map_is_shown_by_its_mean_from_black_to_white():
    ramp = torch.arange(64.0)
    features = torch.stack([ramp, -2 * ramp])
    inside = transformer('AttentionGrid', (1, 0, 0), in_channels=2)
    with record_attention({'inside': inside}, torch.zeros(1, 1, 8, 8)) as seen:
        inside(features.view(1, 2, 8, 8))
    source = seen.glimpses[0].source
    assert not source.is_picture
    grey = Denormaliser(PLAIN, samples(1))(source.values, source)[0, :, :, 0]
    expected = ((63 - ramp) * 255 / 63).round().view(8, 8)
    np.testing.assert_allclose(grey, expected, atol=1)


def test_a_sheet_has_a_column_for_each_sample():
    seen = record(
        torch.zeros(3, 1, 8, 8), transformer('AttentionGrid', (0.5, 0, 0))
    )
    image = attention_sheet(seen, samples(3), PLAIN, [])
    edge = TILE + 2 * MARGIN
    ground = (image == (214, 214, 214)).all(-1).any(0)
    assert ground.sum() == 3 * edge
    assert image.dtype == np.uint8


def test_parallel_transformers_are_drawn_each_in_its_own_colour():
    cfg = small_transformer('TranslationGrid', num_transformers=2, scale=0.4)
    seen = record(torch.zeros(1, 1, 8, 8), MODELS.build(cfg))
    image = attention_sheet(seen, samples(1), PLAIN, [])
    middle = MARGIN + TILE // 2
    halves = [
        [(half == colour).all(-1).any() for colour in (FIRST, SECOND)]
        for half in np.split(
            drawn(seen)[middle - 40 : middle + 40], [middle], 1
        )
    ]
    assert halves == [[True, False], [False, True]]
    frames = [(image == c).all(-1).sum() for c in (FIRST, SECOND)]
    assert min(frames) > 4 * FRAME * TILE


@pytest.mark.parametrize(
    ('predicted', 'last'),
    [(2, 'predicted: two'), (1, 'predicted: one (wrong)')],
)
def test_a_caption_names_the_classes(predicted, last):
    sample = DataSample().set_gt_label(2).set_pred_label(predicted)
    lines = caption(sample, ('nought', 'one', 'two'))
    assert lines == ['true: two', last]


def test_a_caption_without_names_has_numbers():
    sample = DataSample().set_pred_label([3, 1])
    assert caption(sample, None) == ['predicted: 3 1']


class Network(nn.Module):
    """Half the picture, half the resolution, and half of that again."""

    def __init__(self):
        super().__init__()
        self.first = transformer('AttentionGrid', (0.5, 0.5, 0))
        self.second = transformer(
            'AttentionGrid', (0.5, 0, -0.5), (4, 4), (4, 4), in_channels=2
        )

    def forward(self, source):
        features = self.first(source)[..., ::2, ::2]
        return self.second(features.repeat(1, 2, 1, 1))


def seen_inside():
    model, source = Network(), torch.zeros(1, 1, 8, 8)
    with (
        record_attention(find_transformers(model), source) as seen,
        torch.no_grad(),
    ):
        model(source)
    return seen


def test_an_outline_inside_is_drawn_on_the_input():
    # the first reads x from 0 to 1, y from -1/2 to 1/2; of that the second
    # the middle half of x, and of y the upper half: 1/4 to 3/4, -1/2 to 0
    picture = drawn(seen_inside())
    assert at(picture, 4 * 0.5 + 3.5, 4 * 0 + 3.5, (8, 8)) == SECOND
    assert at(picture, 4 * 0.25 + 3.5, 4 * -0.25 + 3.5, (8, 8)) == SECOND
    assert at(picture, 4 * 0.75 + 3.5, 4 * -0.25 + 3.5, (8, 8)) == SECOND
    assert at(picture, 4 * 0.5 + 3.5, 4 * 0.5 + 3.5, (8, 8)) == FIRST
    assert at(picture, 4 * 0.5 + 3.5, 4 * -0.25 + 3.5, (8, 8)) == (0, 0, 0)


def test_a_transformer_inside_has_its_map_beside_its_output():
    glimpse = seen_inside().glimpses[1]
    row = inner_row(glimpse, SECOND, Denormaliser(PLAIN, samples(1)))
    assert 'mean of channels' in row.heading
    picture, half = row.pictures[0], TILE // 2
    ground = half + 2 * MARGIN // 2
    assert picture.shape[1] == ground + GAP + half + 2 * FRAME
    # on its map: x from -1/2 to 1/2, y from -1 to 0
    centre = MARGIN // 2 + half // 2
    assert tuple(picture[centre, centre]) == SECOND
    assert tuple(picture[centre - half // 4, centre - half // 4]) == SECOND
    assert tuple(picture[centre, ground + GAP]) == SECOND  # the frame


def views(picture, inner):
    """Return the three views of a volume without their frames."""
    depth, height, width = inner
    border = (picture.shape[1] - GAP // 2 - width - depth) // 4
    tops = LINE + border, 2 * LINE + height + 3 * border
    lefts = border, 3 * border + width + GAP // 2
    return [
        picture[top : top + h, left : left + w]
        for top, left, h, w in (
            (tops[0], lefts[0], height, width),
            (tops[0], lefts[1], height, depth),
            (tops[1], lefts[0], depth, width),
        )
    ]


def volume():
    """A bright cell on dark ground, at x = 6, y = 4, z = 1."""
    source = torch.zeros(1, 1, 4, 8, 8)
    source[0, 0, 1, 4, 6] = 9.0
    return source


def volume_transformer(theta):
    return transformer('AttentionGrid', theta, (4, 8, 8), (4, 8, 8))


def test_a_volume_is_seen_along_each_axis_with_the_edges_of_the_box():
    # x from 0 to 1, y from -1/2 to 1/2, z from -1/2 to 1/2
    seen = record(volume(), volume_transformer((0.5, 0.5, 0, 0)))
    zoom = 14  # two thirds of a tile, 112, is 14 times 8
    front, side, below = views(drawn(seen), (4 * zoom, 8 * zoom, 8 * zoom))

    def colour(view, across, down):
        place = np.array([down + 0.5, across + 0.5]) * zoom - 0.5
        return tuple(view[tuple(place.round().astype(int))].tolist())

    white, black = (255,) * 3, (0,) * 3
    assert colour(front, 6, 4) == white
    assert colour(side, 1, 4) == white
    assert colour(below, 6, 1) == white
    assert colour(front, 6, 3) == black
    assert colour(front, 3.5, 3.5) == FIRST  # the side at x = 0
    assert colour(front, 5.5, 1.5) == FIRST  # the upper side, y = -1/2
    assert colour(side, 0.5, 3.5) == FIRST  # the side at z = -1/2
    assert colour(side, 1.5, 1.5) == FIRST  # the upper side, y = -1/2
    assert colour(below, 5.5, 0.5) == FIRST  # the upper side, z = -1/2
    assert colour(below, 3.5, 1.5) == FIRST  # the side at x = 0
    assert colour(below, 1.5, 1.5) == black


def test_the_output_of_a_volume_is_seen_along_each_axis():
    seen = record(volume(), volume_transformer((1, 0, 0, 0)))
    show = Denormaliser(PLAIN, samples(1))
    (picture,) = output_row(seen.glimpses[0], SECOND, show).pictures
    zoom = 14
    found = views(picture, (4 * zoom, 8 * zoom, 8 * zoom))
    cells = [view[zoom // 2 :: zoom, zoom // 2 :: zoom, 0] for view in found]
    assert [view.shape for view in cells] == [(8, 8), (8, 4), (4, 8)]
    bright = [np.argwhere(view == 255).tolist() for view in cells]
    assert bright == [[[4, 6]], [[4, 1]], [[1, 6]]]


def test_a_flat_output_of_a_volume_is_shown_as_a_picture():
    seen = record(volume(), volume_transformer((1, 0, 0, 0)))
    glimpse = seen.glimpses[0]
    glimpse.output = glimpse.output.mean(2)
    show = Denormaliser(PLAIN, samples(1))
    (picture,) = output_row(glimpse, SECOND, show).pictures
    assert picture.shape == (TILE + 2 * FRAME, TILE + 2 * FRAME, 3)
