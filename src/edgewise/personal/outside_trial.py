"""Which share of inputs is of other classes: bounds while inputs come in. NumPy alone."""

from typing import Final

import numpy as np

from edgewise.prune.confidence import ConfidenceSequence

_AT_ONCE: Final = 16  # inputs, between two looks at the bounds, which take longer than an input does


class OutsideTrial:
    """Of one set of classes. Each bound fails, ever, with a probability of at most `alpha`."""

    def __init__(self, alpha: float) -> None:
        self._sequence = ConfidenceSequence.begin(2 * alpha, least=0.0)  # alpha on each side: one of them is needed
        self._waiting: list[float] = []

    @property
    def inputs(self) -> int:
        """How many the bounds are of."""
        return self._sequence.count

    @property
    def at_least(self) -> float:
        return self._sequence.low

    @property
    def at_most(self) -> float:
        return self._sequence.high

    def take(self, outside: float) -> bool:
        """One more input, and how likely it is of other classes; whether the bounds were looked at again."""
        self._waiting.append(outside)
        if len(self._waiting) < _AT_ONCE:
            return False
        self._sequence = self._sequence.update(np.array(self._waiting))
        self._waiting = []
        return True
