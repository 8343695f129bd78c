"""Pool the maps of several streams into one vector."""

import torch
from torch import Tensor, nn

from mmstn.registry import MODELS


@MODELS.register_module()
class ConcatStreams(nn.Module):
    """Average each stream's map over its cells; concatenate the vectors.

    Source: Jaderberg et al. 2015, section 4.3.
    """

    def forward(self, streams: tuple[Tensor, ...]) -> tuple[Tensor]:
        """Return ``(B, N * C)``, a tuple of one.

        Args:
            streams: ``N`` maps ``(B, C, *size)``, or vectors ``(B, C)``.
        """
        vectors = [
            stream.flatten(2).mean(2) if stream.ndim > 2 else stream
            for stream in streams
        ]
        return (torch.cat(vectors, dim=1),)
