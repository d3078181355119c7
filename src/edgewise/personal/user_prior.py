"""What the generic network answers once it is known how often a user meets each class. NumPy alone."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax

LEAST_OUTSIDE = 0.05
_LEAST_SHARE = 1e-3


@dataclass(frozen=True)
class UserPrior:
    """How frequent a user's classes are in the stream, to a network that was trained on all classes alike.

    Source: Saerens, Latinne and Decaestecker 2002, 2.1: a posterior under another prior.
    Reading: what the shares leave of 1 is spread over all other classes alike; `least_outside` at least, however clean
    the stream was, so that an input of another class is still named where the network is sure of it. One of the user's
    classes has a thousandth at least.
    """

    classes: tuple[int, ...]
    shares: tuple[float, ...]  # of the inputs
    temperature: float = 1.0  # of the network's probabilities
    least_outside: float = LEAST_OUTSIDE

    def __post_init__(self) -> None:
        """Raises `UsageError` for classes without a share each, or none."""
        if not self.classes or len(self.classes) != len(self.shares):
            raise UsageError(f"{len(self.classes)} classes cannot have {len(self.shares)} shares.")

    def weights(self, known: int) -> np.ndarray:
        """float64 [known], sums to 1: how frequent each class of the generic network is held to be."""
        own = np.maximum(self.shares, _LEAST_SHARE)
        outside = 0.0 if known == len(own) else max(self.least_outside, 1 - float(np.sum(self.shares)))
        found = np.full(known, outside / max(known - len(own), 1))
        found[list(self.classes)] = own * (1 - outside) / own.sum()
        return found

    def of(self, logits: np.ndarray) -> np.ndarray:
        """float64 [n, C]: the probability of each class, of logits float [n, C]."""
        weighted = softmax(logits, self.temperature) * self.weights(logits.shape[1])
        return weighted / weighted.sum(axis=1, keepdims=True)


def answer_chances(logits: np.ndarray, prior: UserPrior | None) -> np.ndarray:
    """float [n, C]: what the generic network answers by, of logits float [n, C]; without a prior all are alike."""
    return softmax(logits) if prior is None else prior.of(logits)


def prior_of(classes: Sequence[int], shares: Sequence[float], temperature: float) -> UserPrior | None:
    """None where no classes, or no shares of them, are known."""
    return UserPrior(tuple(classes), tuple(shares), temperature) if classes and shares else None
