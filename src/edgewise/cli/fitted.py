"""A selector fitted on everything, and what cross-validation says of the way it was fitted."""

from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from edgewise.cli.choices import choice_to_json, missed, show_choice, show_kept
from edgewise.cli.console import out
from edgewise.cli.fair_tables import show_table
from edgewise.errors import UsageError
from edgewise.progress import Progress
from edgewise.select.budget.budget import Budget
from edgewise.select.criterion import Criterion
from edgewise.select.selector import Method, Selector
from edgewise.select.trials import Trials

if TYPE_CHECKING:
    from edgewise.select.budget.choice import Choice
    from edgewise.select.budget.kept import Kept
    from edgewise.select.judge.fair_table import FairTable


@dataclass(frozen=True, eq=False)
class Fitted:
    """The selector, why it is this one, and the fair table of its method."""

    selector: Selector
    choice: "Choice | None"  # None where nothing was chosen
    table: "FairTable"
    kept: "tuple[Kept, ...]"
    unjudged: str = ""  # why the table holds the single models alone

    @property
    def certificate(self) -> str:
        """The promise in words; empty where none was asked for."""
        inner = getattr(self.selector, "inner", None)
        found = getattr(self.selector, "certificate", None) or getattr(inner, "certificate", None)
        if found is None:
            return ""
        watched = "Before unfamiliar images are sought: " if self.selector.kind == "watched" else ""
        return f"{watched}{found}"

    @property
    def runs(self) -> tuple[str, ...]:
        """The models that a request without a budget may run."""
        return getattr(self.selector, "chosen", self.selector).models

    def show(self) -> None:
        """Everything on stdout: the table, the choice, the budget."""
        show_table(self.table)
        if self.choice is not None:
            show_choice(self.choice)
        show_kept(self.kept)
        if self.certificate:
            out.print(f"\nCertified: {self.certificate}", markup=False, soft_wrap=True)

    @property
    def warning(self) -> str:
        """Which limits the held-out images break, and what to ask in their place; empty where they are kept."""
        return " ".join(map(missed, self.kept))

    def to_json(self) -> dict[str, Any]:
        """JSON values alone."""
        from edgewise.select.judge.fair_table_json import table_to_json

        return {
            "fair_table": table_to_json(self.table),
            "choice": None if self.choice is None else choice_to_json(self.choice),
            "certificate": self.certificate or None,
            "budget_kept": [asdict(one) for one in self.kept],
            "unjudged": self.unjudged or None,
        }


def fit_and_judge(
    name: str, method: Method, trials: Trials, criterion: Criterion, folds: int, seed: int, progress: Progress
) -> Fitted:
    """Fit on all of `trials`, then judge the method by nested cross-validation.

    Raises `UsageError` for a budget that cannot be kept, before anything is judged. In the judge's folds, which are
    smaller, a method that misses its budget takes what comes nearest to it; where nothing can be certified there, the
    table holds the single models alone.
    """
    from edgewise.select.budget.auto import AutoMethod, BudgetedMethod
    from edgewise.select.budget.kept import kept
    from edgewise.select.budget.survey import LEARNING_FOLDS
    from edgewise.select.guarantee.watched_fit import WatchedMethod
    from edgewise.select.judge.evaluate import evaluate
    from edgewise.select.judge.folds import see_that_enough

    chooses = isinstance(method, AutoMethod | BudgetedMethod)
    watched = method if isinstance(method, WatchedMethod) and method.chooses else None
    if chooses:
        see_that_enough(len(trials), folds, method.folds, LEARNING_FOLDS)
        choice = method.choose(trials, progress)
    else:
        choice = None if watched is None else watched.choose(trials, progress)
    selector = method.fit(trials) if choice is None else choice.selector
    judging: dict[str, Any] = {"criterion": criterion, "folds": folds, "seed": seed, "progress": progress}
    try:
        found = evaluate(trials, {name: _lenient(method)}, **judging)
    except UsageError as error:  # what is certified on all images may be beyond proof on the judge's fewer ones
        if chooses:
            raise
        return Fitted(selector, choice, evaluate(trials, {}, **judging).table, (), error.message)
    held = kept(_budget(method), trials, found.routed[name], found.time_ms[name], criterion, seed=seed)
    return Fitted(selector, choice, found.table, held)


def _lenient(method: Any) -> Method:
    """The method as it is judged: what misses its budget on fewer images takes what comes nearest to it."""
    from edgewise.select.budget.auto import AutoMethod, BudgetedMethod
    from edgewise.select.guarantee.watched_fit import WatchedMethod

    if isinstance(method, WatchedMethod):
        return replace(method, inner=_lenient(method.inner))
    return replace(method, strict=False, requests=1) if isinstance(method, AutoMethod | BudgetedMethod) else method


def _budget(method: Any) -> Budget:
    """The budget that a method, or what it watches over, is held to; none where it is held to none."""
    return getattr(getattr(method, "inner", method), "budget", Budget())
