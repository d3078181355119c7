"""When enough of a user has been seen: the classes found so far are tried on the inputs after that. NumPy alone."""

from collections import deque
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from edgewise.errors import UsageError
from edgewise.personal.beliefs import Belief
from edgewise.personal.outside_trial import OutsideTrial
from edgewise.personal.user_classes import UserClasses, find_user_classes
from edgewise.prune.confidence import alpha_of
from edgewise.prune.seen_classes import LEAST_SHARE

_FEWEST_CLASSES: Final = 2
_GROWTH: Final = 1.25  # of the inputs from one search for classes to the next
_AS_LIKELY_AS_NOT: Final = 0.5


@dataclass(frozen=True)
class Enough:
    """When a user is known well enough.

    From `first` inputs on, and at every quarter more (at most `first`), the classes are found anew. A set of classes
    stands until a search finds one that it lacks, in half of all resampled streams at least. It is tried on the inputs
    that come after it was found: of them a share of `most_outside` at most may be of other classes, by a bound that
    holds at every moment at once with 1 - alpha, over all sets that are tried: the k-th has 6 / (pi k)^2 of alpha. So a
    user with more classes than were seen yet, or none in particular, is watched further and not taken for another.
    Reading: 256 inputs, a fifth. A user network turns away what is of other classes, and each such input costs
    both networks' time, so that beyond a fifth it would gain little.
    """

    first: int = 256
    window: int = 2000  # the latest inputs that classes are found in
    most_outside: float = 0.2
    alpha: float = 0.05
    least_share: float = LEAST_SHARE
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot be."""
        if not 2 <= self.first <= self.window:
            raise UsageError(
                f"{self.first} inputs at first and a window of {self.window}: 2 or more, and no more than it."
            )
        for name, value in (
            ("most_outside", self.most_outside),
            ("alpha", self.alpha),
            ("least_share", self.least_share),
        ):
            if not 0 < value < 1:
                raise UsageError(f"{name} is {value:g}; it must be between 0 and 1.")


@dataclass
class Observer:
    """Takes in what the generic network, of `known` classes, believed of one input after the other.

    Everything follows from the inputs and their order, so that replaying stored ones brings it to the same point. What
    is settled is settled until a search finds another class: a user may change while a network is made.
    """

    known: int
    enough: Enough = field(default_factory=Enough)
    proposal: UserClasses | None = None
    settled: UserClasses | None = None
    seen: int = 0

    def __post_init__(self) -> None:
        self._window: deque[Belief] = deque(maxlen=self.enough.window)
        self._next_search = self.enough.first
        self._proposals = 0
        self._trial: OutsideTrial | None = None  # of the proposal

    @property
    def outside_at_most(self) -> float:
        """The bound for the share of inputs of other classes; 1 before anything was tried."""
        return 1.0 if self._trial is None else self._trial.at_most

    def add(self, belief: Belief) -> UserClasses | None:
        """The user's classes, from the input on that settles them."""
        self._window.append(belief)
        self.seen += 1
        if self.settled is None and self.proposal is not None and self._trial is not None:
            self._trial.take(self.proposal.outside(belief, self.known))
            if self._trial.at_most <= self.enough.most_outside:
                self.settled = self.proposal
        if self.seen == self._next_search:
            self._search()
        return self.settled

    def _search(self) -> None:
        self._next_search = int(np.ceil(min(self.seen * _GROWTH, self.seen + self.enough.first)))
        found = find_user_classes(
            list(self._window), self.known, least=self.enough.least_share, seed=self.enough.seed + self.seen
        )
        likely = {
            index for index, again in zip(found.classes, found.stability, strict=True) if again >= _AS_LIKELY_AS_NOT
        }
        if self.proposal is not None and likely <= set(self.proposal.classes):
            return
        self.settled = None
        if len(found.classes) < _FEWEST_CLASSES:
            self.proposal = self._trial = None
            return
        self._proposals += 1
        self.proposal, self._trial = found, OutsideTrial(alpha_of(self._proposals, self.enough.alpha))
