"""Which of a user's networks answers an input, and when the generic one does. NumPy alone."""

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
    """Members that run one after the other, until one is sure enough of its answer; else the generic network runs.

    Source: Wang et al. 2018, "IDK Cascades"; here a member's answers cost the guard what they are expected to lose.
    """

    members: tuple[int, ...]  # of `UserNetwork`, in the order in which they run
    most_doubt: tuple[float, ...]  # of each: one in more doubt does not answer
    most_foreign: float  # to the first; a more foreign input is the generic network's at once
    mean_ms: float  # of an input like those that it was fitted to, the generic network's runs with it
    own_share: float  # of those that a member answers
    own_scores: tuple[float, ...] = ()  # how foreign those look to the first member; none in an earlier version's

    def member_for(self, doubts: np.ndarray, foreign: np.ndarray) -> int | None:
        """The one that answers an input, of what all members make of it, float [k] each; None: the generic one."""
        if foreign[self.members[0]] > self.most_foreign:
            return None
        sure = (one for one, most in zip(self.members, self.most_doubt, strict=True) if doubts[one] <= most)
        return next(sure, None)

    def to_values(self) -> dict[str, Any]:
        """JSON values."""
        lists = {name: list(getattr(self, name)) for name in ("members", "most_doubt", "own_scores")}
        return asdict(self) | lists

    @classmethod
    def from_values(cls, values: dict[str, Any], origin: Path) -> "Chooser":
        """The inverse. Raises `StoreError`."""
        if "tails" in values:  # as an earlier version called them
            values = {("members" if name == "tails" else name): value for name, value in values.items()}
        return restore(cls, values, origin)

    def write(self, folder: Path) -> None:
        """Beside the tails. Raises `StoreError`."""
        store.write_json(folder / FILE, KIND, SCHEMA, self.to_values())

    @classmethod
    def read(cls, folder: Path) -> "Chooser":
        """Raises `StoreError` for what is missing, torn or another's."""
        path = folder / FILE
        return cls.from_values(store.read_json(path, KIND, SCHEMA), path)


def doubt(logits: np.ndarray) -> np.ndarray:
    """float32 [n]: how much of its belief a member gives to other classes than its answer, of logits [n, K + 1].

    Foreign inputs have a test of their own, so that the last output does not count.
    """
    return 1 - softmax(logits[:, :-1]).max(axis=1)
