"""Pruned networks on disk: `plan.json` says what was cut, `weights.safetensors` holds what is left; no pickle."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgewise import store
from edgewise.errors import StoreError
from edgewise.prune.plan import Plan, read_with_hash

if TYPE_CHECKING:
    from torch import nn

PLAN = "plan.json"
WEIGHTS = "weights.safetensors"
_AGAIN = "Name a folder that `edgewise prune` wrote, or make it again."


def save_pruned(folder: Path, plan: Plan, network: "nn.Module") -> None:
    """Write a cut network: its plan, and its weights and buffers as they are now.

    The plan is written last and names the hash of the weights, so a torn pair is refused when read. Raises `StoreError`
    when the folder cannot be written.
    """
    numbers = {path: tensor.detach().cpu().numpy() for path, tensor in network.state_dict().items()}
    plan.write(folder / PLAN, store.write_arrays(folder / WEIGHTS, numbers))


def load_pruned(folder: Path, network: "nn.Module") -> "nn.Module":
    """The cut network of a folder, built from the original `network`, of which only the shapes matter.

    Biases that recovery gave to layers without, and a last layer of the user's classes, come with the weights.
    The original is left as it is; the result is in its train or eval mode. Raises `StoreError` for what is missing,
    torn or does not fit the plan, `UsageError` for a plan of another network, `ModelError` for a network that cannot be
    cut.
    """
    import copy

    import torch

    from edgewise.prune.surgery import cut

    plan, sha256 = read_with_hash(folder / PLAN)
    if sha256 is None:
        raise StoreError(f"{folder / PLAN} is a plan alone, without weights.", "Apply it to the network instead.")
    numbers = store.read_arrays(folder / WEIGHTS, sha256)
    some = next(network.parameters(), torch.zeros(()))
    image = torch.zeros(1, *plan.input, dtype=some.dtype, device=some.device)
    smaller = cut(network, plan, image) if plan.removes else copy.deepcopy(network)
    _admit_recovery(smaller, numbers)
    expected = smaller.state_dict()
    _check_fit({path: tuple(tensor.shape) for path, tensor in expected.items()}, numbers, folder / WEIGHTS)
    smaller.load_state_dict(
        {path: torch.from_numpy(array).reshape(expected[path].shape) for path, array in numbers.items()}
    )
    return smaller


def _admit_recovery(network: "nn.Module", numbers: Mapping[str, np.ndarray]) -> None:
    """Make room, in place, for biases that layers did not have, and for another number of outputs of the last layer."""
    import torch

    layers = {
        path: layer for path, layer in network.named_modules() if isinstance(layer, torch.nn.Conv2d | torch.nn.Linear)
    }
    for path, layer in layers.items():
        if layer.bias is None and f"{path}.bias" in numbers:
            layer.bias = torch.nn.Parameter(layer.weight.new_zeros(len(layer.weight)))
    path, head = list(layers.items())[-1]
    outputs = len(numbers.get(f"{path}.weight", head.weight))
    if outputs != len(head.weight):
        head.weight = torch.nn.Parameter(head.weight.new_zeros(outputs, *head.weight.shape[1:]))
        head.bias = torch.nn.Parameter(head.weight.new_zeros(outputs))
        setattr(head, "out_features" if isinstance(head, torch.nn.Linear) else "out_channels", outputs)


def _check_fit(expected: Mapping[str, tuple[int, ...]], numbers: Mapping[str, np.ndarray], path: Path) -> None:
    for name in dict.fromkeys((*expected, *numbers)):
        if name not in numbers:
            raise StoreError(f"{path} lacks {name}.", _AGAIN)
        if name not in expected:
            raise StoreError(f"{path} has {name}, which the network lacks.", "Give the network that was pruned.")
        if (expected[name] or (1,)) != numbers[name].shape:  # a single number is stored as a list of one
            raise StoreError(
                f"{path} has {name} of shape {list(numbers[name].shape)}; by the plan it is {list(expected[name])}.",
                "The weights are another network's, or its head is another; give the network that was pruned.",
            )
