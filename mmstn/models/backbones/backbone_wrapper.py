"""The base of modules around a backbone."""

from collections.abc import Callable

from mmengine.model import BaseModule
from torch import nn

from mmstn.models.bare_checkpoint import move_bare_keys


class BackboneWrapper(BaseModule):
    """Make a module around a backbone usable wherever the backbone is.

    A checkpoint of the bare backbone loads, layer-wise learning rates stay as
    they are, and ``switch_to_deploy`` and ``_checkpoint_filter`` exist if the
    backbone has them.

    Attributes:
        own: Name of the submodule that is not the backbone.
    """

    own: str

    def wrapped_names(self) -> list[str]:
        """Return the names of the submodules that are the backbone."""
        raise NotImplementedError

    def trunk_names(self) -> list[str]:
        """Return the names of further submodules its checkpoints load into."""
        return []

    def wrapped(self) -> list[nn.Module]:
        """Return the submodules that are the backbone."""
        return [self.get_submodule(name) for name in self.wrapped_names()]

    @property
    def _checkpoint_filter(self) -> Callable:
        return self.wrapped()[0]._checkpoint_filter

    @property
    def switch_to_deploy(self) -> Callable[[], None]:
        """Fuse the branches of the backbone; absent where it has no such."""
        switches = [net.switch_to_deploy for net in self.wrapped()]

        def switch_to_deploy():
            for switch in switches:
                switch()

        return switch_to_deploy

    @property
    def get_layer_depth(self) -> Callable[..., tuple[int, int]]:
        """Return a layer's depth; absent where the backbone has no such.

        Transformers count as the last layer.
        """
        names, depth = self.wrapped_names(), self.wrapped()[0].get_layer_depth

        def get_layer_depth(param_name: str, prefix: str = ''):
            prefixes = [f'{prefix}{name}.' for name in names]
            within = [p for p in prefixes if param_name.startswith(p)]
            return depth(param_name, (within or prefixes)[0])

        return get_layer_depth

    def _load_from_state_dict(self, state_dict, prefix, *args):
        targets = self.wrapped_names() + self.trunk_names()
        move_bare_keys(self, state_dict, prefix, targets, self.own)
        super()._load_from_state_dict(state_dict, prefix, *args)
