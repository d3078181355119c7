"""A choice in words."""

from edgewise.select.budget.budget import Budget
from edgewise.select.budget.choice import Candidate
from edgewise.select.budget.survey import SINGLE
from edgewise.select.judge.fair_table import Interval


def why(chosen: Candidate, others: tuple[Candidate, ...], best: Candidate, budget: Budget) -> str:
    """Why this one: what it reaches beside the best single model, against a coin, and what the nearest other lacks.

    All figures are those of the inner cross-validation, on images that the selectors had not seen.
    """
    asked = (
        f"Asked for: {budget}."
        if str(budget) != str(Budget())
        else "Asked for: the accuracy of the best single model, fast."
    )
    return " ".join([asked, _said(chosen, best), *_others(chosen, others)])


def _said(chosen: Candidate, best: Candidate) -> str:
    reached = _reached(chosen)
    if chosen.method == SINGLE:
        name = chosen.models[0]
        if name == best.models[0]:
            return f"Run {name} alone: {reached}, and no selector surely does as well for less."
        return f"Run {name} alone: {reached}."
    beside = (
        f"{best.models[0]} alone reaches {100 * best.accuracy.value:.1f}% in {best.mean_ms:.3g} ms: "
        f"{points(chosen.over_best)} at {best.mean_ms / chosen.mean_ms:.2f}x its speed."
    )
    if len(chosen.models) == 1:
        reached += f", {chosen.models[0]} answering all"
    coin = "It beats" if chosen.beats_coin else "It does not surely beat"
    margin = "" if chosen.accurate else " That it is as accurate as asked is not sure: the margin is not passed."
    return f"{chosen.method}: {reached}; {beside} {coin} a coin of equal cost: {points(chosen.gain)}.{margin}"


def _others(chosen: Candidate, others: tuple[Candidate, ...]) -> list[str]:
    """What the next one lacks, in a sentence; nothing where there is no other."""
    nearest = next((other for other in others if other.method != chosen.method and other.method != SINGLE), None)
    if nearest is None:
        return []
    reached = _reached(nearest)
    return [f"Next: {nearest.method}, {reached}; {lack(nearest, chosen)}."]


def _reached(candidate: Candidate) -> str:
    return f"{100 * candidate.accuracy.value:.1f}% in {candidate.mean_ms:.3g} ms"


def lack(candidate: Candidate, chosen: Candidate) -> str:
    """Why a candidate was not chosen in the place of another."""
    if not candidate.keeps_limits:
        return "over the budget"
    if not candidate.accurate:
        return "not accurate enough by the margin"
    if candidate.method != SINGLE and not candidate.beats_coin:
        return "does not surely beat a coin of equal cost"
    if _reached(candidate) == _reached(chosen):
        return "the same figures"
    if candidate.mean_ms > chosen.mean_ms and candidate.accuracy.value >= chosen.accuracy.value:
        return "slower"
    if candidate.accuracy.value < chosen.accuracy.value:
        return "less accurate" if candidate.mean_ms <= chosen.mean_ms else "slower and less accurate"
    return "not what was asked for"


def points(value: Interval) -> str:
    """An interval in points: "+0.6 points (-0.1 to +1.3)"."""
    return f"{100 * value.value:+.1f} points ({100 * value.low:+.1f} to {100 * value.high:+.1f})"
