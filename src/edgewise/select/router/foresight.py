"""An embedding and an estimate together, and what they said of the trials that they were shown last."""

from dataclasses import dataclass, field
from weakref import ref

import numpy as np

from edgewise.select.calibration import softmax
from edgewise.select.router.embedding import Embedding
from edgewise.select.router.estimate import Estimate
from edgewise.select.selector import Seen
from edgewise.select.trials import Trials, top_classes

_CHUNK_ROWS = 4096
Together = tuple[tuple[int, float], ...]  # a column of the trials and its temperature, of each model averaged


class Look:
    """What routing some trials needs and no price changes, so that all selectors of a path share it."""

    def __init__(self, trials: Trials, expected: np.ndarray) -> None:
        self.expected = expected  # float64 [n, m]
        self._trials = ref(trials)
        self._known: dict[Together, tuple[np.ndarray, np.ndarray]] = {}

    def of(self, trials: Trials) -> bool:
        """It is these very trials that were looked at."""
        return self._trials() is trials

    def top(self, trials: Trials, together: Together, rows: np.ndarray) -> np.ndarray:
        """int64 [rows, 5 or fewer]: the best classes of the mean of these models' probabilities."""
        classes = min(5, trials.logits[0].shape[1])
        empty = (np.zeros(len(trials), bool), np.zeros((len(trials), classes), np.int64))
        known, top = self._known.setdefault(together, empty)
        missing = rows[~known[rows]]
        for start in range(0, len(missing), _CHUNK_ROWS):
            part = missing[start : start + _CHUNK_ROWS]
            answers = [softmax(trials.logits[column][part], temperature) for column, temperature in together]
            top[part] = top_classes(mean_of(answers), classes)
        known[missing] = True
        return top[rows]


def mean_of(answers: list[np.ndarray]) -> np.ndarray:
    """The mean of one or two answers, float32 as they are."""
    return answers[0] if len(answers) == 1 else (answers[0] + answers[1]) / np.float32(2)


@dataclass(frozen=True, eq=False)
class Foresight:
    """What each model's answer is expected to be worth, before it runs."""

    embedding: Embedding
    estimate: Estimate
    _last: list[Look] = field(default_factory=list[Look], repr=False)

    def of_seen(self, seen: Seen) -> np.ndarray:
        """float64 [m]."""
        return self.estimate.expect(self.embedding.of_seen(seen))[0]

    def of_trials(self, trials: Trials) -> Look:
        """Row by row what `of_seen` gives; of the trials shown last it is remembered, not computed again."""
        if not (self._last and self._last[0].of(trials)):
            self._last[:] = [Look(trials, self.estimate.expect(self.embedding.of_trials(trials)))]
        return self._last[0]
