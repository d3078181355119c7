"""Where to cut, found by walking: block after block, each cut as far as the answers bear it.

From the output to the input, as the second paper does, a step needs only what inference has left behind: the
activations that enter its block, quantised, in bounded memory. Nothing before the block runs; its layers are solved on
those activations, and the answers of the tail behind it, cut and solved before, say whether the step stays.
Source: Goyal, Das, Bertacco 2022 (the order, and the sharing with inference). Reading: a step is one block with the
groups that lie wholly in it; it is tried boldly first and backs off; it stays where the expected drop in accuracy is
within its share of the whole allowance, the share of the time to be saved that is saved so far.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import torch
from torch import Tensor, nn

from edgewise.errors import UsageError
from edgewise.progress import Progress, silent
from edgewise.prune.activation_cache import ActivationCache
from edgewise.prune.allocate import Limits, time_left, uniform
from edgewise.prune.chain import Segment, chain_of
from edgewise.prune.criterion import Ranking
from edgewise.prune.groups import Group
from edgewise.prune.guard import Guard
from edgewise.prune.outputs_left import outputs_left
from edgewise.prune.posterior import Posterior
from edgewise.prune.reconstruct import Sweep, reconstruct_segment
from edgewise.prune.surgery import cut_groups
from edgewise.prune.target import Kept
from edgewise.prune.work import LayerWork

Order = Literal["bottom-up", "top-down"]

_BATCH = 25
_BYTES = 10**6


@dataclass(frozen=True)
class Stride:
    """How a walk goes."""

    order: Order = "bottom-up"
    keeps: tuple[float, ...] = (0.5, 0.625, 0.75, 0.875)  # tried in this order, of all channels of a block's groups
    max_drop_points: float = 1.0  # of the whole walk
    judges: float = 0.4  # of the images: none of them is solved on
    memory_mb: float = 600.0  # for the activations that are kept; images are left out where they take more


@dataclass(frozen=True)
class Step:
    """One block of the walk."""

    block: str
    tried: tuple[float, ...]
    keep: float  # 1: nothing goes
    drop_points: float  # expected of the whole network so far
    share: float  # of the layers' time that is left


@dataclass(frozen=True, eq=False)
class Walked:
    """What stays, by group; how it came to that; and what was kept for it."""

    kept: Kept
    steps: tuple[Step, ...]
    images: int
    cached_bytes: int


def walk(
    generic: nn.Module,
    groups: Sequence[Group],
    rankings: Mapping[str, Ranking],
    layers: Sequence[LayerWork],
    target: float,
    images: Tensor,
    posterior: Posterior,
    stride: Stride,
    limits: Limits,
    sweep: Sweep,
    progress: Progress = silent,
) -> Walked:
    """Cut until the layers' foretold time has fallen to the share `target`, or every block has had its turn.

    `images`: float32 [n, 3, h, w]. What comes back may take longer than the target where the allowance is in the way.
    Raises `UsageError` where no group lies wholly in one block, or where no step stays.
    """
    trail = _Trail(generic, images, posterior, stride, sweep)
    blocks = _blocks(trail.segments, [group for group in groups if group.name in rankings])
    if not blocks:
        raise UsageError("No group lies wholly in one block of this network.", "Allocate by latency instead.")
    kept: Kept = {}
    steps: list[Step] = []
    ordered = sorted(blocks, reverse=stride.order == "bottom-up")
    for done, place in enumerate(ordered):
        tried: list[float] = []
        for keep in stride.keeps:
            tried.append(keep)
            own = uniform(blocks[place], rankings, keep, limits)
            share = time_left(groups, layers, kept | own)
            allowed = stride.max_drop_points * min((1 - share) / (1 - target), 1.0)
            if own and trail.drop_points(place, cut_groups(generic, groups, own).eval(), groups, own) <= allowed:
                trail.take()
                kept |= own
                steps.append(Step(trail.segments[place].name, tuple(tried), keep, trail.last_drop, share))
                break
        else:
            share = time_left(groups, layers, kept)
            steps.append(Step(trail.segments[place].name, tuple(tried), 1.0, trail.drop, share))
        progress("walking", done + 1, len(ordered))
        if share <= target:
            break
    if not kept:
        raise UsageError(
            f"No block can be cut within {stride.max_drop_points:g} points.", "Allow more, or give more images."
        )
    return Walked(kept, tuple(steps), trail.images, trail.cached_bytes)


def _blocks(segments: Sequence[Segment], groups: Sequence[Group]) -> dict[int, list[Group]]:
    """The groups that lie wholly in one segment, by its number."""
    found: dict[int, list[Group]] = {}
    for number, segment in enumerate(segments):
        inside = [group for group in groups if set(group.layers) <= set(segment.layers)]
        if inside:
            found[number] = inside
    return found


class _Trail:
    """The network as it is cut so far, segment by segment, and the activations that enter each one in the generic."""

    def __init__(self, generic: nn.Module, images: Tensor, posterior: Posterior, stride: Stride, sweep: Sweep) -> None:
        self._generic, self._posterior, self._sweep, self._image = generic, posterior, sweep, images[:1]
        self.segments = chain_of(generic, self._image)
        self._own = list(self.segments)
        self._top_down = stride.order == "top-down"
        self._caches = _filled(self.segments, images, stride.memory_mb)
        self.images = len(self._caches[0])
        judges = max(1, round(stride.judges * self.images))
        rows = list(range(self.images))
        self._solves, self._judges = rows[judges:], rows[:judges]
        self._wanted = self._caches[0].logits(self._judges).numpy()
        self.drop = self.last_drop = 0.0
        self._tried: tuple[int, Segment] | None = None

    @property
    def cached_bytes(self) -> int:
        return sum(cache.nbytes for cache in self._caches)

    def drop_points(self, place: int, cut: nn.Module, groups: Sequence[Group], kept: Kept) -> float:
        """Expected of the network so far with this segment cut, too, and solved."""
        segment = chain_of(cut, self._image)[place]
        theirs = [self._caches[place].batch(rows).half() for rows in _split(self._solves)]
        ours = [self._entering(place, rows).half() for rows in _split(self._solves)] if self._top_down else list(theirs)
        generator = torch.Generator().manual_seed(self._sweep.seed)
        left = outputs_left(self._generic, groups, kept)
        reconstruct_segment(self.segments[place], segment, left, theirs, ours, self._sweep, generator)
        given: list[Tensor] = []
        for rows in _split(self._judges):
            values = self._entering(place, rows)
            with torch.no_grad():
                for part in (segment, *self._own[place + 1 :]):
                    values = part(values)
            given.append(values.flatten(1))
        students = torch.cat(given)[:, list(self._posterior.classes)].numpy()
        self._tried = place, segment
        self.last_drop = Guard().judge(self._wanted, students, self._posterior).drop_points
        return self.last_drop

    def take(self) -> None:
        """The segment that was tried last stays."""
        assert self._tried is not None
        place, segment = self._tried
        self._own[place], self.drop = segment, self.last_drop

    def _entering(self, place: int, rows: Sequence[int]) -> Tensor:
        """What enters a segment of the network as it is cut so far: bottom-up, nothing before it is."""
        if not self._top_down:
            return self._caches[place].batch(rows)
        values = self._caches[0].batch(rows)
        with torch.no_grad():
            for part in self._own[:place]:
                values = part(values)
        return values


def _filled(segments: Sequence[Segment], images: Tensor, memory_mb: float) -> list[ActivationCache]:
    """What enters each segment, and the answers, as one run of inference leaves them."""
    inside = [ActivationCache(memory_mb) for _ in segments]
    with torch.no_grad():
        for batch in _first(segments, images, memory_mb).split(_BATCH):
            entering: list[Tensor] = []
            for segment in segments:
                entering.append(batch)
                batch = segment(batch)
            for cache, values in zip(inside, entering, strict=True):
                cache.add(values, batch.flatten(1))
    return inside


def _first(segments: Sequence[Segment], images: Tensor, memory_mb: float) -> Tensor:
    """As many images as memory allows; raises `UsageError` where that is not even two."""
    each, values = 0, images[:1]
    with torch.no_grad():
        for segment in segments:
            each += values.numel() + 4 * 2 * values.shape[1]  # 8 bits a value, and a range for each channel
            values = segment(values)
    each += len(segments) * 4 * values.numel()
    most = int(memory_mb * _BYTES / each)
    if most < 2:
        raise UsageError(
            f"The activations of one image take {each / _BYTES:.1f} MB; {memory_mb:g} MB hold too few.",
            "Allow more memory, or a smaller input.",
        )
    return images[:most]


def _split(rows: Sequence[int]) -> list[list[int]]:
    return [list(rows[begin : begin + _BATCH]) for begin in range(0, len(rows), _BATCH)]
