"""What each method offers under a budget, and what became of the budget, as texts."""

from dataclasses import dataclass
from typing import Literal

from edgewise.report.fair_rows import NONE
from edgewise.report.figures import digits_ms, milliseconds, percent, percent_range, points, points_range
from edgewise.report.selected import StoredCandidate, StoredChoice
from edgewise.select.budget.kept import Kept
from edgewise.select.budget.survey import SINGLE
from edgewise.select.judge.fair_table import FairTable, Interval, Row

_FIGURES = {
    "max_mean_ms": "mean ms",
    "max_p90_ms": "p90 ms",
    "max_energy_mj": "mean mJ",
    "min_accuracy": "accuracy",
}


@dataclass(frozen=True)
class OfferRow:
    """One way to answer: figures for the picture, texts for the table."""

    number: int  # the picture uses it where a name has no room
    name: str
    kind: Literal["single", "selector"]
    accuracy: Interval
    mean_ms: float
    chosen: bool
    models: str  # those that answered; empty for a single model, whose name says it
    right: str
    right_range: str
    mean: str
    p90: str
    energy: str  # empty where none is known
    refused: str
    over_best: str
    over_best_range: str
    over_coin: str
    over_coin_range: str
    lacks: str


@dataclass(frozen=True)
class LimitRow:
    """One limit or demand beside what held-out images say."""

    name: str
    asked: str
    reached: str
    reached_range: str
    kept: bool


def offer_rows(choice: StoredChoice, table: FairTable | None) -> tuple[OfferRow, ...]:
    """The chosen one first, then the others as they were ranked; last the best single model, unless it is one of them.

    It is what all are compared with, and `table`, of the same images, knows it.
    """
    candidates = [choice["chosen"], *choice["runners_up"]]
    alone = {candidate["models"][0] for candidate in candidates if _is_single(candidate)}
    best = None if table is None or choice["best_single"] in alone else _single(table, choice["best_single"])
    digits = digits_ms([*(candidate["p90_ms"] for candidate in candidates), *([best.p90_ms] if best else [])])
    rows = [
        _offer(number, candidate, choice, digits, chosen=number == 1) for number, candidate in enumerate(candidates, 1)
    ]
    return (*rows, *([_best(len(rows) + 1, best, choice, digits)] if best else []))


def limit_rows(kept: tuple[Kept, ...]) -> tuple[LimitRow, ...]:
    """The limits in the order in which they were stored."""
    return tuple(_limit(one) for one in kept)


def _is_single(candidate: StoredCandidate) -> bool:
    return candidate["method"] == SINGLE and len(candidate["models"]) == 1


def _single(table: FairTable, name: str) -> Row | None:
    return next((row for row in table.rows if row.kind == "single" and row.name == name), None)


def _offer(number: int, candidate: StoredCandidate, choice: StoredChoice, digits: int, *, chosen: bool) -> OfferRow:
    images, single = choice["images"], _is_single(candidate)
    itself = single and candidate["models"][0] == choice["best_single"]
    over_best, gain = candidate["over_best"], candidate["gain"]
    return OfferRow(
        number=number,
        name=f"{candidate['models'][0]} alone" if single else candidate["method"],
        kind="single" if single else "selector",
        accuracy=candidate["accuracy"],
        mean_ms=candidate["mean_ms"],
        chosen=chosen,
        models="" if single else ", ".join(candidate["models"]),
        right=percent(candidate["accuracy"].value, images),
        right_range=percent_range(candidate["accuracy"], images),
        mean=f"{candidate['mean_ms']:.{digits}f}",
        p90=f"{candidate['p90_ms']:.{digits}f}",
        energy="" if candidate["energy_mj"] is None else milliseconds(candidate["energy_mj"]),
        refused=percent(candidate["refused"], images) if candidate["refused"] > 0 else NONE,
        over_best=NONE if itself else points(over_best.value),
        over_best_range="" if itself else points_range(over_best),
        over_coin=NONE if single else points(gain.value),
        over_coin_range="" if single else points_range(gain),
        lacks="chosen" if chosen else candidate.get("lacks", ""),
    )


def _best(number: int, row: Row, choice: StoredChoice, digits: int) -> OfferRow:
    energy = row.mean_energy_mj
    return OfferRow(
        number=number,
        name=f"{row.name} alone",
        kind="single",
        accuracy=row.accuracy,
        mean_ms=row.mean_ms,
        chosen=False,
        models="",
        right=percent(row.accuracy.value, choice["images"]),
        right_range=percent_range(row.accuracy, choice["images"]),
        mean=f"{row.mean_ms:.{digits}f}",
        p90=f"{row.p90_ms:.{digits}f}",
        energy="" if energy is None else milliseconds(energy),
        refused=NONE,
        over_best=NONE,
        over_best_range="",
        over_coin=NONE,
        over_coin_range="",
        lacks="the best single model, for comparison",
    )


def _limit(one: Kept) -> LimitRow:
    share = one.name == "min_accuracy"
    scale, unit = (100, "%") if share else (1, "")
    low, value, high = (
        f"{scale * figure:.4g}{unit}" for figure in (one.reached.low, one.reached.value, one.reached.high)
    )
    return LimitRow(
        name=_FIGURES.get(one.name, one.name),
        asked=f"{'at least' if share else 'at most'} {scale * one.asked:.4g}{unit}",
        reached=value,
        reached_range=f"{low} to {high}",
        kept=one.kept,
    )
