"""What a gather costs on ONNX Runtime beside what the narrower layer behind it saves; what does not pay is refused."""

import tempfile
from collections.abc import Iterable, MutableMapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.asymmetric import own_sets
from edgewise.prune.gather_probe import LayerShape, Window, probe
from edgewise.prune.groups import Group, losses
from edgewise.prune.layers import channels_of
from edgewise.prune.network import quiet_copy
from edgewise.prune.plan import Plan
from edgewise.prune.speed import in_turns_ms
from edgewise.prune.surgery import cut_groups

LEAST_SAVING = 0.05  # of the whole layer's time: less is within what two medians differ by


@dataclass(frozen=True)
class GatherTimes:
    """Times, in ms, of one layer behind the layer that writes what it reads; all took turns."""

    kept: int
    whole_ms: float
    gathered_ms: float  # reads `kept` of the inputs through a gather
    narrow_ms: float  # as if the tensor had no others: what a symmetric cut gives

    @property
    def pays(self) -> bool:
        return self.gathered_ms <= (1 - LEAST_SAVING) * self.whole_ms


Table = MutableMapping[tuple[LayerShape, int, bool], GatherTimes]  # the last: whether the inputs follow each other


@dataclass(frozen=True)
class Refused:
    """A layer whose gather does not pay, or cannot be measured."""

    path: str
    reason: str


@dataclass(frozen=True)
class Worth:
    """The plan less the gathers that do not pay; their layers read on as they did."""

    plan: Plan
    refused: tuple[Refused, ...]
    times: dict[str, GatherTimes]  # by the layer's path, of all that were measured


def worth_gathering(
    network: nn.Module,
    groups: Sequence[Group],
    plan: Plan,
    image: Tensor,
    *,
    threads: int = 1,
    rounds: int = 8,
    table: Table | None = None,
    progress: Progress = silent,
) -> Worth:
    """Measure each layer that a plan lets read a set of its own, as wide as the plan's cuts leave it.

    `network` is the original, `image` float [n, c, h, w]. Layers of one shape that keep as many inputs are measured
    once, and not at all where `table` has them already; it is added to. Layers that share a gather are measured as if
    each had its own. A plan that is left without cuts and gathers is refused when it is carried out.
    """
    table = {} if table is None else table
    sets = own_sets(plan.reads, losses(groups, plan.kept), "reads")
    shapes = layer_shapes(cut_groups(network, groups, plan.kept), sets, image)
    times: dict[str, GatherTimes] = {}
    refused: list[Refused] = []
    for done, (path, kept) in enumerate(sets.items()):
        progress("timing gathers", done, len(sets))
        shape = shapes[path]
        if isinstance(shape, str):
            refused.append(Refused(path, shape))
            continue
        key = shape, len(kept), bool(kept[-1] - kept[0] == len(kept) - 1)
        if key not in table:
            (table[key],) = time_gathers(shape, [tuple(kept.tolist())], threads=threads, rounds=rounds)
        times[path] = table[key]
        if not times[path].pays:
            refused.append(Refused(path, _why(times[path], shape)))
    progress("timing gathers", len(sets), len(sets))
    names = {one.path for one in refused}
    paying = {path: plan.reads[path] for path in sets if path not in names}
    return Worth(replace(plan, reads=paying), tuple(refused), times)


def time_gathers(
    shape: LayerShape, sets: Sequence[tuple[int, ...]], *, threads: int = 1, rounds: int = 8
) -> tuple[GatherTimes, ...]:
    """The layer whole, and for each of these sets of its inputs gathered and narrow: all in turns, in one run."""
    for kept in sets:
        if not kept or max(kept) >= shape.inputs:
            raise UsageError(f"A set of {len(kept)} inputs is not one of {shape.inputs}.", "Name some, from 0 on.")
    with tempfile.TemporaryDirectory() as folder:
        models: list[tuple[Path, int]] = []

        def add(wide: LayerShape, kept: tuple[int, ...] | None) -> None:
            path = Path(folder) / f"{len(models)}.onnx"
            path.write_bytes(probe(wide, kept))
            models.append((path, wide.size_px))

        add(shape, None)
        for kept in sets:
            add(shape, kept)
            add(replace(shape, inputs=len(kept)), None)
        whole_ms, *others = calm_ms(models, threads=threads, rounds=rounds)
    pairs = zip(sets, others[::2], others[1::2], strict=True)
    return tuple(GatherTimes(len(kept), whole_ms, gathered, narrow) for kept, gathered, narrow in pairs)


def layer_shapes(network: nn.Module, paths: Iterable[str], image: Tensor) -> dict[str, LayerShape | str]:
    """By its path each layer's shape, or why its gather cannot be measured; `image` float [n, c, h, w]."""
    found: dict[str, LayerShape | str] = dict.fromkeys(paths, "it does not run")
    with quiet_copy(network) as copied, torch.no_grad():
        for path in found:
            copied.get_submodule(path).register_forward_pre_hook(partial(_note, found, path))
        copied(image[:1])
    return found


def calm_ms(models: Sequence[tuple[Path, int]], *, threads: int = 1, runs: int = 5, rounds: int = 8) -> list[float]:
    """The lowest of several medians that `in_turns_ms` gives: other work on the machine only ever adds to a time."""
    medians = [in_turns_ms(models, threads=threads, runs=runs) for _ in range(rounds)]
    return [min(own) for own in zip(*medians, strict=True)]


def _why(times: GatherTimes, shape: LayerShape) -> str:
    return (
        f"a gather of {times.kept} of {shape.inputs} inputs and the narrower layer take {times.gathered_ms:.3g} ms, "
        f"the whole layer {times.whole_ms:.3g} ms"
    )


def _note(found: dict[str, LayerShape | str], path: str, layer: nn.Module, taken: tuple[Tensor, ...]) -> None:
    found[path] = _shape(layer, taken[0])


def _shape(layer: Any, taken: Tensor) -> LayerShape | str:
    if 1 in channels_of(layer):
        return "a layer with one input or one output is not measured"
    if isinstance(layer, nn.Linear) and taken.dim() == 2:
        return LayerShape(layer.in_features, layer.out_features)
    if not isinstance(layer, nn.Conv2d):
        return f"a {type(layer).__name__} that reads {list(taken.shape[1:])} is not measured"
    height, width = taken.shape[2:]
    if layer.groups > 1 or isinstance(layer.padding, str) or height != width:
        return (
            f"a convolution with {layer.groups} groups, padding {layer.padding} on {height} x {width} is not measured"
        )
    (pad_y, pad_x), (step_y, step_x), (far_y, far_x) = layer.padding, layer.stride, layer.dilation
    down, right = layer.kernel_size
    window = Window((down, right), (step_y, step_x), (pad_y, pad_x), (far_y, far_x))
    return LayerShape(layer.in_channels, layer.out_channels, window, height)
