"""Does what comes now belong to a network's classes? NumPy alone."""

import math
from typing import Final, Literal

from edgewise.personal.beliefs import Belief
from edgewise.personal.outside_trial import OutsideTrial
from edgewise.personal.user_tails import UserTails
from edgewise.prune.confidence import alpha_of

Verdict = Literal["fits", "does not", "open"]

_BLOCK: Final = 96  # inputs
_ROOM: Final = 3


class Fit:
    """One network, tried on the inputs that come.

    It fits when at most a share `most_outside` of them is of classes that it lacks, and does not when more is, by
    bounds that hold at every moment at once. A user may come back at any time, so inputs from before must not weigh for
    ever: the trial begins anew every `block` inputs, the k-th with 6 / (pi k)^2 of alpha. Less alpha asks for more
    inputs, and a block has three times those that it takes where none is of another class: whoever was away for a
    million inputs is known again all the same. The latest verdict stands.
    """

    def __init__(self, tail: UserTails, known: int, most_outside: float, alpha: float, block: int = _BLOCK) -> None:
        """`known`: classes of the generic network."""
        self.tail, self._known, self._most_outside, self._alpha = tail, known, most_outside, alpha
        self._block = block
        self.verdict: Verdict = "open"
        self._blocks = 0
        self._begin()

    @property
    def outside_at_most(self) -> float:
        """The upper bound for the share of inputs of other classes, in this block."""
        return self._trial.at_most

    def take(self, belief: Belief) -> None:
        """One more input, as the generic network sees it."""
        if self._trial.inputs >= self._length:
            self._begin()
        if not self._trial.take(self.tail.outside(belief, self._known)):
            return
        if self._trial.at_most <= self._most_outside:
            self.verdict = "fits"
        elif self._trial.at_least > self._most_outside:
            self.verdict = "does not"

    def _begin(self) -> None:
        self._blocks += 1
        alpha = alpha_of(self._blocks, self._alpha)
        self._length = max(self._block, _ROOM * math.log(alpha) / math.log(1 - self._most_outside))
        self._trial = OutsideTrial(alpha)
