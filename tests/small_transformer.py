"""Configs of small transformers, one builder for every test."""


def small_transformer(
    family='AttentionGrid',
    size=(8, 8),
    source=None,
    in_channels=1,
    start=None,
    steps=(),
    num_transformers=None,
    num_steps=None,
    scale=None,
    deviation=None,
    **others,
):
    """Return the config of a transformer whose localiser is a ``PlainNet``.

    Args:
        family: Name of the grid generator.
        size: Of the output.
        source: Size of the source; by default that of the output.
        in_channels: Of the source.
        start: Theta before training; by default the family's identity.
        steps: Of the trunk; by default theta is linear in the source.
        num_transformers: N of a parallel transformer; by default a single one.
        num_steps: Of an iterative transformer; by default it is none.
        scale: Of a ``TranslationGrid``.
        deviation: Of a ``ProbabilisticLocalisation``; by default theta is
            not drawn.
        others: ``sampler``, ``before``, ``starts``, ...
    """
    source = source or size
    grid = dict(type=f'mmstn.{family}', size=size)
    trunk = dict(
        type='mmstn.PlainNet',
        size=source,
        steps=list(steps),
        in_channels=in_channels,
    )
    cfg = dict(
        type='mmstn.SpatialTransformer',
        localisation=dict(trunk=trunk),
        grid=grid if scale is None else dict(grid, scale=scale),
        **others,
    )
    if start is not None:
        cfg['localisation']['start'] = start
    if deviation is not None:
        kind = 'mmstn.ProbabilisticLocalisation'
        cfg['localisation'].update(type=kind, deviation=deviation)
    if num_transformers is not None:
        cfg['type'] = 'mmstn.ParallelSpatialTransformer'
        cfg['num_transformers'] = num_transformers
    if num_steps is not None:
        cfg['type'] = 'mmstn.IterativeSpatialTransformer'
        cfg['num_steps'] = num_steps
    return cfg
