"""A spatial transformer behind a backbone."""

from mmengine.model import BaseModule
from mmpretrain.registry import MODELS as ANY_MODELS
from torch import Tensor

from mmstn.registry import MODELS


@MODELS.register_module()
class STNNeck(BaseModule):
    """A spatial transformer on one of the maps a backbone returns.

    A checkpoint of the bare neck loads as it is.

    Args:
        transformer: Config of a transformer.
        neck: Config of the neck behind it; none hands the maps on.
        index: Which of the maps is transformed; -1 is the last.
    """

    def __init__(
        self,
        transformer: dict,
        neck: dict | None = None,
        index: int = -1,
        init_cfg: dict | list[dict] | None = None,
    ):
        super().__init__(init_cfg)
        self.transformer = ANY_MODELS.build(transformer)
        self.neck = None if neck is None else ANY_MODELS.build(neck)
        self.index = index

    def forward(self, maps: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
        """Return what the neck returns for the maps, one transformed.

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
                '(B, C, *size) a backbone returns, but it returned '
                f'{", ".join(map(str, shapes))}'
            )
        maps[self.index] = self.transformer(maps[self.index])
        return tuple(maps) if self.neck is None else self.neck(tuple(maps))

    def _load_from_state_dict(self, state_dict, prefix, *args):
        keys = [key for key in state_dict if key.startswith(prefix)]
        if not any(key.startswith(f'{prefix}transformer.') for key in keys):
            for key in keys:  # of a bare neck
                name = key.removeprefix(prefix)
                state_dict[f'{prefix}neck.{name}'] = state_dict.pop(key)
        super()._load_from_state_dict(state_dict, prefix, *args)
