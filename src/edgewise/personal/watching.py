"""While the user's network answers: audits, and the test for a change of the user."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgewise.personal.change import Alarm, ChangeDetector
from edgewise.personal.learning import Learning
from edgewise.personal.tail_network import UserNetwork


class Watching:
    """Of one user network that serves."""

    def __init__(self, network: UserNetwork, learning: Learning, detector: ChangeDetector | None = None) -> None:
        """`detector`: from which to go on."""
        self.network, self._learning = network, learning
        self.detector = detector or ChangeDetector.begin(
            np.array(network.own_scores),
            np.array(network.tails.own_outside),
            learning.false_alarms,
            learning.seed,
        )
        self._random = np.random.default_rng([learning.seed, self.detector.inputs])

    @property
    def alarm(self) -> Alarm | None:
        return self.detector.alarm

    def audits_next(self) -> bool:
        """Whether the generic network is to be asked about this input, whatever the user's says: drawn by chance."""
        return bool(self._random.random() < self._learning.audit_share)

    def take(self, foreign: float, audited_outside: float | None) -> None:
        """One more input; and how likely the generic network held it to be of other classes, where it was audited."""
        self.detector = self.detector.update(foreign, audited_outside)

    def to_values(self) -> dict[str, Any]:
        return self.detector.to_values()

    @classmethod
    def from_values(cls, network: UserNetwork, learning: Learning, values: Mapping[str, Any]) -> "Watching":
        """The inverse. Raises `StoreError`."""
        return cls(network, learning, ChangeDetector.from_values(values))
