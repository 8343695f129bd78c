"""Write what transformers output for turned inputs into predictions."""

from contextlib import ExitStack
from math import radians

import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from torch import Tensor

from mmstn.checks import check_count, check_finite_number
from mmstn.geometry import affine
from mmstn.geometry.sampling import sample
from mmstn.models.transformer.find import require_transformers, unwrap
from mmstn.registry import HOOKS


@HOOKS.register_module()
class TurnedRecordHook(Hook):
    """Turn test images, and write what transformers output into predictions.

    In a test the first images are shown turned by several angles, and their
    predictions get the field ``turned``: by the name of each transformer its
    outputs ``(K, C, *out)``, on the CPU. ``mmstn.OutputSpread`` reads it.
    Beyond its border a picture goes on as its last pixel. Predictions are the
    same with and without this hook.

    Args:
        angle: The largest, in degrees; from its negative on they are evenly
            spaced. A wider range than the training set has asks for what the
            network could not learn.
        num_angles: How many, ``K``.
        num_images: How many images, of each process.
    """

    priority = 'LOW'  # after those that write of the pass itself

    def __init__(
        self, angle: float = 30.0, num_angles: int = 16, num_images: int = 1000
    ):
        check_finite_number('TurnedRecordHook', 'angle', angle)
        check_count('TurnedRecordHook', 'num_angles', num_angles)
        check_count('TurnedRecordHook', 'num_images', num_images)
        self.angles = torch.linspace(-angle, angle, num_angles).tolist()
        self.num_images = num_images
        self.handles = ExitStack()  # an epoch long

    def before_test_epoch(self, runner: Runner) -> None:
        self.transformers = require_transformers(
            type(self).__name__, runner.model
        )
        self.left = self.num_images
        model = unwrap(runner.model)
        if not hasattr(model, 'extract_feat'):
            raise ValueError(
                'TurnedRecordHook: turns the inputs of a classifier, but the '
                f'model is a {type(model).__name__}; take the hook out of '
                'custom_hooks'
            )
        handle = model.register_forward_hook(self.write, with_kwargs=True)
        self.handles.callback(handle.remove)

    def after_test_epoch(
        self, runner: Runner, metrics: dict[str, float] | None = None
    ) -> None:
        self.handles.close()

    def write(
        self, model, args: tuple, kwargs: dict, predictions: list
    ) -> None:
        """Show turned inputs, and write outputs; a forward hook."""
        inputs = args[0] if args else kwargs['inputs']
        if inputs.ndim != 4:
            raise ValueError(
                'TurnedRecordHook: inputs must be pictures (B, C, H, W), but '
                f'got {tuple(inputs.shape)}; take it out of custom_hooks'
            )
        inputs = inputs[: self.left]
        self.left -= len(inputs)
        if len(inputs) == 0:
            return
        seen = [
            self.outputs(model, turned(inputs, angle)) for angle in self.angles
        ]
        for index in range(len(inputs)):
            found = {
                name: torch.stack([outputs[name][index] for outputs in seen])
                for name in seen[0]
            }
            predictions[index].set_field(found, 'turned')

    def outputs(self, model, inputs: Tensor) -> dict[str, Tensor]:
        """Return what each transformer outputs in a pass, ``(B, C, *out)``."""
        found = {}
        with ExitStack() as handles:
            for name, transformer in self.transformers.items():

                def keep(module, args, output, name=name):
                    found[name] = output.float().cpu()

                handle = transformer.register_forward_hook(keep)
                handles.callback(handle.remove)
            model.extract_feat(inputs)
        return found


def turned(pictures: Tensor, angle: float) -> Tensor:
    """Return ``pictures (B, C, H, W)`` turned about their centre.

    Args:
        angle: In degrees, of square pixels.
    """
    theta = pictures.new_tensor([[1, radians(angle), 0, 0]]).float()
    matrix = affine.similarity_matrix(theta)
    matrix = affine.stretch_axes(matrix, pictures.shape[:1:-1])
    grid = affine.affine_grid(matrix, pictures.shape[2:])
    grid = grid.expand(len(pictures), *grid.shape[1:])
    return sample(pictures, grid, padding='border')
