"""Closed-form recovery: each layer's weights solved anew, so that the cut network gives what the generic one gives.

One sweep from the input to the output. Every convolution and linear layer gets the weights that, from what the cut
network really feeds it, miss the generic network's output least in squares; what earlier layers got wrong is thereby
made up for as far as it can be. No label, no gradient, no stored image but the stream itself.
Source: He, Zhang, Sun 2017, "Channel Pruning for Accelerating Very Deep Neural Networks" (least squares on what the cut
network feeds); Reading: the order is that of the network, and a branch that ends in a sum aims at the sum.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.chain import Segment, chain_of
from edgewise.prune.moments import Layer, Moments, inputs_at, outputs_at, positions_of
from edgewise.prune.peak_memory import give_back_freed
from edgewise.prune.sums import Sum, sum_after
from edgewise.prune.watch import values_of

_EVERY = 4  # of so many pairs of batches one judges the ridge: a batch and its mirror images stay together


@dataclass(frozen=True)
class Sweep:
    """How much is read, and how strongly the weights are held."""

    ridges: tuple[float, ...] = (1.0,)  # towards a layer's own weights, in mean squares of its inputs; of several, each
    # layer gets the one that serves best on images left out, at twice the time
    places_per_weight: float = 2.0  # places read for each weight of an output,
    fewest_places: int = 10_000  # and as many at least
    seed: int = 0


@dataclass(frozen=True)
class Solved:
    """One layer, before and after."""

    layer: str
    missed_before: float  # mean square missed of the target, as a share of its variance
    missed_after: float


@dataclass(frozen=True, eq=False)
class Reconstructed:
    """Layer by layer; and what enters the cut network's last segment now, in half precision, batch by batch."""

    layers: tuple[Solved, ...]
    entering: list[Tensor]


def reconstruct(
    generic: nn.Module,
    cut: nn.Module,
    kept: Mapping[str, Tensor],
    batches: Sequence[Tensor],
    sweep: Sweep = Sweep(),
    progress: Progress = silent,
) -> Reconstructed:
    """Solve all layers of `cut` anew, in place, from the input on; both networks are in eval mode.

    `kept`: of each layer, by path, the generic one's outputs that it still gives, int64; all of those not named.
    `batches`: float32 [n, 3, h, w] each. A layer that had no biases has some afterwards. Activations between segments
    are held in half precision: that of the widest tensor, twice, for all images.
    """
    if not batches:
        raise UsageError("No images to learn from.", "Give the stream of this user; a few hundred images are enough.")
    image = batches[0][:1]
    pairs = list(zip(chain_of(generic, image), chain_of(cut, image), strict=True))
    theirs = [batch.half() for batch in batches]
    ours = list(theirs)
    generator = torch.Generator().manual_seed(sweep.seed)
    solved: list[Solved] = []
    for done, (generic_part, cut_part) in enumerate(pairs):
        found, theirs = reconstruct_segment(generic_part, cut_part, kept, theirs, ours, sweep, generator)
        solved += found
        if done + 1 < len(pairs):
            ours = [_run(cut_part, ours.pop(0)) for _ in range(len(ours))]
        give_back_freed()
        progress("solving layers", done + 1, len(pairs))
    return Reconstructed(tuple(solved), ours)


def reconstruct_segment(
    generic: Segment,
    cut: Segment,
    kept: Mapping[str, Tensor],
    theirs: list[Tensor],
    ours: Sequence[Tensor],
    sweep: Sweep,
    generator: torch.Generator,
) -> tuple[list[Solved], list[Tensor]]:
    """Solve the layers of one segment anew, in place; also what the generic one gives, in half precision.

    `theirs` and `ours`: what enters it in the generic and in the cut network, batch by batch alike; of `theirs` nothing
    is left afterwards, as what comes out takes its place in memory.
    """
    pair = _Pair(generic, cut, kept, sweep, generator)
    targets, given = pair.targets(theirs)
    return [pair.solve(lesson, targets[lesson.path], ours) for lesson in pair.lessons], given


@dataclass(frozen=True, eq=False)
class _Lesson:
    """One layer to be solved, and where to find what it reads and what it should give."""

    path: str
    layer: Layer
    node: str
    reads: str  # the node whose value it reads
    sum: Sum | None  # the sum that its output ends in


@dataclass(frozen=True, eq=False)
class _Target:
    """What a layer should give at some places."""

    positions: list[Tensor]  # int64 [n, p] of each batch
    values: list[Tensor]  # float32 [n * p, o]


class _Pair:
    """One segment of both networks."""

    def __init__(
        self, generic: Segment, cut: Segment, kept: Mapping[str, Tensor], sweep: Sweep, generator: torch.Generator
    ) -> None:
        self._generic, self._cut, self._kept, self._sweep, self._generator = generic, cut, kept, sweep, generator
        self.lessons = list(_lessons(cut))

    def targets(self, batches: list[Tensor]) -> tuple[dict[str, _Target], list[Tensor]]:
        """Of each lesson; and what the generic segment gives for `batches`, which is used up."""
        found = {lesson.path: _Target([], []) for lesson in self.lessons}
        images = sum(len(batch) for batch in batches)
        last = next(node for node in self._generic.module.graph.nodes if node.op == "output").args[0]
        wanted = {last.name} | {lesson.sum.node if lesson.sum else lesson.node for lesson in self.lessons}
        passed: list[Tensor] = []
        while batches:
            values = values_of(self._generic, batches.pop(0).float(), wanted)
            passed.append(values[last.name].half())
            for lesson in self.lessons:
                outputs = values[lesson.sum.node if lesson.sum else lesson.node]
                positions = positions_of(outputs.shape, self._places(lesson.layer, images), self._generator)
                own = outputs_at(outputs, positions)
                if lesson.path in self._kept:
                    own = own[:, self._kept[lesson.path]]
                found[lesson.path].positions.append(positions)
                found[lesson.path].values.append(own)
        return found, passed

    def solve(self, lesson: _Lesson, target: _Target, batches: Sequence[Tensor]) -> Solved:
        """Read what the layer is fed, and set its weights."""
        seen, held = Moments.of(lesson.layer), Moments.of(lesson.layer)
        wanted = {lesson.reads} | ({lesson.sum.other} if lesson.sum else set())
        for place, batch in enumerate(batches):
            values, positions = target.values[place], target.positions[place]
            found = values_of(self._cut, batch.float(), wanted)
            if lesson.sum:
                values = lesson.sum.before(values - outputs_at(found[lesson.sum.other], positions))
            judges = len(self._sweep.ridges) > 1 and place // 2 % _EVERY == _EVERY - 1
            own = held if judges else seen
            own.add(inputs_at(lesson.layer, found[lesson.reads], positions), values)
        whole = seen + held if held.count else seen
        weights, biases = next(whole.solve(lesson.layer, [self._ridge(lesson.layer, seen, held)]))
        layer = lesson.layer
        was = layer.weight.detach(), torch.zeros_like(biases) if layer.bias is None else layer.bias.detach()
        before, after = whole.missed(*was), whole.missed(weights, biases)
        if after < before:
            with torch.no_grad():
                layer.weight.copy_(weights)
                layer.bias = nn.Parameter(biases)
        variance = max(whole.variance, 1e-30)
        return Solved(lesson.path, before / variance, min(before, after) / variance)

    def _ridge(self, layer: Layer, seen: Moments, held: Moments) -> float:
        """The one that misses least on images that the weights were not solved on."""
        ridges = self._sweep.ridges
        if held.count == 0:
            return ridges[-1]
        missed = [held.missed(*found) for found in seen.solve(layer, ridges)]
        return ridges[missed.index(min(missed))]

    def _places(self, layer: Layer, images: int) -> int:
        weights = layer.weight[0].numel()
        return math.ceil(max(self._sweep.fewest_places, self._sweep.places_per_weight * weights) / images)


def _lessons(segment: Segment) -> Iterator[_Lesson]:
    for node in segment.module.graph.nodes:
        if node.op != "call_module":
            continue
        layer = segment.module.get_submodule(str(node.target))
        # A linear layer over the channels of each place (ConvNeXt's) keeps its weights.
        if isinstance(layer, nn.Conv2d) or (isinstance(layer, nn.Linear) and len(node.meta["tensor_meta"].shape) == 2):
            taken = node.args[0]
            assert isinstance(taken, fx.Node)
            yield _Lesson(str(node.target), layer, node.name, taken.name, sum_after(segment.module, node))


def _run(segment: Segment, batch: Tensor) -> Tensor:
    with torch.no_grad():
        return segment(batch.float()).half()
