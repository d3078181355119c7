"""Tries groups out: a network with half of the channels cut must answer as its silenced twin in full width does.

The trial runs on drawn weights of the network's own shapes. Its own would hide mistakes: a norm that starts at zero, a
layer scale of 1e-6 or a dead filter makes every cut look right.
"""

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np

from edgewise.errors import ModelError
from edgewise.prune.groups import Group
from edgewise.prune.network import quiet_copy
from edgewise.prune.operations import with_suspects
from edgewise.prune.surgery import cut_groups, mask_groups

if TYPE_CHECKING:
    from torch import Tensor, nn

_TOLERANCE = 1e-9  # of the largest output, in float64
_SEED = 0
_MIXED = "an operation mixes its channels"


def try_out(
    network: "nn.Module", image: "Tensor", groups: Sequence[Group], met: Mapping[str, Sequence[str]]
) -> tuple[Group, ...]:
    """The groups, of which those that fail the trial stay whole and say why.

    `met` are the operations, by the group's name, that its channels meet and that could be to blame. Raises
    `ModelError` for a network that cannot run in float64.
    """
    trial = _Trial(network, image, groups)
    free = [group for group in groups if group.whole is None]
    found = trial.nonzero(free)
    found |= trial.misfits([group for group in free if group.name not in found])
    return tuple(
        replace(group, whole=with_suspects(found[group.name], met.get(group.name, ())))
        if group.name in found
        else group
        for group in groups
    )


class _Trial:
    """A network of drawn weights in float64, an image of noise, and the half of each group that stays."""

    def __init__(self, network: "nn.Module", image: "Tensor", groups: Sequence[Group]) -> None:
        import torch

        with quiet_copy(network) as copied:
            self._network = copied.double()
        generator = torch.Generator().manual_seed(_SEED)
        _draw_weights(self._network, generator)
        self._image = torch.randn(image.shape, generator=generator, dtype=torch.float64).to(image.device)
        rng = np.random.default_rng(_SEED)
        self._kept = {
            group.name: rng.permutation(group.channels)[: math.ceil(group.channels / 2)].tolist() for group in groups
        }
        self._groups = groups

    def nonzero(self, groups: Sequence[Group]) -> dict[str, str]:
        """Groups whose silenced channels are not zero where they are read, and where that is."""
        import torch

        twin, found = mask_groups(self._network, self._groups, self._of(groups)), dict[str, str]()
        for group in groups:
            gone = group.removed(self._kept[group.name])
            for member in group.members:
                if member.side == "reads":
                    watch = _Watch(group.name, member.path, torch.from_numpy(member.of(gone)), found)
                    twin.get_submodule(member.path).register_forward_pre_hook(watch)
        try:
            self._run(twin)
        except Exception as error:  # foreign code
            raise ModelError(
                f"The network cannot be tried out in float64: {error}", "It must run in the type of its weights."
            ) from error
        return found

    def misfits(self, groups: Sequence[Group]) -> dict[str, str]:
        """Groups with which the cut network fails or answers other than its twin, and how."""
        reason = self._misfit(groups)
        if reason is None:
            return {}
        if len(groups) == 1:
            return {groups[0].name: reason}
        half = len(groups) // 2
        found = self.misfits(groups[:half]) | self.misfits(groups[half:])
        if not found:
            raise ModelError(
                f"The network cannot be cut: {reason}, though each half of its groups can.",
                "Its forward pass holds sizes that follow from several layers; compute them from the tensors.",
            )
        rest = [group for group in groups if group.name not in found]
        return found | self.misfits(rest) if rest else found

    def _misfit(self, groups: Sequence[Group]) -> str | None:
        """How the network without half of the channels of these groups goes wrong; None where it does not."""
        if not groups:
            return None
        kept = self._of(groups)
        expected = self._run(mask_groups(self._network, self._groups, kept))
        smaller = cut_groups(self._network, self._groups, kept)
        inside: list[str] = []
        for path, module in smaller.named_modules():
            module.register_forward_pre_hook(lambda _module, _inputs, path=path: inside.append(path))
        try:
            given = self._run(smaller)
        except Exception as error:  # foreign code in widths that it was not written for
            first = next(iter(str(error).splitlines()), type(error).__name__)
            return f"without some of its channels {inside[-1] or 'the network'} or what follows it fails: {first}"
        if given.shape != expected.shape:
            return f"without some of its channels the network gives {list(given.shape)}, not {list(expected.shape)}"
        off = float((given - expected).abs().max() / expected.abs().max().clamp_min(1e-30))
        return None if off <= _TOLERANCE else f"{_MIXED}: the cut network answers otherwise"

    def _of(self, groups: Sequence[Group]) -> dict[str, list[int]]:
        return {group.name: self._kept[group.name] for group in groups}

    def _run(self, network: "nn.Module") -> "Tensor":
        import torch

        with torch.inference_mode():
            return network(self._image)


class _Watch:
    """A hook that sees whether a layer is given zeros where channels were silenced."""

    def __init__(self, group: str, path: str, channels: "Tensor", found: dict[str, str]) -> None:
        self._group, self._path, self._channels, self._found = group, path, channels, found

    def __call__(self, layer: Any, inputs: tuple["Tensor", ...]) -> None:
        import torch

        axis = -1 if isinstance(layer, torch.nn.Linear) else 1
        reason = f"{_MIXED} or makes zeros something else: {self._path} does not read zero where they are silenced"
        given = inputs[0]
        if int(self._channels[-1]) >= given.shape[axis] or given.index_select(axis, self._channels).count_nonzero():
            self._found.setdefault(self._group, reason)


def _draw_weights(network: "nn.Module", generator: Any) -> None:
    """Weights that keep activations in range and let every channel be felt."""
    import torch

    def uniform(like: "Tensor") -> "Tensor":
        return torch.rand(like.shape, generator=generator, dtype=like.dtype).to(like.device) + 0.5

    def normal(like: "Tensor", scale: float) -> "Tensor":
        return torch.randn(like.shape, generator=generator, dtype=like.dtype).to(like.device) * scale

    with torch.no_grad():
        for name, weight in network.named_parameters():
            if weight.dim() > 1 and weight[0].numel() > 1:
                weight.copy_(normal(weight, math.sqrt(2 / weight[0].numel())))
            elif name.endswith("bias"):
                weight.copy_(normal(weight, 0.1))
            else:
                weight.copy_(uniform(weight))
        for name, buffer in network.named_buffers():
            if name.endswith("running_mean"):
                buffer.copy_(normal(buffer, 0.1))
            elif name.endswith("running_var"):
                buffer.copy_(uniform(buffer))
