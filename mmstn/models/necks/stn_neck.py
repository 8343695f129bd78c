"""A spatial transformer behind a backbone."""

from mmengine.model import BaseModule
from torch import Tensor, nn

from mmstn.models.bare_checkpoint import move_bare_keys
from mmstn.models.build import build
from mmstn.registry import MODELS


@MODELS.register_module()
class STNNeck(BaseModule):
    """Transform one of a backbone's feature maps before the neck.

    A checkpoint of the bare neck loads as it is.

    >>> trunk = nn.Sequential(nn.Flatten(), nn.Linear(64 * 7 * 7, 32))
    >>> look = mmstn.SpatialTransformer(trunk, mmstn.AffineGrid((5, 5)))
    >>> neck = mmstn.STNNeck(look, dict(type='GlobalAveragePooling'))
    >>> neck((torch.rand(2, 64, 7, 7),))[0].shape
    torch.Size([2, 64])

    Args:
        transformer: Config of a transformer, or a module.
        neck: The neck behind it, as a config or a module. If None, the maps
            are returned, one of them transformed.
        index: Which of the maps is transformed; -1 is the last.
    """

    def __init__(
        self,
        transformer: dict | nn.Module,
        neck: dict | nn.Module | None = None,
        index: int = -1,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.transformer = build(transformer)
        self.neck = None if neck is None else build(neck)
        self.index = index

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return the neck's output for the maps, one of them transformed.

        Raises:
            ValueError: If there is no map at ``index``.
        """
        maps = list(maps)
        shapes = [tuple(item.shape) for item in maps]
        if not -len(maps) <= self.index < len(maps) or (
            len(shapes[self.index]) not in (4, 5)
        ):
            raise ValueError(
                f'STNNeck: index={self.index} must name one of the maps '
                '(B, C, H, W) or (B, C, D, H, W) a backbone returns, but it '
                f'returned {", ".join(map(str, shapes))}'
            )
        maps[self.index] = self.transformer(maps[self.index])
        return tuple(maps) if self.neck is None else self.neck(tuple(maps))

    def _load_from_state_dict(self, state_dict, prefix, *args):
        if self.neck is not None:
            move_bare_keys(self, state_dict, prefix, ['neck'], 'transformer')
        super()._load_from_state_dict(state_dict, prefix, *args)
