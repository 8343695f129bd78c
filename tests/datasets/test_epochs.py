"""The epoch reaches the samples through MMEngine's own loops."""

import subprocess
import sys
from itertools import islice
from multiprocessing.reduction import ForkingPickler
from pathlib import Path

import pytest
import torch
from mmengine.dataset import ConcatDataset, RepeatDataset
from mmengine.model import BaseModel
from mmengine.runner import Runner

from mmstn.datasets import EpochSampler, batch_collate
from mmstn.registry import DATASETS

EPOCHS = 3
DATASET = dict(type='mmstn.BundledDigits', indices=40)


class Recorder(BaseModel):
    """Learns nothing; keeps what each sample of each step looked like."""

    def __init__(self):
        super().__init__()
        self.weight = torch.nn.Parameter(torch.zeros(()))
        self.seen = []

    def forward(self, inputs, data_samples, mode):
        weights = torch.arange(inputs[0].numel()).view_as(inputs[0]) % 251
        sums = (inputs * weights).sum((1, 2, 3))
        numbers = data_samples.sample_idx
        self.seen.append(
            dict(zip(numbers.tolist(), sums.tolist(), strict=True))
        )
        return dict(loss=self.weight * 0)


def loader(workers=0, persistent=False, **kwargs):
    return dict(
        batch_size=16,
        num_workers=workers,
        persistent_workers=persistent,
        dataset=DATASET,
        sampler=dict(type='mmstn.EpochSampler', shuffle=True),
        collate_fn=dict(type='mmstn.batch_collate'),
        **kwargs,
    )


def train(work_dir, dataloader, train_cfg, **kwargs):
    """Return ``{sample: sum}`` of each step."""
    model = Recorder()
    Runner(
        model=model,
        work_dir=str(work_dir),
        train_dataloader=dataloader,
        train_cfg=train_cfg,
        optim_wrapper=dict(optimizer=dict(type='SGD', lr=0.1)),
        randomness=dict(seed=0),
        default_scope='mmpretrain',
        experiment_name=f'{work_dir}-{id(model)}',
        **kwargs,
    ).train()
    return model.seen


def by_epoch(seen, steps=3):
    """Return ``{sample: sum}`` of each epoch."""
    return [
        {
            number: value
            for step in seen[i : i + steps]
            for number, value in step.items()
        }
        for i in range(0, len(seen), steps)
    ]


def expected():
    dataset = DATASETS.build(DATASET)
    epochs = []
    for epoch in range(EPOCHS):
        dataset.set_epoch(epoch)
        batch = dataset.render_batch(range(40))
        model = Recorder()
        model(batch.inputs, batch.data_samples, mode='loss')
        epochs += model.seen
    return epochs


DDP = dict(type='MMDistributedDataParallel', device_ids=None)
EPOCH_LOOP = dict(by_epoch=True, max_epochs=EPOCHS)


@pytest.mark.slow
@pytest.mark.parametrize(
    ('workers', 'persistent'),
    [(0, False), (1, False), (2, False), (2, True)],
)
def test_workers_do_not_change_samples(tmp_path, workers, persistent):
    seen = train(tmp_path, loader(workers, persistent), EPOCH_LOOP)
    assert by_epoch(seen) == expected()


def test_a_spawned_worker_follows_the_epoch():
    dataset = DATASETS.build(DATASET)
    # what a spawned worker gets: too slow to start one here
    worker = ForkingPickler.loads(ForkingPickler.dumps(dataset))
    dataset.set_epoch(2)
    assert worker.epoch == 2


def test_epochs_differ_in_every_sample():
    first, second, third = expected()
    for number in range(40):
        assert len({first[number], second[number], third[number]}) == 3


def test_a_resumed_run_goes_on_with_the_next_epoch(tmp_path):
    cfg = loader()
    train(tmp_path, cfg, dict(by_epoch=True, max_epochs=1))
    seen = train(
        tmp_path,
        cfg,
        EPOCH_LOOP,
        resume=True,
        load_from=str(tmp_path / 'epoch_1.pth'),
    )
    assert by_epoch(seen) == expected()[1:]


def test_the_loop_by_iterations_counts_epochs_too(tmp_path, monkeypatch):
    monkeypatch.setattr('mmengine.runner.loops.time.sleep', lambda _: None)
    cfg = loader()
    seen = train(tmp_path, cfg, dict(by_epoch=False, max_iters=3 * EPOCHS))
    assert by_epoch(seen) == expected()


def run_two(tmp_path, function):
    """Return the exit codes of two processes, and their output."""
    code = (
        f'import sys; sys.path.insert(0, {str(Path(__file__).parent)!r}); '
        f'import test_epochs; test_epochs.{function}(*sys.argv[1:])'
    )
    runs = [
        subprocess.Popen(
            [sys.executable, '-c', code, str(tmp_path), rank],
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank in '01'
    ]
    said = [run.communicate(timeout=120)[1] for run in runs]
    return [run.returncode for run in runs], said


@pytest.mark.slow
@pytest.mark.dist
def test_two_processes_see_what_one_sees(tmp_path):
    codes, said = run_two(tmp_path, 'one_of_two')
    assert codes == [0, 0], said
    halves = [torch.load(tmp_path / f'{rank}.pt') for rank in (0, 1)]
    whole = [{**a, **b} for a, b in zip(*map(by_half, halves), strict=True)]
    assert whole == expected()


def by_half(seen):
    return by_epoch(seen, steps=2)


@pytest.mark.slow
@pytest.mark.dist
def test_two_processes_with_another_sampler_are_refused(tmp_path):
    codes, said = run_two(tmp_path, 'one_of_two_without_epochs')
    assert codes == [1, 1]
    for text in said:
        assert 'BundledDigits: the epoch was never set' in text


def one_of_two_without_epochs(folder, rank):
    one_of_two(folder, rank, 'DefaultSampler')


def one_of_two(folder, rank, sampler='mmstn.EpochSampler'):
    """Run one process of two on half of the samples."""
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo',
        init_method=f'file://{folder}/rendezvous',
        rank=int(rank),
        world_size=2,
    )
    cfg = loader()
    cfg['sampler']['type'] = sampler
    seen = train(
        folder,
        cfg,
        EPOCH_LOOP,
        cfg=dict(model_wrapper_cfg=DDP),
    )
    torch.save(seen, f'{folder}/{rank}.pt')


@pytest.mark.parametrize(
    'wrap',
    [
        lambda dataset: RepeatDataset(dataset, 2),
        lambda dataset: ConcatDataset([dataset, dataset]),
        lambda dataset: torch.utils.data.Subset(dataset, [1, 2]),
    ],
    ids=['repeat', 'concat', 'subset'],
)
def test_the_epoch_reaches_wrapped_data_sets(wrap):
    dataset = DATASETS.build(DATASET)
    EpochSampler(wrap(dataset), seed=0).set_epoch(2)
    assert dataset.epoch == 2


@pytest.mark.parametrize(
    ('workers', 'persistent'), [(0, False), (1, False), (2, True)]
)
def test_each_pass_is_an_epoch_of_its_own_where_nobody_sets_one(
    workers, persistent
):
    dataset = DATASETS.build(DATASET)
    batches = torch.utils.data.DataLoader(
        dataset,
        batch_size=16,
        sampler=EpochSampler(dataset, seed=0),
        num_workers=workers,
        persistent_workers=persistent,
        collate_fn=batch_collate,
    )
    model = Recorder()
    for _ in range(EPOCHS):
        for batch in batches:
            model(**batch, mode='loss')
    assert by_epoch(model.seen) == expected()


def test_a_run_without_the_hook_that_sets_epochs_shows_each(tmp_path):
    hooks = dict(default_hooks=dict(sampler_seed=None))
    seen = train(tmp_path, loader(), EPOCH_LOOP, **hooks)
    assert by_epoch(seen) == expected()


@pytest.mark.parametrize('name', ['DefaultSampler', 'InfiniteSampler'])
@pytest.mark.parametrize('workers', [0, 1])
def test_a_run_with_another_sampler_is_refused(tmp_path, name, workers):
    cfg = loader(workers)
    cfg['sampler']['type'] = name
    with pytest.raises(RuntimeError, match='BundledDigits: the epoch was nev'):
        train(tmp_path, cfg, dict(by_epoch=False, max_iters=9))


def test_the_sampler_shuffles_by_epoch():
    sampler = EpochSampler(DATASETS.build(DATASET), seed=0)
    first = list(islice(sampler, 10))
    sampler.set_epoch(1)
    assert list(islice(sampler, 10)) != first


def test_a_data_set_without_epochs_is_refused():
    with pytest.raises(TypeError, match="range does not; .*DefaultSampler'"):
        EpochSampler(range(5), seed=0)
