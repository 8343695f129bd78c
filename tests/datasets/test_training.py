"""A config with our data trains, tests and infers as MMPretrain's do."""

import cv2
import numpy as np
import pytest
import torch
from mmengine import Config
from mmengine.runner import Runner
from mmpretrain import ImageClassificationInferencer

from mmstn.registry import DATASETS


def loader(split, workers):
    train = split == 'train'
    return dict(
        batch_size=32,
        num_workers=workers,
        dataset=dict(
            type='mmstn.BundledDigits',
            split=split,
            indices=96,
            pipeline=[
                dict(type='mmstn.PackDigits', canvas=None if train else 42)
            ],
        ),
        sampler=dict(
            type='mmstn.EpochSampler' if train else 'DefaultSampler',
            shuffle=train,
        ),
        collate_fn=dict(type='mmstn.batch_collate'),
    )


def config(work_dir, workers=0):
    return Config(
        dict(
            default_scope='mmpretrain',
            work_dir=str(work_dir),
            experiment_name=f'{work_dir}',
            randomness=dict(seed=0, deterministic=True),
            model=dict(
                type='ImageClassifier',
                data_preprocessor=dict(
                    type='mmstn.BatchPreprocessor', mean=[0.0], std=[255.0]
                ),
                backbone=dict(
                    type='mmstn.DigitFCN', size=(42, 42), hidden_dim=16
                ),
                head=dict(
                    type='LinearClsHead', num_classes=10, in_channels=16
                ),
            ),
            train_dataloader=loader('train', workers),
            val_dataloader=loader('test', workers),
            test_dataloader=loader('test', workers),
            val_evaluator=dict(type='Accuracy', topk=(1,)),
            test_evaluator=dict(type='Accuracy', topk=(1,)),
            train_cfg=dict(by_epoch=True, max_epochs=1),
            val_cfg=dict(),
            test_cfg=dict(),
            optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.05)),
            default_hooks=dict(checkpoint=dict(type='CheckpointHook')),
        )
    )


def trained(
    work_dir,
    workers,
    collate='mmstn.batch_collate',
    preprocessor='mmstn.BatchPreprocessor',
):
    cfg = config(work_dir, workers)
    cfg.train_dataloader.collate_fn.type = collate
    cfg.model.data_preprocessor.type = preprocessor
    runner = Runner.from_cfg(cfg)
    runner.train()
    logged = runner.message_hub.log_scalars
    assert 0 <= logged['val/accuracy/top1'].current() <= 100
    return runner.model.state_dict()


@pytest.fixture(scope='module')
def weights(tmp_path_factory):
    return trained(tmp_path_factory.mktemp('whole'), 0)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('workers', 'collate'),
    [
        (1, 'mmstn.batch_collate'),
        (2, 'mmstn.batch_collate'),
        (0, 'default_collate'),
        (0, 'pseudo_collate'),
    ],
)
def test_every_way_of_loading_trains_alike(
    tmp_path, weights, workers, collate
):
    other = trained(tmp_path, workers, collate)
    assert weights.keys() == other.keys()
    for name, weight in weights.items():
        torch.testing.assert_close(other[name], weight, rtol=0, atol=0)


@pytest.mark.slow
@pytest.mark.parametrize('workers', [0, 1])
def test_without_our_preprocessor_it_trains_alike(tmp_path, weights, workers):
    other = trained(tmp_path, workers, preprocessor='ClsDataPreprocessor')
    for name, weight in weights.items():
        torch.testing.assert_close(other[name], weight, rtol=0, atol=0)


def test_an_image_file_is_classified(tmp_path):
    cfg = config(tmp_path)
    path = tmp_path / 'digit.png'
    digit = DATASETS.build(cfg.test_dataloader.dataset).get_data_info(0)['img']
    cv2.imwrite(str(path), np.repeat(digit[..., None], 3, axis=2))
    inferencer = ImageClassificationInferencer(
        cfg, pretrained=False, device='cpu'
    )
    from_file, again = inferencer([str(path)] * 2, batch_size=2)
    preprocessor = inferencer.model.data_preprocessor
    dataset = DATASETS.build(cfg.test_dataloader.dataset)
    inputs = dataset.render_batch([0]).inputs
    expected = inferencer.model(
        preprocessor(dict(inputs=inputs))['inputs']
    ).softmax(1)
    np.testing.assert_allclose(
        from_file['pred_scores'], expected[0].detach().numpy(), rtol=1e-4
    )
    assert from_file['pred_label'] == again['pred_label']
