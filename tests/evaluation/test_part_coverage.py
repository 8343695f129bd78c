"""The coverage of parts, on paper and in a Runner."""

import math

import pytest
import torch
from mmengine.registry import METRICS
from mmengine.runner import Runner

from mmstn.geometry.outline import outline

TEXT = {
    'images.txt': '1 A/one.jpg\n2 A/two.jpg\n3 A/three.jpg\n',
    # each box a quarter of an image of 40 by 20
    'bounding_boxes.txt': ''.join(f'{i} -0.5 -0.5 20 10\n' for i in (1, 2, 3)),
    'parts/parts.txt': '1 crown\n2 left eye\n3 tail\n',
    'parts/part_locs.txt': '1 1 3 3 1\n1 2 30 4 1\n1 3 0 0 0\n'
    '2 1 4 4 1\n2 2 0 0 0\n2 3 0 0 0\n'
    '3 1 30 15 1\n3 2 5 5 1\n3 3 0 0 0\n',
}


@pytest.fixture
def root(tmp_path):
    for name, lines in TEXT.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(lines)
    return tmp_path


def window(scale, x, y, size=(20, 40)):
    """The outline of a crop, as the hook writes it."""
    return outline(
        lambda points: points[None] * scale + torch.tensor([x, y]),
        size,
        64,
        torch.zeros(1),
    )[0]


UPPER_LEFT = window(0.5, -0.5, -0.5)
EVERYTHING = window(1.0, 0.0, 0.0)


def sample(name, size=(20, 40), **attention):
    return dict(
        img_path=f'elsewhere/images/A/{name}.jpg',
        ori_shape=(20, 40),
        img_shape=size,
        attention={n.replace('_', ' '): p for n, p in attention.items()},
    )


def coverage(root, samples, pipeline=()):
    metric = METRICS.build(
        dict(
            type='mmstn.PartCoverage',
            data_root=str(root),
            pipeline=list(pipeline),
        )
    )
    for each in samples:
        metric.process(None, [each])
    return metric.evaluate(len(samples))


def test_shares_are_of_the_images_that_show_the_part(root):
    found = coverage(
        root,
        [
            sample(name, backbone_1=UPPER_LEFT, backbone_2=EVERYTHING)
            for name in ('one', 'two', 'three')
        ],
    )
    tails = [found.pop(f'coverage/backbone_{n}/tail') for n in (1, 2)]
    assert all(map(math.isnan, tails))  # shown nowhere
    assert found == {
        'coverage/backbone_1/iou': pytest.approx(1),
        'coverage/backbone_1/crown': pytest.approx(2 / 3),
        'coverage/backbone_1/left_eye': pytest.approx(1 / 2),
        'coverage/backbone_2/iou': pytest.approx(1 / 4),
        'coverage/backbone_2/crown': 1,
        'coverage/backbone_2/left_eye': 1,
    }


def test_the_mean_is_over_images(root):
    samples = [
        sample('one', it=UPPER_LEFT),
        sample('two', it=EVERYTHING),
        sample('three', it=window(0.5, 0.5, 0.5)),
    ]
    found = coverage(root, samples)
    assert found['coverage/it/iou'] == pytest.approx((1 + 1 / 4 + 0) / 3)
    assert found['coverage/it/crown'] == 1
    assert found['coverage/it/left_eye'] == 0


def test_a_part_that_was_cut_away_is_missed(root):
    crop = dict(type='CenterCrop', crop_size=20)
    far = window(4.0, 0.0, 0.0, (20, 20))  # around more than the whole image
    found = coverage(root, [sample('one', (20, 20), it=far)], [crop])
    assert found['coverage/it/crown'] == 0
    assert found['coverage/it/left_eye'] == 0
    near = sample('three', (20, 20), it=far)
    near['img_path'] = 'A/one.jpg'
    crop = dict(type='CenterCrop', crop_size=(36, 20))
    near['img_shape'] = (20, 36)
    found = coverage(root, [near], [crop])
    assert found['coverage/it/crown'] == 1


def test_the_pipeline_is_followed_through_a_mirror(root):
    pipeline = [
        dict(type='Resize', scale=(80, 40)),
        dict(type='RandomFlip', prob=0.5),
    ]
    mirrored = sample('one', (40, 80), it=window(0.5, 0.5, -0.5, (40, 80)))
    mirrored.update(flip=True, flip_direction='horizontal')
    found = coverage(root, [mirrored], pipeline)
    assert found['coverage/it/iou'] == pytest.approx(1)
    assert found['coverage/it/crown'] == 1
    assert found['coverage/it/left_eye'] == 0


def test_an_outline_that_is_not_finite_sees_nothing(root):
    gone = EVERYTHING.clone()
    gone[7] = torch.nan
    found = coverage(root, [sample('one', it=gone)])
    assert found['coverage/it/iou'] == 0
    assert found['coverage/it/crown'] == 0


def test_the_log_gets_a_table_beside_the_whole_input(root, monkeypatch):
    lines = []
    monkeypatch.setattr(
        'mmstn.evaluation.part_coverage.print_log',
        lambda text, logger: lines.extend(text.splitlines()),
    )
    crop = dict(type='CenterCrop', crop_size=(20, 20))
    coverage(root, [sample('one', (20, 20), it_1=EVERYTHING)], [crop])
    assert lines[0] == 'PartCoverage of 1 images'
    assert lines[1].split() == ['it', '1', 'whole', 'input']
    rows = {line[:8].strip(): line[8:].split() for line in lines[2:]}
    assert rows == {
        'iou': ['0.111', '0.200'],  # 100 of 900, and of 500
        'crown': ['0.000', '0.000'],
        'left eye': ['0.000', '0.000'],
        'tail': ['nan', 'nan'],
    }


def refused(root, match, samples=(), **arguments):
    with pytest.raises(ValueError, match=match):
        coverage(root, samples, **arguments)


def test_predictions_without_outlines_name_the_hook(root):
    plain = sample('one')
    del plain['attention']
    refused(root, r'AttentionRecordHook.* to custom_hooks', [plain])


def test_a_network_that_transforms_nothing_of_its_input_is_refused(root):
    refused(root, 'no transformer .* has a region', [sample('one')])


def test_a_sample_without_a_path_is_refused(root):
    nowhere = sample('one', it=EVERYTHING)
    del nowhere['img_path']
    refused(root, 'has no img_path.*PackInputs', [nowhere])


def test_an_image_of_another_data_set_is_refused(root):
    refused(root, 'A/four.jpg is not', [sample('four', it=EVERYTHING)])


def test_a_step_that_cannot_be_followed_is_refused_when_built(root):
    refused(root, "'Rotate'", pipeline=[dict(type='Rotate', angle=9.0)])


PIPELINE = [
    dict(type='LoadImageFromFile'),
    dict(type='ResizeEdge', scale=80, edge='short'),
    dict(type='CenterCrop', crop_size=64),
    dict(type='PackInputs'),
]


def bird_config(work_dir, data_root, hooks):
    """Two crops that stay where they are: the middle half and the whole."""
    flat = dict(type='mmstn.PlainNet', size=(64, 64), steps=[], in_channels=3)
    small = dict(
        type='mmstn.PlainNet',
        size=(8, 8),
        steps=[dict(fc=4)],
        in_channels=3,
    )
    transformer = dict(
        type='mmstn.ParallelSpatialTransformer',
        num_transformers=2,
        localisation=dict(trunk=flat, in_features=3 * 64 * 64),
        grid=dict(type='mmstn.AttentionGrid', size=(8, 8)),
        starts=[(0.5, 0.0, 0.0), (1.0, 0.0, 0.0)],
    )
    backbone = dict(
        type='mmstn.ParallelSTNBackbone',
        backbone=small,
        transformer=transformer,
    )
    model = dict(
        type='ImageClassifier',
        backbone=backbone,
        neck=dict(type='mmstn.ConcatStreams'),
        head=dict(type='LinearClsHead', num_classes=200, in_channels=8),
    )
    dataset = dict(
        type='CUB', data_root=str(data_root), split='test', pipeline=PIPELINE
    )
    metric = dict(
        type='mmstn.PartCoverage', data_root=str(data_root), pipeline=PIPELINE
    )
    return dict(
        model=model,
        work_dir=str(work_dir),
        experiment_name=f'{work_dir.parent.name} {work_dir.name}',
        test_dataloader=dict(
            batch_size=32,
            dataset=dataset,
            sampler=dict(type='DefaultSampler', shuffle=False),
        ),
        test_cfg=dict(),
        test_evaluator=[dict(type='Accuracy'), metric],
        custom_hooks=hooks,
        default_scope='mmpretrain',
    )


def by_hand(root, share):
    """The IoU and crown of a crop of a ``share``, in pixels of the files."""
    names, split, boxes, sizes = (
        dict(
            line.split(maxsplit=1)
            for line in (root / f).read_text().splitlines()
        )
        for f in (
            'images.txt',
            'train_test_split.txt',
            'bounding_boxes.txt',
            'image_sizes.txt',
        )
    )
    crowns = {}
    for line in (root / 'parts/part_locs.txt').read_text().splitlines():
        image, part, *place = line.split()
        if part == '5':
            crowns[image] = [float(number) for number in place]
    ious, held = [], []
    for image in names:
        if split[image] == '1':
            continue
        width, height = map(int, sizes[image].split()[:2])
        if width < height:
            new = 80, int(80 * height / width)
        else:
            new = int(80 * width / height), 80
        left, top = round((new[0] - 64) / 2), round((new[1] - 64) / 2)
        rim = 32 * (1 - share)
        ratio = new[0] / width, new[1] / height
        # edges of the crop, counted from the centre of the first pixel
        x0, x1 = ((left + e) / ratio[0] - 0.5 for e in (rim, 64 - rim))
        y0, y1 = ((top + e) / ratio[1] - 0.5 for e in (rim, 64 - rim))
        x, y, w, h = map(float, boxes[image].split())
        shared = max(0, min(x1, x + w) - max(x0, x)) * max(
            0, min(y1, y + h) - max(y0, y)
        )
        ious.append(shared / ((x1 - x0) * (y1 - y0) + w * h - shared))
        x, y, visible = crowns[image]
        if visible:
            held.append(x0 <= x < x1 and y0 <= y < y1)
    return sum(ious) / len(ious), sum(held) / len(held)


@pytest.mark.slow
def test_a_runner_says_where_real_birds_are_seen(tmp_path, shared_data):
    root = shared_data('cub10-320')
    hooks = [dict(type='mmstn.AttentionRecordHook')]
    found = Runner(**bird_config(tmp_path / 'run', root, hooks)).test()
    name = 'coverage/backbone.transformer'
    assert sum(key.startswith('coverage/') for key in found) == 2 * 16
    for number, share in ((1, 0.5), (2, 1.0)):
        iou, crown = by_hand(root, share)
        assert found[f'{name}_{number}/iou'] == pytest.approx(iou, rel=1e-5)
        assert found[f'{name}_{number}/crown'] == pytest.approx(crown)
    assert found[f'{name}_1/crown'] < found[f'{name}_2/crown']
    assert 'accuracy/top1' in found


@pytest.mark.slow
def test_a_runner_without_the_hook_says_which_to_add(tmp_path, shared_data):
    root = shared_data('cub10-320')
    runner = Runner(**bird_config(tmp_path / 'run', root, []))
    with pytest.raises(ValueError, match='mmstn.AttentionRecordHook'):
        runner.test()
