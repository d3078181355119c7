"""What the generic network believed of inputs, small enough to be kept of thousands. NumPy alone."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Self

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax

MOST_CLASSES = 64
_NEVER = 1e-3  # of the inputs together: a class that makes up less is one of the rest


@dataclass(frozen=True)
class Belief:
    """The most probable classes of one input, best first; what they leave of 1 belongs to all others together."""

    classes: tuple[int, ...]
    chances: tuple[float, ...]

    @classmethod
    def of(cls, logits: np.ndarray, temperature: float = 1.0) -> Self:
        """Of logits float [C] of the generic network; `temperature` calibrates them.

        Reading: 64 classes are kept.
        """
        chances = softmax(np.asarray(logits, np.float32)[None], temperature)[0]
        best = np.argsort(-chances, kind="stable")[:MOST_CLASSES]
        return cls(tuple(best.tolist()), tuple(chances[best].astype(np.float64).tolist()))

    def outside(self, classes: Iterable[int]) -> float:
        """0..1: the probability that the input is of none of these classes."""
        own = set(classes)
        inside = sum(chance for index, chance in zip(self.classes, self.chances, strict=True) if index in own)
        return min(1.0, max(0.0, 1.0 - inside))


@dataclass(frozen=True, eq=False)
class Beliefs:
    """Many of them as one matrix of the classes that occur at all, and one column for the rest."""

    columns: tuple[int, ...]  # which class each column but the last stands for
    chances: np.ndarray  # float64 [n, m + 1], rows sum to 1
    trained: np.ndarray  # float64 [m + 1]: how frequent each was in training, all classes alike

    @classmethod
    def gather(cls, beliefs: Sequence[Belief], known: int) -> Self:
        """Of a generic network of `known` classes. Raises `UsageError` for no inputs."""
        if not beliefs:
            raise UsageError("There are no inputs to learn from.")
        totals = np.zeros(known)
        for belief in beliefs:
            np.add.at(totals, list(belief.classes), belief.chances)
        columns = np.flatnonzero(totals >= _NEVER * len(beliefs))
        place = np.full(known, len(columns))
        place[columns] = np.arange(len(columns))
        chances = np.zeros((len(beliefs), len(columns) + 1))
        for row, belief in enumerate(beliefs):
            np.add.at(chances[row], place[list(belief.classes)], belief.chances)
        chances[:, -1] += np.maximum(0.0, 1.0 - chances.sum(axis=1))
        chances /= chances.sum(axis=1, keepdims=True)
        trained = np.append(np.ones(len(columns)), max(known - len(columns), 1)) / max(known, len(columns) + 1)
        return cls(tuple(columns.tolist()), chances, trained)
