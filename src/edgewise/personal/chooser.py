"""Which of a user's tails answers an input, and when the generic one does. NumPy alone."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewise import store
from edgewise.restore import restore
from edgewise.select.calibration import softmax

KIND, SCHEMA = "chooser of tails", 1
FILE = "chooser.json"


@dataclass(frozen=True)
class Chooser:
    """Tails that run one after the other, until one is sure enough of its answer; else the generic tail runs.

    Source: Wang et al. 2018, "IDK Cascades"; here a tail's answers cost the guard what they are expected to lose.
    """

    tails: tuple[int, ...]  # of the user's, in the order in which they run
    most_doubt: tuple[float, ...]  # of each: one in more doubt does not answer
    most_foreign: float  # to the first; a more foreign input is the generic tail's at once
    mean_ms: float  # of an input like those that it was fitted to, the generic tail's runs with it
    own_share: float  # of those that a user's tail answers

    def tail_for(self, doubts: np.ndarray, foreign: np.ndarray) -> int | None:
        """The one that answers an input, of what all tails make of it, float [k] each; None: the generic one."""
        if foreign[self.tails[0]] > self.most_foreign:
            return None
        sure = (tail for tail, most in zip(self.tails, self.most_doubt, strict=True) if doubts[tail] <= most)
        return next(sure, None)

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        return asdict(self) | {"tails": list(self.tails), "most_doubt": list(self.most_doubt)}

    def write(self, folder: Path) -> None:
        """Beside the tails. Raises `StoreError`."""
        store.write_json(folder / FILE, KIND, SCHEMA, self.to_values())

    @classmethod
    def read(cls, folder: Path) -> "Chooser":
        """Raises `StoreError` for what is missing, torn or another's."""
        path = folder / FILE
        return restore(cls, store.read_json(path, KIND, SCHEMA), path)


def doubt(logits: np.ndarray) -> np.ndarray:
    """float32 [n]: how much of its belief a tail gives to other classes than its answer, of logits float32 [n, K + 1].

    Foreign inputs have a test of their own, so that the last output does not count.
    """
    return 1 - softmax(logits[:, :-1]).max(axis=1)
