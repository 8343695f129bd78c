"""Volumes before networks of pictures."""

from collections.abc import Sequence

from torch import Tensor, nn

from mmstn.models.backbones.stn_backbone import STNBackbone
from mmstn.registry import MODELS


@MODELS.register_module()
class DepthMean(nn.Module):
    """The mean of a volume along its depth.

    Source: Jaderberg et al. 2015, appendix A.3, whose depth is collapsed. It
    stands behind a 3D transformer in any list of transformers.
    """

    def forward(self, source: Tensor) -> Tensor:
        """Return ``(B, C, H, W)`` for a source ``(B, C, D, H, W)``."""
        if source.ndim != 5:
            raise ValueError(
                'DepthMean: source must be a volume (B, C, D, H, W), but got '
                f'{tuple(source.shape)}'
            )
        return source.mean(2)


@MODELS.register_module()
class VolumeSTN(STNBackbone):
    """A network of pictures that sees volumes along their depth.

    Source: Jaderberg et al. 2015, appendix A.3. It is an ``STNBackbone`` whose
    last transformer is :class:`DepthMean`.

    Args:
        backbone: Config of any registered backbone of pictures.
        transformers: As of :class:`~mmstn.models.backbones.stn_backbone.
            STNBackbone`; those on the input act on the volume. Without any
            it is seen as it stands.
    """

    def __init__(
        self,
        backbone: dict,
        transformers: Sequence[dict] = (),
        init_cfg: dict | list[dict] | None = None,
    ):
        if isinstance(transformers, (list, tuple)):  # or it is refused
            transformers = [*transformers, dict(type='mmstn.DepthMean')]
        super().__init__(backbone, transformers, init_cfg)
