"""Algorithm 1 step by step on a profile, for a page: what each added model gained, and which theta keeps how many."""

from dataclasses import dataclass
from typing import get_args

from edgewise.select.criterion import Criterion, top_k
from edgewise.select.premodel.membership import MembersBy, choose_members
from edgewise.select.trials import Trials


@dataclass(frozen=True)
class MemberSteps:
    """One method of Algorithm 1 at one theta."""

    method: MembersBy
    models: tuple[str, ...]  # in the order in which they were chosen
    gains_points: tuple[float, ...]  # of each
    stopped_by_points: float | None  # the gain that was not above theta; None = the zoo was exhausted
    ceiling_points: float  # accuracy of a perfect choice among them


@dataclass(frozen=True)
class Members:
    """All three methods, and the gains to exhaustion of the method "accuracy"."""

    theta_points: float
    by_method: tuple[MemberSteps, ...]
    to_exhaustion: MemberSteps  # theta = 0

    @property
    def theta_for_three(self) -> tuple[float, float] | None:
        """Three models are kept where low <= theta < high; None where fewer than three gain anything."""
        gains = (*self.to_exhaustion.gains_points, 0.0)
        return (gains[3], gains[2]) if len(gains) > 3 else None


def member_steps(trials: Trials, criterion: Criterion = "top1", theta_points: float = 0.5) -> Members:
    """Run Algorithm 1 on all of `trials`: a description of them, not what any fold chose.

    Source: Taylor et al. 2018, Algorithm 1; Sanz Marco et al. 2019 for the three methods.
    """
    steps = tuple(_steps(trials, criterion, method, theta_points) for method in get_args(MembersBy))
    return Members(theta_points, steps, _steps(trials, criterion, "accuracy", 0.0))


def _steps(trials: Trials, criterion: Criterion, method: MembersBy, theta_points: float) -> MemberSteps:
    found = choose_members(trials.right(top_k(criterion)), theta_points, method=method, times_ms=trials.times_ms)
    names = tuple(trials.models[model] for model in found.models)
    return MemberSteps(method, names, found.gains_points, found.stopped_by_points, found.ceiling_points)
