"""What was chosen under a budget, in the terminal and as JSON values."""

from dataclasses import asdict
from typing import Any

from edgewise.cli.console import milliseconds, out, percent, print_table
from edgewise.select.budget.budget import Budget, said, written
from edgewise.select.budget.choice import Candidate, Choice
from edgewise.select.budget.kept import Kept
from edgewise.select.budget.survey import SINGLE
from edgewise.select.budget.why import lack
from edgewise.select.judge.fair_table import Interval

_SAID = {
    "max_mean_ms": "mean ms",
    "max_p90_ms": "p90 ms",
    "max_energy_mj": "mean mJ",
    "min_accuracy": "accuracy %",
}
_ALSO = {"max_p90_ms": "p90 ms", "max_energy_mj": "mJ"}  # costs that are shown where they are limited


def show_choice(choice: Choice) -> None:
    """The reasons in words, and the methods that were not chosen."""
    costs = [heading for limit, heading in _ALSO.items() if limit in choice.budget.limits]
    print_table(
        f"\nWhat each method offers under this budget\n({choice.folds}-fold cross-validation of the training images)",
        ["", "right %", "mean ms", *costs, "over the best, points", "over the coin, points", ""],
        [
            _row(choice.chosen, choice.budget, "chosen"),
            *(_row(other, choice.budget, lack(other, choice.chosen)) for other in choice.runners_up),
        ],
    )
    out.print(f"\n{choice.why}", markup=False)
    out.print("The choice was made by these figures, so they flatter it; the first table judges it anew.", style="dim")


def show_kept(kept: tuple[Kept, ...]) -> None:
    """Each limit beside what held-out images say."""
    if not kept:
        return
    print_table(
        "\nThe budget on held-out images",
        ["", "asked", "reached (95%)", ""],
        [_kept(one) for one in kept],
    )


def missed(one: Kept) -> str:
    """A limit that held-out images break, and what to do, as a warning; empty where it is kept."""
    if one.kept:
        return ""
    value, accuracy = one.reached.value, one.name == "min_accuracy"
    nearer = one.asked + (one.asked - value) if accuracy else one.asked**2 / value
    advice = f"ask for {written(one.name)} {nearer:.3g}" if nearer <= 1 or not accuracy else "ask for less"
    return (
        f"Warning: {said(one.name, one.asked)} was asked for, and held-out images say "
        f"{said(one.name, value)}. To be surer of it, {advice}, or profile more images."
    )


def choice_to_json(choice: Choice) -> dict[str, Any]:
    """JSON values alone; the selector itself is stored apart."""
    return {
        "chosen": asdict(choice.chosen),
        "runners_up": [asdict(other) | {"lacks": lack(other, choice.chosen)} for other in choice.runners_up],
        "best_single": choice.best_single,
        "budget": asdict(choice.budget),
        "criterion": choice.criterion,
        "images": choice.images,
        "folds": choice.folds,
        "why": choice.why,
    }


def _row(candidate: Candidate, budget: Budget, lacks: str) -> list[str]:
    name = f"{candidate.models[0]} alone" if candidate.method == SINGLE else candidate.method
    also = {"max_p90_ms": candidate.p90_ms, "max_energy_mj": candidate.energy_mj}
    return [
        name,
        percent(candidate.accuracy.value),
        milliseconds(candidate.mean_ms),
        *("" if cost is None else milliseconds(cost) for limit, cost in also.items() if limit in budget.limits),
        _points(candidate.over_best),
        "" if candidate.method == SINGLE else _points(candidate.gain),
        lacks,
    ]


def _points(value: Interval) -> str:
    return f"{100 * value.value:+.1f} ({100 * value.low:+.1f}..{100 * value.high:+.1f})"


def _kept(one: Kept) -> list[str]:
    scale = 100 if one.name == "min_accuracy" else 1
    low, value, high = (f"{scale * figure:.4g}" for figure in (one.reached.low, one.reached.value, one.reached.high))
    bound = "at least" if one.name == "min_accuracy" else "at most"
    return [
        _SAID[one.name],
        f"{bound} {scale * one.asked:.4g}",
        f"{value} ({low} to {high})",
        "kept" if one.kept else "MISSED",
    ]
