"""What each layer of a network computes, stores and takes, and what is left of it under a plan."""

import statistics
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from time import perf_counter_ns
from typing import TYPE_CHECKING, Any

from edgewise.prune.groups import Group, losses
from edgewise.prune.layers import channels_of
from edgewise.prune.network import quiet_copy

if TYPE_CHECKING:
    from torch import Tensor, nn

_WARM_UP_RUNS = 1


@dataclass(frozen=True)
class LayerWork:
    """One module without children that ran, for one image."""

    path: str
    kind: str
    macs: int  # 0 for all but convolutions and dense layers
    parameter_bytes: int
    takes: int  # input channels; 0 where they are not known
    gives: int
    ms: float  # the least wall-clock time of a run, for all of its images: what disturbs the machine only adds


@dataclass(frozen=True)
class NetworkWork:
    """The layers in execution order, and the whole."""

    layers: tuple[LayerWork, ...]
    ms: float  # median of whole runs, hooks included
    runs: int

    @property
    def macs(self) -> int:
        return sum(layer.macs for layer in self.layers)

    @property
    def parameter_bytes(self) -> int:
        return sum(layer.parameter_bytes for layer in self.layers)


def network_work(network: "nn.Module", image: "Tensor", *, runs: int = 1) -> NetworkWork:
    """Watch a network run on `image` [n, channels, h, w], `runs` times after a warm-up, module by module on PyTorch.

    The network is left as it is. MACs are counted by hooks: for each output of a convolution or a dense layer, the
    weights that make it.
    """
    import torch

    with quiet_copy(network) as copied, torch.inference_mode():
        watch = _Watch(copied)
        totals: list[float] = []
        for run in range(runs + _WARM_UP_RUNS):
            if run == _WARM_UP_RUNS:
                watch.forget_times()
            started = perf_counter_ns()
            copied(image)
            totals.append((perf_counter_ns() - started) / 1e6)
    return NetworkWork(watch.layers(len(image)), statistics.median(totals[_WARM_UP_RUNS:]), runs)


def planned_macs(layers: Sequence[LayerWork], groups: Sequence[Group], kept: Mapping[str, Collection[int]]) -> int:
    """The MACs that are left when only `kept` stays of the groups named there; nothing is cut or run for it."""
    lost, total = losses(groups, kept), 0
    for layer in layers:
        macs = layer.macs
        if layer.path in lost and macs:
            loss = lost[layer.path]
            macs = macs * (layer.gives - len(loss.outputs) - len(loss.passing)) // layer.gives
            macs = macs * (layer.takes - len(loss.inputs)) // layer.takes
        total += macs
    return total


class _Watch:
    """Hooks on the modules without children."""

    def __init__(self, network: "nn.Module") -> None:
        self._modules: dict[str, nn.Module] = {}
        self._macs: dict[str, int] = {}
        self._times: dict[str, list[float]] = {}
        self._started: dict[str, int] = {}
        for path, module in network.named_modules():
            if next(module.children(), None) is None:
                module.register_forward_pre_hook(lambda *_, path=path: self._start(path))
                module.register_forward_hook(lambda *seen, path=path: self._end(path, *seen))

    def forget_times(self) -> None:
        self._times.clear()

    def _start(self, path: str) -> None:
        self._started[path] = perf_counter_ns()

    def _end(self, path: str, module: "nn.Module", inputs: Any, given: Any) -> None:
        self._times.setdefault(path, []).append((perf_counter_ns() - self._started[path]) / 1e6)
        self._modules.setdefault(path, module)
        self._macs[path] = _macs(module, inputs, given)

    def layers(self, images: int) -> tuple[LayerWork, ...]:
        return tuple(self._layer(path, module, images) for path, module in self._modules.items())

    def _layer(self, path: str, module: "nn.Module", images: int) -> LayerWork:
        takes, gives = channels_of(module)
        return LayerWork(
            path,
            type(module).__name__,
            self._macs[path] // images,
            sum(weight.numel() * weight.element_size() for weight in module.parameters()),
            takes,
            gives,
            min(self._times[path]),
        )


def _macs(module: "nn.Module", inputs: Any, given: Any) -> int:
    """MACs of one call."""
    import torch

    conv = torch.nn.modules.conv
    if isinstance(module, conv._ConvTransposeNd):
        return inputs[0].numel() * module.weight[0].numel()  # each input is spread by the weights of its channel
    if isinstance(module, torch.nn.Linear | conv._ConvNd):
        return given.numel() * module.weight[0].numel()
    return 0
