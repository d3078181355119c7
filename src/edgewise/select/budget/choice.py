"""What was chosen under a budget, why, and what came next."""

from dataclasses import dataclass

from edgewise.select.budget.budget import Budget
from edgewise.select.criterion import Criterion
from edgewise.select.judge.fair_table import Interval
from edgewise.select.selector import Selector


@dataclass(frozen=True)
class Candidate:
    """The point that a method offers under a budget, as the inner cross-validation saw it."""

    method: str
    position: int  # on the method's path
    models: tuple[str, ...]
    accuracy: Interval  # under the criterion
    mean_ms: float  # decoding, features and the models run
    p90_ms: float
    energy_mj: float | None
    refused: float  # share of images
    over_best: Interval  # paired, to the best single model
    gain: Interval  # over random mixing at the same mean time, corrected for the number of methods compared
    keeps_limits: bool
    accurate: bool  # by the margin: as demanded, or as the best single model
    beats_coin: bool


@dataclass(frozen=True)
class Choice:
    """A selector, and why it is this one."""

    selector: Selector
    chosen: Candidate
    runners_up: tuple[Candidate, ...]  # the other methods' best points, best first
    best_single: str
    budget: Budget
    criterion: Criterion
    images: int
    folds: int
    why: str

    @property
    def alone(self) -> bool:
        """One model answers every image."""
        return len(self.chosen.models) == 1
