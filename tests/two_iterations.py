"""A real Runner that trains a config for two batches of two samples."""

from mmengine.runner import Runner


def two_iterations(cfg, root, work_dir):
    """Return the Runner of a config after them, and a validation.

    Args:
        cfg: The config, which is changed.
        root: The folder of its data sets.
        work_dir: Its working directory.
    """
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(batch_size=2, num_workers=0, persistent_workers=False)
        loader.dataset.update(data_root=str(root), indices=4)
        if 'num_digits' in loader.dataset:
            loader.dataset.update(num_digits=8, fold=0)  # of 8 classes
    cfg.test_dataloader = cfg.val_dataloader
    cfg.train_cfg.update(max_epochs=1, val_interval=1)
    cfg.update(work_dir=str(work_dir), experiment_name=work_dir.name)
    runner = Runner.from_cfg(cfg)
    runner.train()
    assert runner.iter == 2
    return runner


def untouched(runner):
    """Return the weights that Adam had no gradient of."""
    state = runner.optim_wrapper.optimizer.state
    return [
        name
        for name, weight in runner.model.named_parameters()
        if not state[weight]['exp_avg'].any()
    ]
