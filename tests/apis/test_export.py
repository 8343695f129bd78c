"""Export: onnxruntime and torch's own export compute what torch does."""

import numpy as np
import pytest
import torch
from doc_example import run_example
from mmengine.config import Config
from mmpretrain.apis import get_model
from torch import nn
from torch.testing import assert_close

import mmstn
from mmstn.apis import export
from mmstn.apis.exporter import Exported, relative, shape_of_images
from mmstn.models import (
    AffineGrid,
    GridSampler,
    IterativeSpatialTransformer,
    ParallelSpatialTransformer,
    PlainNet,
    RecurrentLocalisation,
    SimilarityGrid,
    SpatialTransformer,
    STNBackbone,
    TPSGrid,
    TranslationGrid,
)
from mmstn.models.transformer import GridGenerator
from mmstn.registry import MODELS

onnxruntime = pytest.importorskip('onnxruntime', reason='needs .[export]')
pytest.importorskip('onnxscript', reason='needs .[export]')

SIZES = {1: (12,), 2: (9, 10), 3: (6, 7, 8)}
POOLS = {1: nn.AvgPool1d, 2: nn.AvgPool2d, 3: nn.AvgPool3d}
PADDINGS = ('zeros', 'border', 'reflection', (0.3, 0.6))
FAMILIES = [
    family
    for family in MODELS.module_dict.values()
    if isinstance(family, type) and issubclass(family, GridGenerator)
]


def trunk(axes):
    features = 2
    for side in SIZES[axes]:
        features *= side // 2
    pool = POOLS[axes](2)
    layer = nn.Linear(features, 8)
    return nn.Sequential(pool, nn.Flatten(), layer, nn.Tanh())


def awake(model, *shape):
    """The network with thetas that differ from image to image."""
    torch.manual_seed(0)
    model(torch.rand(1, *shape))  # makes lazy layers
    for name, weight in model.named_parameters():
        if 'regressor.weight' in name:
            nn.init.normal_(weight, std=0.1)
    return model.eval()


class Side(nn.Module):
    """Several transformers of one source, their outputs in one row."""

    def __init__(self, *transformers):
        super().__init__()
        self.transformers = nn.ModuleList(transformers)

    def forward(self, source):
        outputs = [each(source).flatten(1) for each in self.transformers]
        return torch.cat(outputs, dim=1)


def every(axes):
    """Every family with one padding, and one family with every other."""
    size = SIZES[axes]
    families = [f for f in FAMILIES if axes in f.DIMENSIONS]
    yield from (SpatialTransformer(trunk(axes), f(size)) for f in families)
    for padding in PADDINGS[1:]:
        sampler = GridSampler(padding=padding)
        yield SpatialTransformer(
            trunk(axes), AffineGrid(size), sampler=sampler
        )


NETWORKS = {
    **{f'{axes}D': (lambda axes=axes: Side(*every(axes))) for axes in SIZES},
    'several': lambda: Side(
        ParallelSpatialTransformer(3, trunk(2), TranslationGrid((4, 5), 0.5)),
        ParallelSpatialTransformer(2, trunk(2), TPSGrid((9, 10))),
        ParallelSpatialTransformer(
            2,
            RecurrentLocalisation(
                trunk(2), (1, 0, 0, 0, 1, 0) * 2, in_features=8, num_steps=2
            ),
            AffineGrid((4, 5)),
            starts=[(1, 0, 0, 0, 1, 0)] * 2,
        ),
        IterativeSpatialTransformer(2, trunk(2), AffineGrid((9, 10))),
        IterativeSpatialTransformer(
            2, trunk(2), AffineGrid((9, 10)), begin=(0.7, 0, 0, 0, 0.7, 0)
        ),
    ),
}
AXES = {'1D': 1, '2D': 2, '3D': 3, 'several': 2}


@pytest.fixture(params=NETWORKS)
def case(request):
    """A network, and the shape of a source of it."""
    shape = (2, *SIZES[AXES[request.param]])
    return awake(NETWORKS[request.param](), *shape), shape


@pytest.mark.slow
def test_onnxruntime_computes_what_torch_does(case, tmp_path):
    model, shape = case
    path = tmp_path / 'side.onnx'
    pictures = len(shape) < 4
    differences = export(model, shape, path, theta=True, outlines=pictures)
    count = len(model.transformers)
    assert len(differences) == 1 + count * (1 + pictures)
    assert max(differences.values()) < 1e-5
    images = torch.rand(7, *shape)  # a batch of another size
    session = onnxruntime.InferenceSession(path)
    (logits,) = session.run(['logits'], {'images': images.numpy()})
    np.testing.assert_allclose(logits, model(images).detach(), atol=1e-5)
    assert np.abs(logits[0] - logits[1]).max() > 0.1


def test_torchs_own_export_computes_what_torch_does(case):
    model, shape = case
    batch = torch.export.Dim('batch', min=1)
    program = torch.export.export(
        model, (torch.rand(2, *shape),), dynamic_shapes=[{0: batch}]
    )
    images = torch.rand(5, *shape)
    torch.testing.assert_close(program.module()(images), model(images))


@pytest.mark.slow
@pytest.mark.filterwarnings('ignore')  # that it traces what depends on data
@pytest.mark.parametrize('axes', SIZES)
def test_the_older_exporter_computes_what_torch_does(axes, tmp_path):
    known = [
        transformer
        for transformer in every(axes)
        if axes < 3 or not isinstance(transformer.grid, SimilarityGrid)
    ]
    model, path = awake(Side(*known), 2, *SIZES[axes]), tmp_path / 'old.onnx'
    torch.onnx.export(
        model,
        (torch.rand(2, 2, *SIZES[axes]),),
        path,
        dynamo=False,
        input_names=['images'],
        dynamic_axes=dict(images={0: 'batch'}),
        opset_version=20,
    )
    images = torch.rand(5, 2, *SIZES[axes])
    session = onnxruntime.InferenceSession(path)
    (found,) = session.run(None, {'images': images.numpy()})
    np.testing.assert_allclose(found, model(images).detach(), atol=1e-5)


@pytest.mark.slow
def test_a_transformer_inside_a_backbone_is_exported(tmp_path):
    net = PlainNet((8, 8), [dict(conv=4, kernel=3), dict(fc=6)], 2)
    look = dict(
        type='mmstn.SpatialTransformer',
        before='steps.flatten',
        localisation=dict(
            trunk=dict(
                type='mmstn.PlainNet',
                size=(6, 6),
                in_channels=4,
                steps=[dict(fc=4)],
            )
        ),
        grid=dict(type='mmstn.AffineGrid', size=(6, 6)),
    )
    path = tmp_path / 'inside.onnx'
    model = awake(STNBackbone(net, look), 2, 8, 8)
    assert max(export(model, (2, 8, 8), path, theta=True).values()) < 1e-5


def test_what_both_leave_open_is_no_difference():
    ours = np.array([3.0, np.nan, -4.0])
    assert relative(ours, ours) == 0
    assert relative(np.array([3.0, np.nan, -3.0]), ours) == 0.25
    assert np.isnan(relative(np.array([3.0, 2.0, -4.0]), ours))


def test_noise_that_stays_does_not_hide_the_shape():
    cfg = Config.fromfile('configs/signs/stn_noise.py')
    assert shape_of_images(cfg) == (3, 36, 36)


@pytest.mark.slow
def test_a_config_is_exported_with_its_preprocessor_or_without(tmp_path):
    model = awake(
        get_model('configs/stn_digits.py', pretrained=False), 1, 42, 42
    )
    cfg = Config.fromfile('configs/stn_digits.py')
    shape = shape_of_images(cfg)
    assert shape == (1, 42, 42)
    images = torch.rand(2, *shape) * 255
    expected = model(images / 255).detach()
    for preprocess, given in ((True, images), (False, images / 255)):
        path = tmp_path / f'{preprocess}.onnx'
        export(model, shape, path, preprocess)
        session = onnxruntime.InferenceSession(path)
        (logits,) = session.run(None, {'images': given.numpy()})
        np.testing.assert_allclose(logits, expected, atol=1e-5)


def test_a_transformer_that_is_never_called_is_in_the_way_of_theta_only():
    class Idle(nn.Module):
        def __init__(self):
            super().__init__()
            self.look = SpatialTransformer(trunk(2), AffineGrid((4, 5)))

        def forward(self, images):
            return images.mean((2, 3))

    images = torch.rand(2, 2, 9, 10)
    plain = Exported(Idle(), preprocess=False, theta=False, outlines=False)
    assert torch.equal(plain(images)[0], images.mean((2, 3)))
    with pytest.raises(ValueError, match='never calls look'):
        Exported(Idle(), preprocess=False, theta=True, outlines=False)(images)


def test_its_example_runs(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    run_example(export, 'export', mmstn=mmstn, nn=nn, export=export)
    assert (tmp_path / 'look.onnx').exists()


def test_what_cannot_be_exported_is_answered(tmp_path):
    path = tmp_path / 'network.onnx'
    plain = nn.Linear(3, 3)
    with pytest.raises(ValueError, match='the Linear has no transformer'):
        export(plain, (3,), path, theta=True)
    model = Side(*every(2))
    with pytest.raises(ValueError, match=r'takes no images of \(2, 5, 9\)'):
        export(model, (5, 9), path)
    volumes = Side(*every(3))
    with pytest.raises(ValueError, match='reads volumes, which have no out'):
        export(volumes, (2, *SIZES[3]), path, outlines=True)
    with pytest.raises(ValueError, match='Bilinear .* with images alone'):
        export(nn.Bilinear(3, 3, 2), (3,), path)
    assert not path.exists()


def test_theta_and_outline_are_those_of_each_transformer_in_turn():
    flat = (0.5, 0, 0.2, 0, 0.4, -0.1)
    turned = (0, -0.6, 0.1, 0.6, 0, 0)
    looks = [
        SpatialTransformer(trunk(2), AffineGrid((4, 5))),
        ParallelSpatialTransformer(
            2, trunk(2), AffineGrid((6, 3)), starts=[turned, flat]
        ),
        SpatialTransformer(trunk(2), TPSGrid((9, 10))),
    ]
    model = awake(Side(*looks), 2, 9, 10)
    images = torch.rand(3, 2, 9, 10)
    exported = Exported(model, theta=True, outlines=True)
    _, *found = exported(images)
    thetas = [look.locate(images) for look in looks]
    for theta, expected in zip(found[:3], thetas, strict=True):
        assert_close(theta, expected)
    # of an affine map, the images of the corners of the frame, clockwise
    corners = torch.tensor([[-1, -1], [1, -1], [1, 1], [-1, 1]]).float()
    sides = torch.tensor([10, 9])
    for theta, outline in zip(thetas[:2], found[3:5], strict=True):
        matrix = theta.unflatten(-1, (2, 3))
        there = corners @ matrix[..., :2].mT + matrix[..., 2][..., None, :]
        assert_close(outline, (there + 1) * sides / 2 - 0.5)
    grid = looks[2].grid
    there = grid.map_points(thetas[2], corners)
    assert_close(found[5][:, 0], ((there + 1) * sides / 2 - 0.5)[:, 0])


def test_an_outline_is_in_pixels_of_the_source():
    look = SpatialTransformer(trunk(2), AffineGrid((4, 5)))
    _, outline = Exported(look, outlines=True)(torch.rand(1, 2, 9, 10))
    corners = [[-0.5, -0.5], [9.5, -0.5], [9.5, 8.5], [-0.5, 8.5]]
    torch.testing.assert_close(outline[0].detach(), torch.tensor(corners))


@pytest.mark.parametrize('wrong', [0.01, float('nan')], ids=str)
def test_a_file_that_computes_something_else_is_not_written(
    tmp_path, monkeypatch, wrong
):
    class Other(onnxruntime.InferenceSession):
        def run(self, *args):
            return [output + wrong for output in super().run(*args)]

    model = awake(SpatialTransformer(trunk(2), AffineGrid((4, 5))), 2, 9, 10)
    monkeypatch.setattr(onnxruntime, 'InferenceSession', Other)
    path = tmp_path / 'look.onnx'
    with pytest.raises(RuntimeError, match='does not compute what torch'):
        export(model, (2, 9, 10), path)
    assert not path.exists()
