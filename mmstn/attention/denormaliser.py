"""Convert tensors of a network to pictures."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from mmstn.attention.glimpse import Source

RGB = {1: [0, 0, 0], 2: [0, 1, 1], 3: [0, 1, 2]}  # by number of channels


class Denormaliser:
    """Convert tensors of a network to RGB.

    A picture is multiplied by the standard deviation, and the mean added; one
    from 0 to 1 is then multiplied by 255. Without these, darkest and brightest
    of the source become black and white. Of two channels the first is red and
    the second cyan, so that what is bright in both is white.

    Args:
        preprocessor: The network's data preprocessor.
        predictions: A DataSample for each sample.
        is_rgb: Whether pictures of files reach the preprocessor in RGB.
    """

    def __init__(
        self,
        preprocessor: nn.Module,
        predictions: Sequence,
        is_rgb: bool = False,
    ):
        self.mean = getattr(preprocessor, 'mean', None)
        self.std = getattr(preprocessor, 'std', None)
        self.is_unit = self.mean is not None and bool(
            self.mean.max() <= 1 and self.std.max() <= 1
        )
        # OpenMMLab loads files as BGR; data sets without files hold RGB
        from_file = 'img_path' in predictions[0] and not is_rgb
        self.is_bgr = from_file and not getattr(preprocessor, 'to_rgb', False)

    def __call__(self, values: Tensor, source: Source) -> np.ndarray:
        """Return ``(B, *size, 3)`` in uint8 for values read from a source."""
        if source.is_picture and self.mean is not None:
            values = to_shown_channels(self.restored(values), True)
            if self.is_unit and self.restored(source.values).max() < 1.01:
                values = values * 255
        else:
            values = to_shown_channels(values, source.is_picture)
            everything = to_shown_channels(source.values, source.is_picture)
            low, high = everything.aminmax()
            values = (values - low) * (255 / (high - low).clamp(min=1e-6))
        values = values.nan_to_num().round().clamp(0, 255).byte()
        values = values[:, RGB[values.shape[1]]].movedim(1, -1)
        if source.is_picture and self.is_bgr:
            values = values.flip(-1)
        return np.ascontiguousarray(values.cpu().numpy())

    def restored(self, values: Tensor) -> Tensor:
        """Return pictures as they were before the preprocessor."""
        axes = [1] * (values.ndim - 2)
        mean, std = (n.view(-1, *axes) for n in (self.mean, self.std))
        return values * std + mean


def to_shown_channels(values: Tensor, is_picture: bool) -> Tensor:
    """Return one channel, or the two or three of a picture, in float32."""
    if is_picture and values.shape[1] in RGB:
        return values.float()
    return values.float().mean(1, keepdim=True)
