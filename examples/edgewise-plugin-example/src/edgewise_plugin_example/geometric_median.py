"""A criterion: the channels go first whose weights lie nearest to those of all others, for these can stand in for them.

Source: He et al. 2019, "Filter Pruning via Geometric Median".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from torch import Tensor, cdist, nn

from edgewise.prune.criterion import Ranking, ranked_by_writers
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
        return ranked_by_writers(network, groups, lambda weights: cdist(weights, weights).sum(dim=1))
