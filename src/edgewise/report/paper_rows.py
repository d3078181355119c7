"""The paper's comparison as its page prints it: every figure already a text or a place in percent of its cell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgewise.report.fair_rows import NONE, SIGNS
from edgewise.report.figures import digits_ms, milliseconds, percent, percent_range, points, points_range
from edgewise.report.markers import WORDS
from edgewise.report.scale import Scale
from edgewise.report.time_bars import Part, TimeBar, TimeBars
from edgewise.select.fair_table import FairTable, Interval, Kind, Verdict
from edgewise.select.importance import Importances
from edgewise.select.naming import Naming
from edgewise.select.paper_study import Overhead, Study
from edgewise.select.published import PUBLISHED

COINS: dict[Verdict, str] = {
    "beats the mixing line": "beaten",
    "does not": "not beaten",
    "cannot tell": "cannot tell",
    "": "",
}
CHAIN_KEYS = {
    "knn.knn.knn": "chain knn.knn.knn",
    "svm.knn.knn": "chain svm.knn.knn",
    "tree.tree.tree": "chain tree.tree.tree",
    "svm.svm.svm": "chain svm.svm.svm",
    "single knn": "single knn",
    "single tree": "single tree",
    "single svm": "single svm",
    "CNN": "cnn",
}


@dataclass(frozen=True)
class Track:
    """An interval in percent of its cell's width, with the published figure and the place of nothing, where known."""

    low: float
    value: float
    high: float
    published: float | None = None
    zero: float | None = None


@dataclass(frozen=True)
class AnswerRow:
    """One way to answer: how long it takes and how often it is right."""

    name: str
    kind: Kind
    kind_word: str
    mean_ms: str
    time_percent: float  # of the longest
    right: str
    right_range: str
    track: Track
    coin: str
    gain: str
    gain_range: str
    verdict: Verdict
    sign: str


@dataclass(frozen=True)
class FamilyRow:
    """One premodel as the paper's Figure 10 judges it."""

    name: str
    track: Track
    as_the_paper: str
    as_the_paper_range: str
    published: str
    right: str
    optimal: str
    refused: str


@dataclass(frozen=True)
class ScoreRow:
    """Precision, recall and F1 of one premodel: of its choices, and of its answers."""

    name: str
    choices: tuple[str, str, str]
    answers: tuple[str, str, str]


@dataclass(frozen=True)
class ImportanceRow:
    """One feature's worth and price."""

    name: str
    removed: str
    removed_range: str
    removed_track: Track
    shuffled: str
    shuffled_track: Track
    alone_ms: str
    saved_ms: str


def answer_rows(table: FairTable) -> tuple[AnswerRow, ...]:
    """Every row of the fair table."""
    digits = digits_ms([row.mean_ms for row in table.rows])
    longest = max(row.mean_ms for row in table.rows)
    scale = _scale([row.accuracy for row in table.rows])
    rows: list[AnswerRow] = []
    for row in table.rows:
        judged = row.kind in ("selector", "control") and row.gain is not None and row.mixing_accuracy is not None
        rows.append(
            AnswerRow(
                name=row.name,
                kind=row.kind,
                kind_word=WORDS[row.kind],
                mean_ms=f"{row.mean_ms:.{digits}f}",
                time_percent=100 * row.mean_ms / longest,
                right=percent(row.accuracy.value, table.images),
                right_range=percent_range(row.accuracy, table.images),
                track=_track(scale, row.accuracy),
                coin=percent(row.mixing_accuracy or 0.0, table.images) if judged else NONE,
                gain=points(row.gain.value) if judged and row.gain else NONE,
                gain_range=points_range(row.gain) if judged and row.gain else "",
                verdict=row.verdict,
                sign=SIGNS[row.verdict],
            )
        )
    return tuple(rows)


def family_rows(namings: Sequence[Naming], images: int) -> tuple[FamilyRow, ...]:
    """Every premodel that may refuse, with the published figure where the paper has one."""
    published = {name: PUBLISHED[key] for name, key in CHAIN_KEYS.items()}
    ends = [Interval(figure.value / 100, figure.value / 100, figure.value / 100) for figure in published.values()]
    scale = _scale([*(one.as_the_paper for one in namings), *ends])
    rows: list[FamilyRow] = []
    for one in namings:
        figure = published.get(one.name)
        rows.append(
            FamilyRow(
                one.name,
                _track(scale, one.as_the_paper, figure.value / 100 if figure else None),
                percent(one.as_the_paper.value, images),
                percent_range(one.as_the_paper, images),
                figure.text if figure else NONE,
                percent(one.right.value, images),
                percent(one.optimal.value, images),
                percent(one.refused, images),
            )
        )
    return tuple(rows)


def score_rows(namings: Sequence[Naming]) -> tuple[ScoreRow, ...]:
    """Macro means with three decimals."""
    return tuple(
        ScoreRow(
            one.name,
            (f"{one.choices.precision:.3f}", f"{one.choices.recall:.3f}", f"{one.choices.f1:.3f}"),
            (f"{one.answers.precision:.3f}", f"{one.answers.recall:.3f}", f"{one.answers.f1:.3f}"),
        )
        for one in namings
    )


def importance_rows(found: Importances) -> tuple[ImportanceRow, ...]:
    """The features, the most missed first; both losses on one scale around no loss."""
    scale = _scale([loss for one in found.features for loss in (one.removed, one.shuffled)], around_zero=True)
    digits = max(2, digits_ms([one.alone_ms for one in found.features]))
    return tuple(
        ImportanceRow(
            one.name,
            points(one.removed.value),
            points_range(one.removed),
            _track(scale, one.removed, zero=0.0),
            points(one.shuffled.value),
            _track(scale, one.shuffled, zero=0.0),
            f"{one.alone_ms:.{digits}f}",
            f"{one.saved_ms:.{digits}f}" if one.saved_ms > 0 else NONE,
        )
        for one in found.features
    )


def share_table(study: Study) -> FairTable:
    """The premodels that refuse as a fair table that holds shares alone, for the bars of who answers."""
    singles = [row for row in study.table.rows if row.kind == "single"]
    like = next(row for row in study.table.rows if row.kind == "selector")
    rows = [
        replace(like, name=one.name, shares=dict(one.shares), refusal_rate=one.refused, accuracy=one.right)
        for one in study.namings
    ]
    return replace(study.table, rows=(*singles, *rows))


def _scale(intervals: Sequence[Interval], *, around_zero: bool = False) -> Scale:
    ends = [end for one in intervals for end in (one.low, one.high)] + ([0.0] if around_zero else [])
    low, high = min(ends), max(ends)
    return Scale(low, high, 3, 97) if high > low else Scale(low - 1, high + 1, 3, 97)


def _track(scale: Scale, interval: Interval, published: float | None = None, zero: float | None = None) -> Track:
    return Track(
        scale.place(interval.low),
        scale.place(interval.value),
        scale.place(interval.high),
        None if published is None else scale.place(published),
        None if zero is None else scale.place(zero),
    )


def cost_bars(cost: Overhead, chosen: int) -> TimeBars:
    """What a choice by `chosen` features costs, and what it chooses among, on one straight scale."""
    rows = [
        ("decoding the file", "decode", cost.decode_ms),
        *((f"step: {name}", "features", ms) for name, ms in cost.steps_ms.items()),
        (f"the {chosen} features together", "features", cost.chosen_ms),
        (f"all {len(cost.features_ms)} candidates together", "features", cost.candidates_ms),
        ("the KNN chain's decision", "choose", cost.decision_ms),
        *((name, "infer", ms) for name, ms in cost.models_ms.items()),
    ]
    longest = max(ms for *_, ms in rows)
    return TimeBars(
        ("ms",),
        tuple(TimeBar(name, (Part(kind, 100 * ms / longest),), None, (milliseconds(ms),)) for name, kind, ms in rows),
    )
