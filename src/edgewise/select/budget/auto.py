"""Which selector, at which price: chosen by cross-validation under a budget."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import NormalDist

from edgewise.progress import Progress, silent
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.charges import Charges
from edgewise.select.budget.choice import Choice
from edgewise.select.budget.election import Election
from edgewise.select.budget.margin import resampled_margin
from edgewise.select.budget.points import Point
from edgewise.select.budget.rule import Rule
from edgewise.select.budget.shared import Shared
from edgewise.select.budget.survey import Survey, survey
from edgewise.select.criterion import Criterion
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials

_Z = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class AutoMethod:
    """Cross-fit the paths of all methods, take the point that the budget prefers, fit it on everything.

    The single models always stand for election. Another method does only where it beats random mixing at its mean time,
    by an interval that allows for so many methods having tried (Bonferroni over the methods).
    """

    methods: Mapping[str, PathMethod]
    budget: Budget = field(default_factory=Budget)
    criterion: Criterion = "top1"
    folds: int = 5
    seed: int = 0
    standard_errors: float | None = None  # margin of accuracies; None = 1, and without a budget what resampling asks
    requests: int = 1  # points on the menu for requests with budgets of their own, the chosen one included
    strict: bool = True  # a budget that cannot be kept is an error; else whatever comes nearest to it is taken
    charges: Charges = field(default_factory=Charges)  # what answers cost beside what the profile holds
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    def fit(self, trials: Trials) -> Selector:
        """The chosen selector alone. Raises `UsageError` for a budget that cannot be kept."""
        return self.choose(trials).selector

    def choose(self, trials: Trials, progress: Progress = silent) -> Choice:
        """The chosen selector and the reasons. Raises `UsageError` for a budget that no selector can keep."""
        if self.strict:
            self._see_that_possible(trials)
        seen = _survey(self, self.methods, trials, progress)
        z = NormalDist().inv_cdf(1 - 0.025 / max(1, len(self.methods)))
        able = [point for points in seen.points.values() for point in points if seen.coin.beaten_by(point, z)]
        rule = _rule(self, seen, [*seen.singles, *able])
        election = Election(seen, rule, self.criterion, z, must_beat_coin=True, strict=self.strict)
        return election.result(trials, self.methods, self.shared, self.requests)

    def _see_that_possible(self, trials: Trials) -> None:
        """Refuse, before anything is fitted, limits that no model alone keeps: a selector runs one of them at least."""
        alone = _survey(self, {}, trials, silent)
        rule = Rule(self.budget, alone.best)
        if not all(any(rule.within_limit(point, name) for point in alone.singles) for name in self.budget.limits):
            raise rule.refuse(alone.singles)


@dataclass(frozen=True)
class BudgetedMethod:
    """One method at the price that a budget asks for, chosen by cross-validation.

    Without a budget, and where no point of the path is as accurate as the best single model by the margin: the most
    accurate point.
    """

    name: str
    method: PathMethod
    budget: Budget = field(default_factory=Budget)
    criterion: Criterion = "top1"
    folds: int = 5
    seed: int = 0
    standard_errors: float | None = None
    requests: int = 1
    strict: bool = True
    charges: Charges = field(default_factory=Charges)  # what answers cost beside what the profile holds
    shared: Shared = field(default_factory=Shared, repr=False, compare=False)

    def fit(self, trials: Trials) -> Selector:
        """The selector alone. Raises `UsageError` for a budget that it cannot keep."""
        return self.choose(trials).selector

    def choose(self, trials: Trials, progress: Progress = silent) -> Choice:
        """The selector and the reasons. Raises `UsageError` for a budget that it cannot keep."""
        methods = {self.name: self.method}
        seen = _survey(self, methods, trials, progress)
        rule = _rule(self, seen, seen.points[self.name])
        election = Election(seen, rule, self.criterion, _Z, must_beat_coin=False, strict=self.strict)
        return election.result(trials, methods, self.shared, self.requests, named=self.name)


def _rule(method: AutoMethod | BudgetedMethod, seen: Survey, points: Sequence[Point]) -> Rule:
    """The budget with its margin; `points`: those that may be chosen."""
    if method.standard_errors is not None:
        return Rule(method.budget, seen.best, method.standard_errors)
    if method.budget.demands:  # what can be promised, and what is refused, must not depend on what is asked
        return Rule(method.budget, seen.best)
    return Rule(method.budget, seen.best, resampled_margin(points, seen.singles, method.seed))


def _survey(
    method: AutoMethod | BudgetedMethod, methods: Mapping[str, PathMethod], trials: Trials, progress: Progress
) -> Survey:
    return survey(
        trials,
        methods,
        method.criterion,
        folds=method.folds,
        seed=method.seed,
        progress=progress,
        shared=method.shared,
        charges=method.charges,
    )
