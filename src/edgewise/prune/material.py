"""What a user's network is made of: the generic network, its groups and its work, and the images."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.errors import ModelError, UsageError
from edgewise.prune.groups import Group
from edgewise.prune.torch_pruning_groups import find_groups
from edgewise.prune.work import NetworkWork, network_work

_BATCH = 25
_TIMED_RUNS = 7
_FEWEST_IMAGES = 2
_ENOUGH = 250  # images, from which their mirror images are not needed


@dataclass(frozen=True, eq=False)
class Material:
    """`images` [n, 3, h, w] are learned from, `held` [m, 3, h, w] are the guard's alone."""

    generic: nn.Module
    images: Tensor
    held: Tensor
    streams: bool  # whether channels may go that several layers write

    @classmethod
    def of(cls, generic: nn.Module, images: Tensor, held_out: float, *, streams: bool) -> "Material":
        """The last images, `held_out` of all, are the guard's. Raises `UsageError` for too few."""
        if len(images) < 2 * _FEWEST_IMAGES:
            raise UsageError(
                f"There are {len(images)} images; a network is made and judged from more.", "Give hundreds."
            )
        first = made_from(len(images), held_out)
        return cls(generic, images[:first], images[first:], streams)

    @property
    def image(self) -> Tensor:
        """One, to see how large things are."""
        return self.images[:1]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Of an image: channels, height, width."""
        channels, height, width = self.image.shape[1:]
        return int(channels), int(height), int(width)

    @property
    def batches(self) -> list[Tensor]:
        """Of few images, each batch is followed by its mirror images: twice as much to learn from."""
        if len(self.images) >= _ENOUGH:
            return list(self.images.split(_BATCH))
        return [one for batch in self.images.split(_BATCH) for one in (batch, batch.flip(3))]

    @cached_property
    def groups(self) -> tuple[Group, ...]:
        """Raises what `find_groups` does."""
        return tuple(find_groups(self.generic, self.image))

    @cached_property
    def work(self) -> NetworkWork:
        return network_work(self.generic, self.image, runs=_TIMED_RUNS)

    @property
    def can_go(self) -> list[Group]:
        """The groups that may be cut. Raises `ModelError` where there are none."""
        found = [group for group in self.groups if group.whole is None and (self.streams or _writers(group) == 1)]
        if not found:
            raise ModelError("No group of this network can be cut.", "`edgewise prune inspect` says why.")
        return found


def made_from(images: int, held_out: float) -> int:
    """How many of so many images a network is made from; the others are the guard's."""
    return images - max(1, round(held_out * images))


def answers(network: nn.Module, images: Tensor) -> np.ndarray:
    """float32 [n, outputs]."""
    with torch.no_grad():
        return torch.cat([network(batch).flatten(1) for batch in images.split(_BATCH)]).float().numpy()


def _writers(group: Group) -> int:
    return sum(member.side == "writes" for member in group.members)
