"""A similarity transformer on images of 64x64 pixels, before any backbone."""

transformer = dict(
    type='mmstn.SpatialTransformer',
    localisation=dict(
        trunk=dict(
            type='mmstn.PlainNet',
            size=(64, 64),
            in_channels=3,
            steps=[
                dict(pool='avg', size=2),
                dict(conv=16, kernel=5),
                dict(pool='max', size=2),
                dict(conv=32, kernel=5),
                dict(pool='max', size=2),
                dict(fc=32),
            ],
        ),
    ),
    grid=dict(type='mmstn.SimilarityGrid', size=(64, 64)),
    sampler=dict(type='mmstn.GridSampler', padding='border'),
)
