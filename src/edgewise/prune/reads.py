"""Where the channels of groups are read: at the inputs of the layers that take them, behind every non-linearity."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from torch import Tensor, nn

from edgewise.prune.groups import Group, Member


def readers(group: Group) -> list[Member]:
    """The members that read it."""
    return [member for member in group.members if member.side == "reads"]


@contextmanager
def watching(
    network: nn.Module, groups: Sequence[Group], watch: Callable[[str, Tensor, int], Tensor | None]
) -> Iterator[None]:
    """Until it ends, `watch` sees what each reader of the groups is fed.

    It is given the reader's path, the tensor, and the axis of its channels; what it returns is fed instead, if it does.
    """
    hooks = []
    for path in dict.fromkeys(member.path for group in groups for member in readers(group)):

        def look(layer: nn.Module, taken: tuple[Tensor, ...], path: str = path) -> Tensor | None:
            return watch(path, taken[0], taken[0].ndim - 1 if isinstance(layer, nn.Linear) else 1)

        hooks.append(network.get_submodule(path).register_forward_pre_hook(look))
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()
