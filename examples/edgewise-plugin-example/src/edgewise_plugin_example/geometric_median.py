"""A criterion: the channels go first whose weights lie nearest to those of all others, for these can stand in for them.

Source: He et al. 2019, "Filter Pruning via Geometric Median".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from torch import Tensor, cdist, nn

from edgewise.prune.criterion import Ranking, ranked
from edgewise.prune.groups import Group


@dataclass(frozen=True)
class GeometricMedian:
    """Made for each user; this one looks neither at the classes nor at the images."""

    classes: tuple[int, ...] = ()
    seed: int = 0

    def rank(
        self, network: nn.Module, groups: Sequence[Group], batches: Sequence[Tensor], progress: Any = None
    ) -> dict[str, Ranking]:
        """For each group of channels that go together: which goes first, and what it costs."""
        found: dict[str, Ranking] = {}
        for group in groups:
            scores = np.zeros(group.channels)
            for member in group.members:
                layer = network.get_submodule(member.path)
                if member.side == "writes" and isinstance(layer, nn.Conv2d | nn.Linear):
                    weights = layer.weight.detach().flatten(1).double()
                    apart = cdist(weights, weights).sum(dim=1).numpy()
                    scores += apart[member.index].sum(axis=1)  # the rows of this layer that go with each channel
            found[group.name] = ranked(scores)
        return found
