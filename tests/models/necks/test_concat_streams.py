import torch
from mmpretrain.registry import MODELS
from torch.testing import assert_close


def test_maps_of_any_size_and_vectors_are_joined_in_order():
    torch.manual_seed(0)
    oblong, volume = torch.rand(1, 3, 2, 5), torch.rand(1, 2, 2, 3, 4)
    vector = torch.rand(1, 4)
    join = MODELS.build(dict(type='mmstn.ConcatStreams'))
    expected = [oblong.mean((2, 3)), volume.mean((2, 3, 4)), vector]
    found = join((oblong, volume, vector))
    assert_close(found, (torch.cat(expected, 1),))
