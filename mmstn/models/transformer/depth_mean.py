"""The collapse of a volume to a picture, behind a 3D transformer."""

from torch import Tensor, nn

from mmstn.registry import MODELS


@MODELS.register_module()
class DepthMean(nn.Module):
    """Average a volume along its depth, so that a 2D network can take it.

    Source: Jaderberg et al. 2015, appendix A.3, which collapses the depth.
    Place it last in the ``transformers`` of an ``STNBackbone``.
    """

    def forward(self, source: Tensor) -> Tensor:
        """Return the mean ``(B, C, H, W)`` of a source ``(B, C, D, H, W)``.

        Raises:
            ValueError: If the source is not a volume.
        """
        if source.ndim != 5:
            raise ValueError(
                'DepthMean: source must be a volume (B, C, D, H, W), but got '
                f'{tuple(source.shape)}'
            )
        return source.mean(2)
