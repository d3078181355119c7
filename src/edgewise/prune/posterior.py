"""What the generic model believes of a user's input: a calibrated posterior, restricted to the user's classes.

NumPy alone.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from edgewise.errors import OutputError, UsageError
from edgewise.prune.user_classes import check_classes, other_classes
from edgewise.select.calibration import fit_temperature, softmax

_SUMS_TO_ONE = 1e-4
_LEAST_SHARE = 1e-6
_CONVERGED = 1e-4  # nats an input, below the greatest likelihood
_MOST_STEPS = 10_000


@dataclass(frozen=True)
class Posterior:
    """Which classes are the user's, and how the generic model's logits become probabilities of them.

    `temperature` divides all logits, before those of other classes are summed up. With `other`, all classes that are
    not the user's are one more, the last. `prior` [K, or K + 1 with `other`] says how frequent the classes are in the
    stream; without it they are as frequent as they were in training.
    Reading: in training all classes of the generic model were equally frequent.
    Raises `UsageError` for classes, a temperature or a prior that cannot be.
    """

    classes: tuple[int, ...]
    temperature: float = 1.0
    other: bool = False
    prior: tuple[float, ...] | None = None

    def __post_init__(self) -> None:
        check_classes(self.classes)
        if not 0 < self.temperature < np.inf:
            raise UsageError(f"The temperature is {self.temperature:g}; it must be above 0 and finite.")
        if self.prior is None:
            return
        if len(self.prior) != self.outcomes:
            raise UsageError(f"The prior has {len(self.prior)} shares; there are {self.outcomes} classes.")
        if not (min(self.prior) >= 0 and abs(sum(self.prior) - 1) < _SUMS_TO_ONE):
            raise UsageError(f"The prior's shares are {self.prior}; they must be 0 or more and sum to 1.")

    @classmethod
    def calibrated(cls, logits: np.ndarray, labels: np.ndarray, classes: Sequence[int], *, other: bool = False) -> Self:
        """The posterior at the temperature that fits labels best; it needs none afterwards.

        `logits`: float [n, C]; `labels`: int [n], of all C classes. Without `other` the images of the user's classes
        alone count, and how well they are told from each other; with it all images and classes do. The two differ:
        a temperature is fitted for the posterior that it serves.
        Raises `UsageError` when no image is of the user's classes.
        """
        own = check_classes(classes, logits.shape[1])
        found = tuple(own.tolist())
        if other:
            return cls(found, fit_temperature(logits, labels), other=True)
        order = np.argsort(own)
        place = np.minimum(np.searchsorted(own[order], labels), len(own) - 1)
        kept = own[order][place] == labels
        if not kept.any():
            raise UsageError(f"None of {len(labels)} labelled images is of the user's classes.")
        return cls(found, fit_temperature(logits[kept][:, own], order[place][kept]))

    @property
    def outcomes(self) -> int:
        """K, or K + 1 with the other classes."""
        return len(self.classes) + self.other

    def scores(self, logits: np.ndarray) -> np.ndarray:
        """float64 [n, outcomes]: logits over the temperature; the last, with `other`, the logsumexp of other classes'.

        `logits`: float [n, C]. Raises `UsageError` for classes that the model lacks, and `OutputError` for logits that
        are not finite.
        """
        if logits.ndim != 2:
            raise UsageError(f"Logits must be [inputs, classes]; their shape is {logits.shape}.")
        own = check_classes(self.classes, logits.shape[1])
        if not np.isfinite(logits).all():
            raise OutputError("Logits of the generic model are not finite.", "Look for weights that are NaN.")
        scaled = np.asarray(logits, np.float64) / self.temperature
        if not self.other:
            return scaled[:, own]
        rest = scaled[:, other_classes(own, logits.shape[1])]
        return np.column_stack([scaled[:, own], np.logaddexp.reduce(rest, axis=1)])

    def of(self, logits: np.ndarray) -> np.ndarray:
        """float64 [n, outcomes]: the probability of each class, of float [n, C]. Raises what `scores` does."""
        chances = softmax(self.scores(logits)).astype(np.float64)
        if self.prior is None:
            return chances
        prior = np.maximum(self.prior, _LEAST_SHARE)  # a class that did not come may come yet
        weighted = chances * (prior / self.trained(logits.shape[1]))
        return weighted / weighted.sum(axis=1, keepdims=True)

    def trained(self, known: int) -> np.ndarray:
        """float64 [outcomes]: how frequent each was in training, of a model of `known` classes."""
        counts = np.ones(self.outcomes)
        if self.other:
            counts[-1] = known - len(self.classes)
        return counts / counts.sum()

    def for_stream(self, logits: np.ndarray) -> Self:
        """The same for a stream that may see some classes more than others, of its unlabelled logits, float [n, C]."""
        plain = replace(self, prior=None)
        prior = stream_prior(plain.of(logits), self.trained(logits.shape[1]))
        return replace(self, prior=tuple(prior.tolist()))


def stream_prior(posteriors: np.ndarray, trained: np.ndarray | None = None) -> np.ndarray:
    """float64 [K]: how frequent the classes are in a stream, from what a calibrated model believes of its inputs.

    `posteriors`: float [n, K], rows that sum to 1; `trained`: float [K], how frequent classes were in training, all
    equally without it. The prior of greatest likelihood, where what inputs of a class look like has not changed (label
    shift). Source: Saerens, Latinne and Decaestecker 2002, "Adjusting the Outputs of a Classifier to New a Priori
    Probabilities", 2.2: expectation maximisation.
    Reading: it ends when the likelihood can rise by no more than 1e-4 nats an input, which the greatest slope bounds
    (the likelihood is concave), or after 10,000 steps, when no more than log(K) / 10,000 can be left.
    Raises `UsageError` for no inputs, or what are no probabilities.
    """
    chances = np.asarray(posteriors, np.float64)
    if chances.ndim != 2 or len(chances) == 0:
        raise UsageError(f"Posteriors must be [inputs, classes], with one input at least; they are {chances.shape}.")
    if not (chances.min() >= 0 and np.abs(chances.sum(axis=1) - 1).max() < _SUMS_TO_ONE):
        raise UsageError("Posteriors are no probabilities: they must be 0 or more, and each row must sum to 1.")
    count, classes = chances.shape
    before = np.full(classes, 1 / classes) if trained is None else np.asarray(trained, np.float64)
    if before.shape != (classes,) or not before.min() > 0:
        raise UsageError(f"The prior of training must be {classes} shares above 0.")
    likelihoods = chances / before  # up to a factor of each input's own
    prior = before / before.sum()
    for _ in range(_MOST_STEPS):
        slopes = likelihoods.T @ (1 / (likelihoods @ prior)) / count
        if slopes.max() - 1 <= _CONVERGED:
            break
        prior = prior * slopes
        prior /= prior.sum()
    return prior
