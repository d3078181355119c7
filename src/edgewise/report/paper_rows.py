"""The paper's comparison as its page prints it: every figure already a text or a place in percent of its cell."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from edgewise.report.fair_rows import NONE, SIGNS
from edgewise.report.figures import digits_ms, milliseconds, percent, percent_range, points, points_range, rough_percent
from edgewise.report.markers import WORDS
from edgewise.report.paper_tracks import Track, track, track_scale
from edgewise.report.share_bars import ShareBar, Stretch
from edgewise.report.time_bars import Part, TimeBar, TimeBars
from edgewise.select.judge.fair_table import FairTable, Interval, Kind, Verdict
from edgewise.select.paper.naming import Naming
from edgewise.select.paper.published import PUBLISHED
from edgewise.select.paper.study import Overhead, Study

COINS: dict[Verdict, str] = {
    "beats the mixing line": "beaten",
    "does not": "not beaten",
    "cannot tell": "cannot tell",
    "": "",
}
UNSHADED = -1  # a model that is none of the profile's
CNN = "CNN"  # the premodel that sees pixels
CHAIN_KEYS = {
    "knn.knn.knn": "chain knn.knn.knn",
    "svm.knn.knn": "chain svm.knn.knn",
    "tree.tree.tree": "chain tree.tree.tree",
    "svm.svm.svm": "chain svm.svm.svm",
    "single knn": "single knn",
    "single tree": "single tree",
    "single svm": "single svm",
    CNN: "cnn",
}


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


def answer_rows(table: FairTable) -> tuple[AnswerRow, ...]:
    """Every row of the fair table."""
    digits = digits_ms([row.mean_ms for row in table.rows])
    longest = max(row.mean_ms for row in table.rows)
    scale = track_scale([row.accuracy for row in table.rows])
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
                track=track(scale, row.accuracy),
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
    scale = track_scale([*(one.as_the_paper for one in namings), *ends])
    rows: list[FamilyRow] = []
    for one in namings:
        figure = published.get(one.name)
        rows.append(
            FamilyRow(
                one.name,
                track(scale, one.as_the_paper, figure.value / 100 if figure else None),
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


def share_table(study: Study) -> FairTable:
    """The premodels that refuse as a fair table that holds shares alone, for the bars of who answers."""
    singles = [row for row in study.table.rows if row.kind == "single"]
    like = next(row for row in study.table.rows if row.kind == "selector")
    rows = [
        replace(like, name=one.name, shares=dict(one.shares), refusal_rate=one.refused, accuracy=one.right)
        for one in study.namings
    ]
    return replace(study.table, rows=(*singles, *rows))


def published_shares() -> ShareBar:
    """The paper's own premodel as one more bar; its networks have no shade, since they are none of the page's."""
    shares = {
        "MobileNet": PUBLISHED["share mobilenet"].value,
        "Inception_v4": PUBLISHED["share inception"].value,
        "ResNet_v1_152": PUBLISHED["share resnet"].value,
        "refused": PUBLISHED["share fail"].value,
    }
    stretches = tuple(
        Stretch(name, None if name == "refused" else UNSHADED, value, rough_percent(value / 100), value > 10)
        for name, value in shares.items()
    )
    return ShareBar("published", stretches, ", ".join(f"{name} {value:g}%" for name, value in shares.items()))


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
