"""What every premodel has inside: features in, one of its levels out."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np


@dataclass(frozen=True, eq=False)
class Choices:
    """What a chooser says of n images."""

    level: np.ndarray  # int64 [n] in 0..levels; `levels` = none is expected right
    scores: np.ndarray  # float64 [n, k]: of each level, or of each class where one classifier decides
    voters: np.ndarray | None = None  # int64 [n]: known images that voted; None where nothing votes


class Chooser(Protocol):
    """A frozen classifier that needs NumPy alone."""

    @property
    def kind(self) -> str: ...

    @property
    def levels(self) -> int:
        """How many models it chooses among."""
        ...

    @property
    def width(self) -> int:
        """How many features it takes."""
        ...

    def choose(self, features: np.ndarray) -> Choices:
        """Choose for `features` float [n, d]; a row gets the same answer alone and among others.

        Raises `UsageError` when the number of features is another one, or a value is not finite.
        """
        ...

    def why(self, choices: Choices, row: int, model: str) -> str:
        """One sentence: why `model`, the one of the chosen level, is to run."""
        ...

    def state(self) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray]]:
        """JSON values and arrays from which `from_state` makes it again."""
        ...
