"""What the generic network and others beside it believe of an input together. NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.prune.posterior import Posterior
from edgewise.select.calibration import fit_temperature

_LEAST_GAP = 1e-6


@dataclass(frozen=True)
class JointBelief:
    """The mean of all networks' logits, those of the others over temperatures: a posterior's input like the generic's.

    A posterior of the generic network alone holds every answer against that network's errors too: where another
    differs and is right, it is counted wrong. `benchmarks/joint_belief.py` measures by how much.

    Source: Genest and Zidek 1986, "Combining Probability Distributions": the logarithmic opinion pool; all weigh alike,
    and together as much as one, so that two of one opinion are no surer than each of them.
    Reading: no labels are at hand, so each other network's temperature is fitted to how often it answers as the generic
    one does, among the user's classes. It is 1 at least, and one that has never differed is held to differ once more:
    a network that is wrong and sure of it must not vouch for itself.
    """

    temperatures: tuple[float, ...]  # of each other network, beside the generic one's own

    @classmethod
    def fitted(cls, taught: np.ndarray, others: Sequence[np.ndarray], posterior: Posterior) -> Self:
        """`taught`: the generic network's logits, float [n, C]; `others`: of the same inputs, float [n, C] each.

        Raises `UsageError` for no inputs.
        """
        if len(taught) == 0:
            raise UsageError("There are no inputs to learn from how sure the other networks are.")
        own = list(posterior.classes)
        answers = taught[:, own].argmax(axis=1)
        return cls(tuple(_temperature(other[:, own], answers) for other in others))

    def logits(self, taught: np.ndarray, others: Sequence[np.ndarray], posterior: Posterior) -> np.ndarray:
        """float64 [n, C], for `posterior.of`; arguments as above.

        Raises `UsageError` for other networks than were fitted.
        """
        if len(others) != len(self.temperatures):
            raise UsageError(f"{len(others)} networks answered, and {len(self.temperatures)} were fitted.")
        found = np.asarray(taught, np.float64).copy()
        for other, temperature in zip(others, self.temperatures, strict=True):
            found += np.asarray(other, np.float64) * (posterior.temperature / temperature)
        return found / (1 + len(others))


def _temperature(logits: np.ndarray, answers: np.ndarray) -> float:
    """With one more input, on which it is as sure as on most and answers otherwise."""
    second, first = np.partition(logits, -2, axis=1)[:, -2:].T
    order = np.argsort(first - second)
    usual = order[len(order) // 2]
    gap = max(float(first[usual] - second[usual]), _LEAST_GAP)  # so that any scale of logits is within reach
    scaled = np.concatenate([logits, logits[usual][None]]) / gap
    labels = np.append(answers, np.argsort(logits[usual])[-2])
    return max(1.0, gap * fit_temperature(scaled, labels))
