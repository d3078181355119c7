"""The findings of a fair table in plain words, never saying more than its intervals allow."""

from collections.abc import Sequence
from dataclasses import dataclass

from edgewise.report.figures import (
    count,
    listed,
    milliseconds,
    percent,
    percent_range,
    points,
    points_range,
    size_in_points,
)
from edgewise.select.criterion import Criterion
from edgewise.select.judge.fair_table import FairTable, Interval, Row, Verdict

_MEASURES: dict[Criterion, str] = {
    "top1": "the first answer counts",
    "top5": "any of the first five answers counts",
    "macro-f1": "the first answer counts, and in the place of right answers stands the macro F1, for which all classes "
    "count alike",
}
_MOST_NAMED = 8  # a sentence with more names is not read


@dataclass(frozen=True)
class Finding:
    """What one selector or control gained or lost."""

    name: str
    verdict: Verdict
    gain: Interval | None  # against random mixing at equal time
    mixing: str  # the sentence on random mixing
    single: str  # the sentence on the best single model


@dataclass(frozen=True)
class Story:
    """The report's first page, in the order in which it is read."""

    headline: str
    setting: str
    best: str
    selectors: tuple[Finding, ...]
    ceiling: str
    controls: tuple[Finding, ...]


def tell(table: FairTable, classes: int) -> Story:
    """Put a fair table into words; `classes` is how many classes the models choose from."""
    singles = sorted(_of_kind(table, "single"), key=lambda row: (-row.accuracy.value, row.mean_ms))
    selectors = _of_kind(table, "selector")
    best = singles[0] if singles else None
    return Story(
        headline=_headline(selectors, table.images),
        setting=_setting(table, classes),
        best=_best_single(singles, table.images),
        selectors=tuple(_finding(row, best, table.images) for row in selectors),
        ceiling=" ".join(_ceiling(row, best, table.images) for row in _of_kind(table, "oracle")),
        controls=tuple(_finding(row, best, table.images) for row in _of_kind(table, "control")),
    )


def _of_kind(table: FairTable, kind: str) -> list[Row]:
    return [row for row in table.rows if row.kind == kind]


def _headline(selectors: Sequence[Row], images: int) -> str:
    judged = [row for row in selectors if row.verdict and row.gain]
    winners = [row for row in judged if row.verdict == "beats the mixing line"]
    unsure = [row for row in judged if row.verdict == "cannot tell"]
    if not judged:
        return "No selector was judged here: these are the single models alone."
    if winners:
        # The one with the surest gain, not the one with the luckiest figure.
        best = max(winners, key=lambda row: row.gain.low if row.gain else 0.0)
        assert best.gain is not None
        gained = f"{points(best.gain.value)} points (95% interval {points_range(best.gain)})"
        barely = "barely " if _barely(best) else ""
        if len(judged) == 1:
            return f"{best.name} {barely}beats random mixing of the single models: {gained}."
        verb = barely + ("beats" if len(winners) == 1 else "beat")
        surest = "" if len(winners) == 1 else "most surely "
        return f"{len(winners)} of {len(judged)} selectors {verb} random mixing: {surest}{best.name}, {gained}."
    if len(unsure) == len(judged):
        which = judged[0].name if len(judged) == 1 else "any selector"
        return f"{count(images, 'image')} cannot tell whether {which} beats random mixing of the single models."
    if not unsure:
        which = judged[0].name + " does not beat" if len(judged) == 1 else "No selector beats"
        return f"{which} random mixing of the single models."
    lost = len(judged) - len(unsure)
    return (
        f"No selector is shown to beat random mixing: {lost} {'does' if lost == 1 else 'do'} not, "
        f"{len(unsure)} cannot be told from it."
    )


def _setting(table: FairTable, classes: int) -> str:
    models = [row.name for row in sorted(_of_kind(table, "single"), key=lambda row: row.mean_ms)]
    named = f" ({listed(models)})" if 0 < len(models) <= _MOST_NAMED else ""
    measure = _MEASURES[table.criterion]
    return (
        f"{count(table.images, 'image')} of {count(classes, 'class', 'classes')} went through "
        f"{count(len(models), 'model')}{named}; {measure}, and a refusal is never right. Every selector was fitted "
        f"and judged on different images, in {table.folds}-fold cross-validation. "
        "Times are means over the images of decoding, choosing and the median time of every model that ran."
    )


def _best_single(singles: Sequence[Row], images: int) -> str:
    if not singles:
        return "The table holds no single model to compare with."
    best = singles[0]
    text = f"The best single model is {best.name}: {_accuracy(best, images)} right in {milliseconds(best.mean_ms)} ms."
    near = [row for row in singles[1:] if row.accuracy.high >= best.accuracy.value]
    if near:
        row = max(near, key=lambda row: (row.accuracy.value, -row.mean_ms))
        others = f", and {count(len(near) - 1, 'other')}," if len(near) > 1 else ""
        text += (
            f" {row.name} at {percent(row.accuracy.value, images)} in {milliseconds(row.mean_ms)} ms{others} "
            f"{'come' if others else 'comes'} so close that the intervals do not settle the order."
        )
    return text


def _accuracy(row: Row, images: int) -> str:
    return f"{percent(row.accuracy.value, images)} ({percent_range(row.accuracy, images)})"


def _finding(row: Row, best: Row | None, images: int) -> Finding:
    return Finding(row.name, row.verdict, row.gain, _against_mixing(row, images), _against_single(row, best, images))


def _against_mixing(row: Row, images: int) -> str:
    if row.gain is None or not row.verdict:
        return "It was not compared with random mixing."
    figures = f"{points(row.gain.value)} points (95% interval {points_range(row.gain)})"
    if row.verdict == "beats the mixing line":
        return f"{'Barely beats' if _barely(row) else 'Beats'} random mixing in the same time: {figures}."
    if row.verdict == "cannot tell":
        return f"Against random mixing in the same time: {figures}. {count(images, 'image')} cannot tell."
    coin = " A coin that picks the model does better." if row.gain.high < 0 else ""
    return f"Does not beat random mixing in the same time: {figures}.{coin}"


def _barely(row: Row) -> bool:
    """The interval excludes no gain, but only in digits that are not printed."""
    return row.gain is not None and points(row.gain.low) == "0.0"


def _against_single(row: Row, best: Row | None, images: int) -> str:
    own = f"{_accuracy(row, images)} right in {milliseconds(row.mean_ms)} ms"
    refused = f", {percent(row.refusal_rate, images)} refused" if row.refusal_rate > 0 else ""
    if best is None:
        return f"{own}{refused}."
    difference = row.accuracy.value - best.accuracy.value
    paired = row.over_best
    # A table of an older version has no paired interval of this difference; then the row's own, wider one is asked.
    low, high = (
        (paired.low, paired.high)
        if paired
        else (row.accuracy.low - best.accuracy.value, row.accuracy.high - best.accuracy.value)
    )
    if points(difference) == "0.0":
        words = "as many as the best single model"
    elif low <= 0 <= high:
        words = f"{points(difference)} points against the best single model, too little to tell"
    elif paired:
        words = (
            f"{size_in_points(difference)} {'more' if difference > 0 else 'less'} than the best single model "
            f"(95% interval {points_range(paired)})"
        )
    else:
        words = f"{size_in_points(difference)} {'more' if difference > 0 else 'less'} than the best single model"
    return f"{own}{refused}: {words}, {_time(row.mean_ms, best.mean_ms)}."


def _time(row_ms: float, best_ms: float) -> str:
    change = row_ms / best_ms - 1
    if abs(change) < 0.005:
        return "in the same time"
    if change >= 1:
        return f"in {row_ms / best_ms:.1f} times its time"
    return f"in {100 * abs(change):.0f}% {'more' if change > 0 else 'less'} time"


def _ceiling(oracle: Row, best: Row | None, images: int) -> str:
    """What choosing could gain at most; the oracle knows the labels, so nobody reaches it."""
    text = (
        f"A perfect choice ({oracle.name}) would get {_accuracy(oracle, images)} in {milliseconds(oracle.mean_ms)} ms"
    )
    if best is None:
        return f"{text}."
    gap = oracle.accuracy.value - best.accuracy.value
    return f"{text}. More than {size_in_points(gap)} cannot be gained by choosing one of these models for each image."
