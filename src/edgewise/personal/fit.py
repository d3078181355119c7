"""Does what comes now belong to a network's classes? NumPy alone."""

from typing import Final, Literal

import numpy as np

from edgewise.personal.beliefs import Belief
from edgewise.personal.tail_network import UserTail
from edgewise.prune.confidence import ConfidenceSequence

Verdict = Literal["fits", "does not", "open"]

_AT_ONCE: Final = 16  # inputs, between two looks at the bounds
_BLOCK: Final = 96  # inputs


class Fit:
    """One network, tried on the inputs that come.

    It fits when at most a share `most_outside` of them is of classes that it lacks, and does not when more is, by
    bounds that hold at every moment at once. A user may come back at any time, so inputs from before must not weigh for
    ever: the trial begins anew every `block` inputs, the k-th with 6 / (pi k)^2 of alpha. The latest verdict stands.
    """

    def __init__(self, tail: UserTail, known: int, most_outside: float, alpha: float, block: int = _BLOCK) -> None:
        """`known`: classes of the generic network."""
        self.tail, self._known, self._most_outside, self._alpha = tail, known, most_outside, alpha
        self._block = block
        self.verdict: Verdict = "open"
        self._blocks = 0
        self._untried: list[float] = []
        self._begin()

    @property
    def outside_at_most(self) -> float:
        """The upper bound for the share of inputs of other classes, in this block."""
        return self._outside.high

    def take(self, belief: Belief) -> None:
        """One more input, as the generic network sees it."""
        self._untried.append(self.tail.outside(belief, self._known))
        if len(self._untried) < _AT_ONCE:
            return
        if self._outside.count >= self._block:
            self._begin()
        self._outside = self._outside.update(np.array(self._untried))
        self._untried = []
        if self._outside.high <= self._most_outside:
            self.verdict = "fits"
        elif self._outside.low > self._most_outside:
            self.verdict = "does not"

    def _begin(self) -> None:
        self._blocks += 1
        self._outside = ConfidenceSequence.begin(2 * self._alpha * 6 / (np.pi * self._blocks) ** 2, least=0.0)
