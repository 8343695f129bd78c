"""Outlines and crops against what theta says, worked out by hand."""

import json
from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmpretrain.apis import ImageClassificationInferencer, get_model
from numpy.testing import assert_allclose, assert_array_equal
from PIL import Image
from tiny_stn import WINDOW, config, photo, transformer

from mmstn.apis import STNInferencer, as_json, inference_model
from mmstn.visualization.draw import colour_of

# Short side 30 -> 24 is 0.8; the crop of 16 leaves 16 at the left, 4 above.
# The window is [-0.25, 0.75] x [-1, 0] of it: from 5.5 to 13.5 across and
# from -0.5 to 7.5 down, an edge e of which lies at (e + 0.5 + left) / 0.8.
CORNERS = [[27, 4.5], [37, 4.5], [37, 14.5], [27, 14.5]]


@pytest.fixture
def look():
    """A function from transformers to an inferencer."""

    def make(*transformers, **settings):
        torch.manual_seed(0)
        return STNInferencer(config(*transformers, **settings), False)

    return make


def write(folder, *pictures):
    paths = [str(folder / f'{n}.png') for n in range(len(pictures))]
    for path, picture in zip(paths, pictures, strict=True):
        cv2.imwrite(path, picture)
    return paths


def test_the_outline_lies_in_the_file_where_theta_says(look, tmp_path):
    paths = write(tmp_path, photo(), photo((60, 30)))
    wide, tall = look(transformer(**WINDOW))(paths)
    assert_allclose(wide['regions'][0]['outline'], CORNERS, atol=1e-5)
    # 0.8 again; now the crop leaves 4 at the left and 16 above
    down = np.add(CORNERS, [[-15, 15]])
    assert_allclose(tall['regions'][0]['outline'], down, atol=1e-5)
    assert_allclose(wide['regions'][0]['theta'], WINDOW['start'])
    assert (wide['path'], wide['width'], wide['height']) == (paths[0], 60, 30)
    assert (tall['width'], tall['height']) == (30, 60)


def test_a_folder_is_given_as_text_or_as_a_path(look, tmp_path):
    write(tmp_path, photo(), photo((60, 30)))
    inferencer = look(transformer(**WINDOW))
    for folder in (tmp_path, str(tmp_path)):
        assert len(inferencer(folder)) == 2


@pytest.mark.parametrize('to_rgb', [True, False])
def test_the_crop_is_the_preprocessed_image_in_rgb(look, to_rgb, tmp_path):
    picture = photo()
    small = cv2.resize(picture, (48, 24), interpolation=cv2.INTER_LINEAR)
    cropped = small[4:20, 16:32]
    inferencer = look(transformer(**WINDOW), to_rgb=to_rgb)
    for image in (picture, *write(tmp_path, picture)):
        region = inferencer(image)[0]['regions'][0]
        # each cell of the output has the middle of one pixel
        assert_array_equal(region['crop'], cropped[:8, 6:14, ::-1])


def test_classes_are_those_of_mmpretrain(look):
    stn = look(transformer(**WINDOW))
    theirs = ImageClassificationInferencer(stn.model, classes=list('abc'))
    stn.classes = theirs.classes
    pictures = [photo(seed=n) for n in range(3)]
    for ours, plain in zip(stn(pictures), theirs(pictures), strict=True):
        assert_array_equal(ours['pred_scores'], plain['pred_scores'])
        for key in ('pred_label', 'pred_score', 'pred_class'):
            assert ours[key] == plain[key]


def localise(inferencer):
    """Let the theta of each transformer depend on the image."""
    generator = torch.Generator().manual_seed(0)
    for stn in inferencer.transformers.values():
        weight = stn.localisation.regressor.weight
        weight.data.normal_(0, 0.01, generator=generator)


@pytest.mark.parametrize('batch_size', [1, 2, 5])
def test_results_do_not_depend_on_the_batch(look, batch_size):
    inferencer = look(
        transformer('AffineGrid', (0.5, 0.1, 0, 0, 0.6, 0.2)),
        transformer('AttentionGrid', (0.7, 0, 0.1), size=(8, 8)),
    )
    localise(inferencer)
    pictures = [photo(seed=n) for n in range(5)]
    together = inferencer(pictures, batch_size=batch_size)
    thetas = {tuple(r['regions'][0]['theta'].tolist()) for r in together}
    assert len(thetas) == 5
    for result, picture in zip(together, pictures, strict=True):
        regions = inferencer(picture)[0]['regions']
        for one, alone in zip(result['regions'], regions, strict=True):
            assert one['transformer'] == alone['transformer']
            for key in ('theta', 'outline'):
                assert_allclose(one[key], alone[key], atol=1e-4)
            assert abs(one['crop'] - alone['crop'].astype(int)).max() <= 1


def test_of_a_feature_map_every_crop_has_its_own_brightness(look):
    inferencer = look(
        transformer(
            'AttentionGrid',
            (1, 0, 0),
            size=(12, 12),
            source=(12, 12),
            in_channels=4,
            before='steps.flatten',
        ),
        steps=[dict(conv=4, kernel=5), dict(fc=6)],
        size=(16, 16),
    )
    for result in inferencer([photo(), photo() // 4], batch_size=2):
        crop = result['regions'][0]['crop']
        assert (crop.min(), crop.max()) == (0, 255)


def test_a_transformer_behind_another_is_followed_to_the_file(look):
    half, quarter = look(
        transformer(**WINDOW | dict(size=(16, 16))),
        transformer('AttentionGrid', (0.5, -0.5, 0.5), size=(8, 8)),
    )(photo())[0]['regions']
    assert_allclose(half['outline'], CORNERS, atol=1e-5)
    # the lower left quarter of the window
    assert_allclose(
        quarter['outline'],
        [[27, 9.5], [32, 9.5], [32, 14.5], [27, 14.5]],
        atol=1e-5,
    )


def test_two_steps_read_the_window_they_are_composed_to(look):
    halves = transformer('AttentionGrid', (0.5, 0, 0), num_steps=2)
    (region,) = look(halves, size=(16, 16))(photo())[0]['regions']
    quarter = [[27, 12], [32, 12], [32, 17], [27, 17]]
    assert_allclose(region['outline'], quarter, atol=1e-5)
    assert_allclose(region['theta'], [0.25, 0, 0], atol=1e-6)


def test_a_transformer_of_joined_outputs_has_no_outline(look):
    pair = dict(
        transformer('AttentionGrid', (1, 0, 0, 0.5, 0, 0)),
        type='mmstn.ParallelSpatialTransformer',
        num_transformers=2,
    )
    start = pair['localisation'].pop('start')
    pair['starts'] = (start[:3], start[3:])
    last = transformer('AttentionGrid', (1, 0, 0), (8, 8), in_channels=6)
    (result,) = look(pair, last, in_channels=6)(photo())
    names = [region['transformer'] for region in result['regions']]
    assert names == [
        'backbone.transformers.0 1',
        'backbone.transformers.0 2',
        'backbone.transformers.1',
    ]
    outlines = [region['outline'] for region in result['regions']]
    assert [outline is None for outline in outlines] == [False, False, True]
    whole = [[19.5, 4.5], [39.5, 4.5], [39.5, 24.5], [19.5, 24.5]]
    assert_allclose(outlines[0], whole, atol=1e-5)
    data = as_json(result)['regions']
    assert data[2]['outline'] is None
    assert data[1]['outline'] == outlines[1].tolist()


@pytest.mark.parametrize(
    ('family', 'start', 'points'),
    [
        ('AffineGrid', (0.5, 0.1, 0, 0, 0.5, 0), 4),
        ('ProjectiveGrid', (1, 0, 0, 0, 1, 0, 0.3, 0), 4),
        ('TPSGrid', None, 256),
    ],
)
def test_straight_families_have_four_corners(look, family, start, points):
    (result,) = look(transformer(family, start, size=(8, 8)))(photo())
    assert len(result['regions'][0]['outline']) == points


def test_json_holds_what_the_result_does(look):
    stn = look(transformer(**WINDOW))
    stn.classes = ['nought', 'one', 'two']
    (result,) = stn(photo())
    data = json.loads(json.dumps(as_json(result), allow_nan=False))
    (region,) = data.pop('regions')
    assert data == {
        key: result[key]
        for key in (
            'path',
            'width',
            'height',
            'pred_label',
            'pred_class',
            'pred_score',
        )
    }
    assert region == dict(
        transformer='backbone.transformers.0',
        theta=list(WINDOW['start']),
        outline=result['regions'][0]['outline'].tolist(),
    )


def test_numbers_that_are_not_finite_are_null_in_json(look):
    stn = look(transformer(**WINDOW))
    (module,) = stn.transformers.values()
    module.localisation.regressor.bias.data[1] = torch.nan
    (result,) = stn(photo())
    data = json.loads(json.dumps(as_json(result), allow_nan=False))
    assert data['pred_score'] is None
    assert data['regions'][0]['theta'] == [0.5, None, -0.5]
    assert data['regions'][0]['outline'] is None


def test_data_samples_hold_the_regions(look):
    (sample,) = look(transformer(**WINDOW))(photo(), return_datasamples=True)
    assert_allclose(sample.regions[0]['outline'], CORNERS, atol=1e-5)


def test_a_network_without_a_transformer_is_refused():
    cfg = config(transformer(**WINDOW))
    cfg.model.backbone = cfg.model.backbone.backbone
    with pytest.raises(ValueError, match='found no SpatialTransformer'):
        STNInferencer(cfg, False)


def test_a_pipeline_that_is_not_followed_is_refused():
    cfg = config(transformer(**WINDOW))
    cfg.test_dataloader.dataset.pipeline[1:3] = [
        dict(type='RandomResizedCrop', scale=16)
    ]
    with pytest.raises(ValueError, match="through 'RandomResizedCrop'"):
        STNInferencer(cfg, False)


@pytest.mark.parametrize('is_none', [False, True])
def test_a_config_without_a_test_set_takes_that_of_validation(is_none):
    cfg = config(transformer(**WINDOW))
    torch.manual_seed(0)
    expected = STNInferencer(cfg, False)(photo())[0]
    cfg.val_dataloader = cfg.pop('test_dataloader')
    if is_none:
        cfg.test_dataloader = None
    torch.manual_seed(0)
    (result,) = STNInferencer(cfg, False)(photo())
    assert_array_equal(result['pred_scores'], expected['pred_scores'])
    assert_allclose(result['regions'][0]['outline'], CORNERS, atol=1e-5)
    assert cfg.get('test_dataloader') is None  # left as it was


@pytest.mark.parametrize('broken', ['absent', 'none', 'no pipeline'])
def test_a_config_without_a_pipeline_says_what_is_missing(broken):
    cfg = config(transformer(**WINDOW))
    loader = cfg.pop('test_dataloader')
    if broken == 'none':
        cfg.val_dataloader = None
    elif broken == 'no pipeline':
        del loader.dataset.pipeline
        cfg.val_dataloader = loader
    with pytest.raises(ValueError, match='give it test_dataloader=dict'):
        STNInferencer(cfg, False)


def test_a_number_is_read_digit_by_digit():
    torch.manual_seed(0)
    cfg = config(transformer(**WINDOW))
    cfg.model.head = dict(type='mmstn.DigitSequenceHead', in_channels=6)
    inferencer = STNInferencer(cfg, False, classes=list('0123456789-'))
    torch.nn.init.normal_(inferencer.model.head.fc.bias)
    result = inferencer(photo())[0]
    labels = result['pred_scores'].argmax(1)  # (5,)
    assert result['pred_label'] == labels.tolist()
    assert len(set(result['pred_label'])) > 1
    assert result['pred_class'].split() == ['0123456789-'[n] for n in labels]
    assert_allclose(
        result['pred_score'], result['pred_scores'].max(1).prod(), rtol=1e-5
    )
    assert as_json(result)['pred_label'] == labels.tolist()


@pytest.mark.parametrize('mode', ['RGB', 'RGBA', 'L', 'P', '1', 'I;16'])
def test_an_image_of_pillow_is_read_as_its_file(look, mode, tmp_path):
    image = Image.fromarray(photo())
    if mode == 'I;16':
        image = Image.fromarray(photo()[..., 0].astype(np.uint16) * 257 - 9)
    elif mode == 'RGBA':
        image.putalpha(Image.fromarray(photo(seed=1)[..., 0]))
    else:
        image = image.convert(mode)
    path = tmp_path / 'image.png'
    image.save(path)
    inferencer = look(transformer(**WINDOW))
    expected = inferencer(path)[0]
    with Image.open(path) as opened:
        both = inferencer([opened, path], batch_size=2)
    for result in both:
        scores = result['pred_scores'], expected['pred_scores']
        assert_allclose(*scores, rtol=1e-5)
        for key in ('outline', 'crop'):
            given, of_file = result['regions'][0], expected['regions'][0]
            assert_array_equal(given[key], of_file[key])
    assert [result['path'] for result in both] == [None, str(path)]


def test_an_image_of_pillow_is_set_upright_as_its_file(look, tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6  # turned by a quarter
    path = tmp_path / 'turned.jpg'
    Image.fromarray(photo()).save(path, exif=exif, quality=100)
    inferencer = look(transformer(**WINDOW))
    expected = inferencer(path)[0]
    (result,) = inferencer(Image.open(path))
    assert (result['width'], result['height']) == (30, 60)
    given, of_file = result['regions'][0], expected['regions'][0]
    assert_array_equal(given['outline'], of_file['outline'])
    assert abs(given['crop'] - of_file['crop'].astype(int)).max() <= 3


def paint(folder, kind, picture):
    """Return a picture as the kind of input that is wanted."""
    (path,) = write(folder, picture)
    kinds = dict(
        file=path,
        path=Path(path),
        array=picture,
        pillow=Image.fromarray(picture[..., ::-1]),
    )
    return kinds[kind]


@pytest.mark.parametrize('kind', ['file', 'path', 'array', 'pillow'])
@pytest.mark.parametrize('resize', [None, 90])
def test_pictures_in_a_folder_show_the_outlines(look, kind, resize, tmp_path):
    inferencer = look(
        transformer(**WINDOW | dict(size=(16, 16))),
        transformer('AttentionGrid', (0.5, -0.5, 0.5), size=(8, 8)),
    )
    picture = np.full((180, 360, 3), (10, 60, 110), np.uint8)  # BGR
    image = paint(tmp_path, kind, picture)
    (result,) = inferencer(image, show_dir=tmp_path / 'out', resize=resize)
    (path,) = (tmp_path / 'out').iterdir()
    shown = cv2.imread(str(path))[..., ::-1]
    ratio = 1 if resize is None else 1 / 2
    assert shown.shape == (180 * ratio, 360 * ratio, 3)
    assert (shown[-1, 0] == (110, 60, 10)).all()
    for index, region in enumerate(result['regions']):
        corners = (region['outline'] + 0.5) * ratio - 0.5
        centres = (corners + np.roll(corners, -1, 0)) / 2  # of the sides
        if index == 0:  # the inner outline covers the left and the bottom
            centres = centres[:2]
        for x, y in centres.round().astype(int):
            near = shown[y - 2 : y + 3, x - 2 : x + 3].reshape(-1, 3)
            far = abs(near - np.array(colour_of(index))).sum(1)
            assert far.min() < 20


def test_a_grey_picture_is_not_mirrored_where_it_is_shown(look, tmp_path):
    inferencer = look(transformer(**WINDOW))
    grey = np.zeros((180, 360), np.uint8)
    grey[:, :40] = 255
    inferencer(grey, show_dir=tmp_path)
    shown = cv2.imread(str(tmp_path / '0.png'))
    assert (shown[-1, 0] == 255).all()
    assert (shown[-1, -1] == 0).all()


def test_without_files_a_pipeline_takes_rgb(look):
    cfg = config(transformer(**WINDOW), to_rgb=False)
    torch.manual_seed(0)
    of_bgr = STNInferencer(cfg, False)
    del cfg.test_dataloader.dataset.pipeline[0]  # LoadImageFromFile
    torch.manual_seed(0)
    of_rgb = STNInferencer(cfg, False)
    picture = photo()
    (expected,) = of_bgr(picture[..., ::-1])
    (result,) = of_rgb(picture)
    assert_array_equal(result['pred_scores'], expected['pred_scores'])
    crop, mirrored = (r['regions'][0]['crop'] for r in (result, expected))
    assert_array_equal(crop, mirrored[..., ::-1])
    (of_file,) = of_bgr(picture)
    assert_array_equal(crop, of_file['regions'][0]['crop'])


@pytest.mark.parametrize('name', ['ic_stn_2_noise', 'stn_vit_turned'])
def test_noise_of_an_experiment_is_left_out(name):
    inferencer = STNInferencer(f'signs/{name}', False)
    inferencer.model.eval()
    results = inferencer([photo((100, 50))] * 2)
    crops = [result['regions'][0]['crop'] for result in results]
    assert_array_equal(*crops)
    outline = results[0]['regions'][0]['outline']
    if name == 'ic_stn_2_noise':  # 36 of 50 pixels, 7 on each side
        expected = [[6.5, 13.5], [42.5, 13.5], [42.5, 85.5], [6.5, 85.5]]
    else:
        expected = [[-0.5, -0.5], [49.5, -0.5], [49.5, 99.5], [-0.5, 99.5]]
    assert_allclose(outline, expected, atol=1e-4)


def test_the_picture_of_a_number_shows_its_outline(tmp_path):
    cfg = config(transformer(**WINDOW))
    cfg.model.head = dict(type='mmstn.DigitSequenceHead', in_channels=6)
    inferencer = STNInferencer(cfg, False, classes=list('0123456789-'))
    inferencer(photo((180, 360)), show_dir=tmp_path)
    shown = cv2.imread(str(tmp_path / '0.png'))[..., ::-1]
    assert (shown == colour_of(0)).all(-1).sum() > 50


def test_an_empty_file_is_named(look, tmp_path):
    path = tmp_path / 'empty.png'
    path.touch()
    with pytest.raises(ValueError, match='empty.png is damaged'):
        look(transformer(**WINDOW))(str(path))


def test_a_damaged_image_is_named(look, tmp_path):
    path = tmp_path / 'damaged.png'
    path.write_bytes(b'no image')
    with pytest.raises(ValueError, match='damaged.png is damaged'):
        look(transformer(**WINDOW))(str(path))


CONFIGS = Path(__file__).parents[2] / 'configs'
DIGITS = str(CONFIGS / 'stn_digits.py')


@pytest.fixture
def checkpoint(tmp_path):
    """A checkpoint of the digits, weights drawn afresh, with classes."""
    torch.manual_seed(0)
    model = get_model(DIGITS)
    meta = dict(dataset_meta=dict(classes=list('abcdefghij')))
    path = str(tmp_path / 'digits.pth')
    torch.save(dict(meta=meta, state_dict=model.state_dict()), path)
    return path


def test_an_image_of_a_digit_is_read_like_any_other(checkpoint, tmp_path):
    (path,) = write(tmp_path, photo((28, 28)))
    model = get_model(DIGITS, checkpoint)
    (theirs,) = ImageClassificationInferencer(model)(path)
    for result in (
        STNInferencer(DIGITS, checkpoint)(path)[0],
        STNInferencer(model)([path])[0],
        STNInferencer(Path(DIGITS), Path(checkpoint))(path)[0],
        inference_model(DIGITS, path, pretrained=checkpoint),
        inference_model(model, path),
    ):
        assert result['pred_class'] == theirs['pred_class']
        assert_array_equal(result['pred_scores'], theirs['pred_scores'])
        # the identity sees the canvas: 7 pixels more on each side
        whole = [[-7.5, -7.5], [34.5, -7.5], [34.5, 34.5], [-7.5, 34.5]]
        assert_allclose(result['regions'][0]['outline'], whole, atol=1e-5)
        assert result['regions'][0]['crop'].shape == (28, 28, 3)


def test_a_built_network_gets_the_weights_of_a_checkpoint(checkpoint):
    torch.manual_seed(1)
    for path in (checkpoint, Path(checkpoint)):
        model = STNInferencer(get_model(DIGITS), path).model
        expected = torch.load(checkpoint)['state_dict']
        for name, value in model.state_dict().items():
            assert torch.equal(value, expected[name]), name


def test_a_config_without_a_checkpoint_is_refused_as_its_file(checkpoint):
    cfg = config(transformer(**WINDOW))
    with pytest.raises(FileNotFoundError, match='no weights of this config'):
        STNInferencer(cfg)
    cfg.load_from = checkpoint
    with pytest.raises(ValueError, match='no checkpoint is given, so that'):
        STNInferencer(cfg)
    shipped = STNInferencer(Config.fromfile(DIGITS)).model.state_dict()
    for name, value in STNInferencer(DIGITS).model.state_dict().items():
        assert torch.equal(value, shipped[name]), name


def test_birds_are_looked_at_by_two():
    torch.manual_seed(0)
    model = get_model(str(CONFIGS / 'stn_cub10_2x.py'))
    picture = photo((400, 366))  # 23 and 40 pixels around the crop of 320
    (result,) = STNInferencer(model)(picture)
    (theirs,) = ImageClassificationInferencer(model)(picture)
    assert_array_equal(result['pred_scores'], theirs['pred_scores'])
    scale = model.backbone.transformer.grid.scale
    for number, region in enumerate(result['regions'], 1):
        assert region['transformer'] == f'backbone.transformer {number}'
        corner = (region['theta'] - scale + 1) * 160 - 0.5 + [23, 40]
        assert_allclose(region['outline'][0], corner, atol=1e-3)
        assert region['crop'].shape == (160, 160, 3)
