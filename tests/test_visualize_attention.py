"""The tool, from files to files."""

import json
import runpy
import sys
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmpretrain.apis import get_model
from PIL import Image

from mmstn.visualization.draw import COLOURS
from mmstn.visualization.image_sheet import LONGEST
from mmstn.visualization.sheet import GAP

TOOL = Path(__file__).parents[1] / 'tools/visualize_attention.py'
CONFIG = TOOL.parents[1] / 'configs/stn_digits.py'
SHIFTS = [-0.2, 0.0, 0.1, 0.2]  # of the canvas, from checkpoint to checkpoint
tool = runpy.run_path(str(TOOL))


def call(monkeypatch, *arguments, config=CONFIG):
    arguments = ['visualize_attention.py', *map(str, [config, *arguments])]
    monkeypatch.setattr(sys, 'argv', arguments)
    tool['main']()


@pytest.fixture(scope='module')
def work_dir(tmp_path_factory):
    """Checkpoints that look at half the canvas, further right each epoch."""
    folder = tmp_path_factory.mktemp('work_dir')
    torch.manual_seed(0)
    model = get_model(str(CONFIG))
    bias = model.backbone.transformers[0].localisation.regressor.bias
    for epoch, shift in zip((1, 2, 9, 10), SHIFTS, strict=True):
        bias.data = torch.tensor([0.5, 0, shift, 0, 0.5, 0])
        state = dict(meta={}, state_dict=model.state_dict())
        torch.save(state, folder / f'epoch_{epoch}.pth')
    (folder / 'last_checkpoint').write_text('epoch_10.pth')
    return folder


def test_outputs_of_a_series_are_curves(tmp_path, monkeypatch):
    config = CONFIG.parent / 'series/st_cnn_aff.py'
    checkpoint, picture = tmp_path / 'a.pth', tmp_path / 'a.png'
    torch.manual_seed(0)
    state = get_model(str(config)).state_dict()
    torch.save(dict(meta={}, state_dict=state), checkpoint)
    cv2.imwrite(str(picture), np.zeros((28, 28), np.uint8))
    out = tmp_path / 'out'
    arguments = ['--out', out, '--save-crops', '--device', 'cpu']
    call(monkeypatch, checkpoint, picture, *arguments, config=config)
    (crop,) = (out / 'crops').iterdir()
    assert cv2.imread(str(crop)).shape == (LONGEST // 2, LONGEST, 3)
    sheet = cv2.imread(str(out / 'attention_1.png'))
    curve = cv2.imread(str(crop))
    height, width = curve.shape[:2]
    places = (
        (sheet[y : y + height, x : x + width] == curve).all()
        for y in range(len(sheet) - height + 1)
        for x in range(sheet.shape[1] - width + 1)
    )
    assert any(places)


@pytest.fixture(scope='module')
def images(tmp_path_factory):
    """Seven canvases in two folders, and a file that is no image."""
    folder = tmp_path_factory.mktemp('images')
    (folder / 'more').mkdir()
    canvas = np.zeros((42, 42), np.uint8)
    for name in 'abcdef':
        cv2.imwrite(str(folder / f'{name}.png'), canvas)
    cv2.imwrite(str(folder / 'more/a.JPG'), canvas)
    (folder / 'notes.txt').write_text('none')
    return folder


def box(shift):
    """The corners of half a canvas of 42 pixels."""
    left, right, top, bottom = 10 + 21 * shift, 31 + 21 * shift, 10, 31
    corners = [[left, top], [right, top], [right, bottom], [left, bottom]]
    return np.array(corners)


def left_side(picture, height=LONGEST // 3):
    """The first column with the colour of an outline, of the first image."""
    picture = picture[:, GAP : GAP + LONGEST * 4 // 3]
    hits = (picture == COLOURS[0]).all(-1).sum(0) > height
    return np.flatnonzero(hits)[0]


def test_a_folder_becomes_sheets_crops_regions_and_an_animation(
    work_dir, images, tmp_path, monkeypatch
):
    out = tmp_path / 'out'
    arguments = ['--out', out, '--json', out / 'regions.json', '--save-crops']
    call(
        monkeypatch,
        work_dir / 'epoch_2.pth',
        images,
        *arguments,
        '--device',
        'cpu',
        '--animate',
        work_dir,
    )
    found = sorted(path.name for path in out.iterdir())
    sheets = ['attention_1.png', 'attention_2.png']
    assert found == ['attention.gif', *sheets, 'crops', 'regions.json']

    data = json.loads((out / 'regions.json').read_text())
    names = [str(Path(image['path']).relative_to(images)) for image in data]
    assert names == [*(f'{name}.png' for name in 'abcdef'), 'more/a.JPG']
    for image in data:
        assert (image['width'], image['height']) == (42, 42)
        (region,) = image['regions']
        assert region['theta'] == [0.5, 0, 0, 0, 0.5, 0]
        np.testing.assert_allclose(region['outline'], box(0), atol=1e-5)

    crops = [p for p in (out / 'crops').rglob('*') if p.is_file()]
    assert len(crops) == 7
    crop = out / 'crops/more/a.JPG_backbone.transformers.0.png'
    assert cv2.imread(str(crop)).shape == (28, 28, 3)

    with Image.open(out / 'attention.gif') as gif:
        assert gif.n_frames == len(SHIFTS)
        places = []
        for number in range(gif.n_frames):
            gif.seek(number)
            places.append(left_side(np.asarray(gif.convert('RGB'))))
    # a pixel of the image is as wide as the tile is enlarged
    zoom = round(LONGEST / 42)
    moved = np.diff(SHIFTS) * 21 * zoom
    np.testing.assert_allclose(np.diff(places), moved, atol=1.1)


ITERATIVE = f"""
_base_ = '{CONFIG}'
model = dict(
    backbone=dict(
        backbone=dict(size=(42, 42)),
        transformers=dict(
            type='mmstn.IterativeSpatialTransformer',
            num_steps=3,
            grid=dict(size=(42, 42)),
        ),
    ),
    head=dict(in_channels=32 * 6 * 6),
)
"""


def test_steps_are_drawn_one_after_the_other(images, tmp_path, monkeypatch):
    config, checkpoint = tmp_path / 'three.py', tmp_path / 'epoch_1.pth'
    config.write_text(ITERATIVE)
    model = get_model(str(config))
    bias = model.backbone.transformers[0].localisation.regressor.bias
    bias.data = torch.tensor([0.5, 0, 0, 0, 0.5, 0])  # the middle half
    torch.save(dict(meta={}, state_dict=model.state_dict()), checkpoint)
    arguments = ['--out', tmp_path, '--device', 'cpu', '--steps']
    image = images / 'a.png'
    call(monkeypatch, checkpoint, image, *arguments, config=config)
    with Image.open(tmp_path / 'steps.gif') as gif:
        assert gif.n_frames == 3
        sides = []
        for number in range(3):
            gif.seek(number)
            frame = np.asarray(gif.convert('RGB'))
            above_crops = frame[: LONGEST * 3 // 2]
            sides.append(left_side(above_crops, LONGEST // 12))
    zoom = round(LONGEST / 42)
    moved = np.array([1 / 8, 1 / 16]) * 42 * zoom
    np.testing.assert_allclose(np.diff(sides), moved, atol=1.1)


def test_steps_of_a_network_without_are_refused(
    work_dir, images, tmp_path, monkeypatch
):
    arguments = [work_dir / 'epoch_1.pth', images / 'a.png', '--out', tmp_path]
    with pytest.raises(
        ValueError, match='--steps: the network has no mmstn.It'
    ):
        call(monkeypatch, *arguments, '--steps')


def test_json_alone_draws_nothing(work_dir, images, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    checkpoint = work_dir / 'epoch_1.pth'
    call(monkeypatch, checkpoint, images / 'a.png', '--json', 'a/b.json')
    assert {path.name for path in tmp_path.iterdir()} == {'a'}
    (image,) = json.loads(Path('a/b.json').read_text())
    outline = image['regions'][0]['outline']
    np.testing.assert_allclose(outline, box(SHIFTS[0]), atol=1e-5)


def test_a_config_without_a_test_set_is_drawn(
    work_dir, images, tmp_path, monkeypatch
):
    config = tmp_path / 'no_test_set.py'
    config.write_text(
        f"_base_ = '{CONFIG}'\n"
        'test_dataloader = test_cfg = test_evaluator = None\n'
    )
    path = tmp_path / 'a.json'
    checkpoint = work_dir / 'epoch_1.pth'
    arguments = [checkpoint, images / 'a.png', '--json', path]
    call(monkeypatch, *arguments, config=config)
    (image,) = json.loads(path.read_text())
    outline = image['regions'][0]['outline']
    np.testing.assert_allclose(outline, box(SHIFTS[0]), atol=1e-5)


def test_a_damaged_image_does_not_lose_those_before_it(
    work_dir, tmp_path, monkeypatch
):
    for name in ('a', 'b', 'c', 'd', 'e'):
        cv2.imwrite(f'{tmp_path}/{name}.png', np.zeros((42, 42), np.uint8))
    (tmp_path / 'f.png').write_text('no image')
    path = tmp_path / 'regions.json'
    with pytest.raises(ValueError, match='f.png is damaged'):
        call(monkeypatch, work_dir / 'epoch_1.pth', tmp_path, '--json', path)
    assert len(json.loads(path.read_text())) == 5


def test_checkpoints_come_in_the_order_of_training(work_dir):
    found = tool['find_checkpoints']([work_dir])
    assert [path.stem for path in found] == [
        'epoch_1',
        'epoch_2',
        'epoch_9',
        'epoch_10',
    ]
    given = [work_dir / 'epoch_9.pth', work_dir / 'epoch_1.pth']
    assert tool['find_checkpoints'](given) == given


def test_a_work_dir_without_checkpoints_says_how_to_keep_them(tmp_path):
    with pytest.raises(ValueError, match='max_keep_ckpts=-1'):
        tool['find_checkpoints']([tmp_path])


def test_a_work_dir_that_is_not_there_is_named(tmp_path):
    with pytest.raises(ValueError, match='there is no .*runs'):
        tool['find_checkpoints']([tmp_path / 'runs'])


def test_a_folder_without_images_is_refused(tmp_path):
    with pytest.raises(ValueError, match='has no images'):
        tool['find_images'](tmp_path)
