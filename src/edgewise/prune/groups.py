"""Coupled channels: what must go together when one output channel of a layer goes. NumPy alone; nothing is found here.

A group's channels are units: whatever goes with channel i of the group stands in row i of each member's `index`. In a
plain network a unit is one channel of every layer; behind a flattened map it is a run of inputs, in a grouped
convolution all channels of one of its groups.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

Side = Literal["writes", "reads", "passes"]


@dataclass(frozen=True, eq=False)
class Member:
    """One layer that a group touches, and which of its own channels go with each of the group's.

    It `writes` the group's channels (its outputs), `reads` them (its inputs), or lets them through channel by channel
    (`passes`: batch norm, depthwise and grouped convolutions; `index` then counts its outputs).
    """

    path: str
    side: Side
    index: np.ndarray  # int64 [channels of the group, r], each row rising

    def of(self, channels: np.ndarray) -> np.ndarray:
        """The layer's own channels that go with these of the group, int64, rising."""
        return np.sort(self.index[channels].ravel())


@dataclass(frozen=True, eq=False)
class Group:
    """Channels that several layers share.

    `step` is the smallest number of channels that may go together; the groups that `find_groups` finds have 1, because
    their channels are units already. `whole` says why nothing of it can go; None where it can be cut.
    """

    name: str  # path of the layer that writes it first; "#2" and so on behind a path that is taken
    channels: int
    members: tuple[Member, ...]  # in execution order
    step: int = 1
    whole: str | None = None

    @property
    def writer(self) -> Member:
        """The layer that writes it first."""
        return next(member for member in self.members if member.side == "writes")

    @property
    def layers(self) -> tuple[str, ...]:
        """The paths of its layers, each once, in execution order."""
        return tuple(dict.fromkeys(member.path for member in self.members))

    def removed(self, kept: Collection[int]) -> np.ndarray:
        """The group's channels that are not kept, int64, rising."""
        mask = np.ones(self.channels, bool)
        mask[np.fromiter(kept, np.int64, len(kept))] = False
        return np.flatnonzero(mask)


@dataclass(frozen=True, eq=False)
class Loss:
    """What one layer loses: its own output channels, input channels, and channels that pass; int64, rising."""

    outputs: np.ndarray
    inputs: np.ndarray
    passing: np.ndarray


def losses(groups: Sequence[Group], kept: Mapping[str, Collection[int]]) -> dict[str, Loss]:
    """What each layer loses when only `kept` stays of the groups named there; other groups lose nothing."""
    found: dict[str, dict[Side, list[np.ndarray]]] = {}
    for group in groups:
        if group.name in kept:
            gone = group.removed(kept[group.name])
            for member in group.members:
                sides = found.setdefault(member.path, {"writes": [], "reads": [], "passes": []})
                sides[member.side].append(member.of(gone))
    return {
        path: Loss(_joined(sides["writes"]), _joined(sides["reads"]), _joined(sides["passes"]))
        for path, sides in found.items()
    }


def _joined(parts: list[np.ndarray]) -> np.ndarray:
    return np.unique(np.concatenate(parts)) if parts else np.zeros(0, np.int64)
