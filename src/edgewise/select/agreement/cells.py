"""How sure a count is, cut into cells: an action is chosen for each."""

from dataclasses import dataclass

import numpy as np

HALVES = 2  # of each bin: those where the second candidate has less of what the first one leaves, and more
_LEAST_LEFT = np.float32(1e-6)


def sureness(shares: np.ndarray) -> np.ndarray:
    """float32 [n, 2]: the probability of the best candidate, and what part of the rest the second one has.

    `shares`: float32 [n, c]. The rest may be a contest of two, which another model can decide, or lie with nobody, and
    then the next model is as helpless: of two equally sure counts, the one is worth paying for and the other is not.
    """
    best = shares.argmax(axis=1)[:, None]
    first = np.take_along_axis(shares, best, axis=1)[:, 0]
    others = shares.copy()
    np.put_along_axis(others, best, 0, axis=1)
    return np.stack([first, others.max(axis=1) / np.maximum(1 - first, _LEAST_LEFT)], axis=1)


@dataclass(frozen=True, eq=False)
class Cells:
    """Bins of the best candidate's probability, each in two halves."""

    edges: np.ndarray  # float32 [bins - 1], rising
    splits: np.ndarray  # float32 [bins]: above it, the second candidate has much of the rest

    @classmethod
    def cut(cls, sure: np.ndarray, bins: int) -> "Cells":
        """Cells with about equally many images each, fewer where the sureness takes few values. `sure`: [n, 2]."""
        edges = np.unique(np.quantile(sure[:, 0], np.linspace(0, 1, bins + 1)[1:-1]).astype(np.float32))
        place = np.searchsorted(edges, sure[:, 0], side="right")
        own = [sure[place == number, 1] for number in range(len(edges) + 1)]
        return cls(edges, np.asarray([np.median(part) if len(part) else 0.5 for part in own], np.float32))

    def __len__(self) -> int:
        return HALVES * len(self.splits)

    def of(self, sure: np.ndarray) -> np.ndarray:
        """int64 [n]: the cell of each image; those of one bin are neighbours. `sure`: float32 [n, 2]."""
        place = np.searchsorted(self.edges, sure[:, 0], side="right")
        return HALVES * place + (sure[:, 1] > self.splits[place])
