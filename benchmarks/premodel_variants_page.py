"""What `premodel_variants.py` found, in tables for the docs."""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from pages import fair_table, markdown_list, markdown_table, points

from edgewise.report.paper_beside import Beside
from edgewise.report.paper_feature_rows import lasting
from edgewise.report.paper_rows import CHAIN_KEYS
from edgewise.select.judge.fair_table import Interval
from edgewise.select.paper.naming import Naming
from edgewise.select.paper.published import PUBLISHED
from edgewise.select.paper.study import BASE, Study


class Compared(Protocol):
    """A study, and the published figures beside it."""

    @property
    def study(self) -> Study: ...

    @property
    def beside(self) -> tuple[Beside, ...]: ...


def page(
    studies: Mapping[str, Compared], skipped: Sequence[str], machine: Mapping[str, Any], notices: Sequence[str]
) -> list[str]:
    """The whole page."""
    any_study = next(iter(studies.values())).study
    parts = [
        "# The papers' premodels, all of them",
        f"Made by `python benchmarks/premodel_variants.py` ({machine['cpu']}, {machine['cores']} cores, one thread a "
        f"model; seed {any_study.settings.seed}, {any_study.settings.folds}-fold nested cross-validation). "
        "`edgewise select paper PROFILE` makes the same comparison, as a page with pictures, on any profile. What it "
        "means: [What reproduces](what_reproduces.md).",
        "*As the paper counts*: right answers, and refusals where no model would have been right. *Right*: right "
        "answers alone. *(fig)*: read off a figure of the paper, whose networks, images and machine are others.",
        "Published predictions: an even selection of each label out of 20,000 rows, since the time of support vector "
        "machines grows with the square of the rows; no times, so costs are billions of multiply-adds (GMAC) and "
        "choosing is free, which flatters it. No pixels, so no CNN.",
        *skipped,
        markdown_list([words for name, found in studies.items() for words in _words(name, found.study)]),
    ]
    for name, found in studies.items():
        parts += [*_part(name, found.study), "### Beside the published figures", _beside(found.beside)]
    return [*parts, "## Notice", *notices]


def _words(name: str, found: Study) -> list[str]:
    """What a study says, in two sentences."""
    row = next(row for row in found.table.rows if row.name == BASE)
    best = max((one for one in found.namings), key=lambda one: one.as_the_paper.value)
    winners = [
        row.name for row in found.table.rows if row.verdict == "beats the mixing line" and row.kind == "selector"
    ]
    assert row.gain is not None
    return [
        f"{name}: the KNN chain is {points(row.gain)} points against a coin of the same cost; "
        + (f"the coin is beaten by {', '.join(winners)}." if winners else "no premodel here beats the coin."),
        f"{name}: as the paper counts, {best.name} is the best with {100 * best.as_the_paper.value:.1f}%; the KNN "
        f"chain names the optimal model for {_share(_base(found).optimal)} %, and always naming the most frequent one "
        f"would for {100 * found.features.sweep.base.value:.1f}% (of Algorithm 1's models).",
    ]


def _base(found: Study) -> Naming:
    return next(one for one in found.namings if one.name == BASE)


def _part(name: str, found: Study) -> list[str]:
    timeless = found.settings.cost_unit != "ms"
    parts = [
        f"## {name} ({found.table.images:,} images)",
        'On "all fail" the most accurate network runs.',
        fair_table(found.table, cost=found.settings.cost_unit, digits=2 if timeless else 1),
        "### As the paper counts",
        _namings(found),
        "### Algorithm 1",
        _members(found),
        "### Features",
        *_features(found, timeless=timeless),
        "### Flags of the conformal detector",
        _flags(found),
        "Votes within a radius, flagged below a share of them:",
        _votes(found),
    ]
    if not timeless:
        parts += ["### What choosing costs", _costs(found)]
    return parts


def _beside(rows: Sequence[Beside]) -> str:
    cells = [[one.published.what, one.published.text, one.ours, one.words] for one in rows]
    return markdown_table(["", "published", "here", "note"], cells)


def _namings(found: Study) -> str:
    columns = ["", "as the paper counts %", "published", "right %", "names the optimal model %", "refused %"]
    columns += ["choices P / R / F1", "answers P / R / F1"]
    rows = [
        [
            one.name,
            _share(one.as_the_paper),
            PUBLISHED[CHAIN_KEYS[one.name]].text if one.name in CHAIN_KEYS else "",
            f"{100 * one.right.value:.1f}",
            f"{100 * one.optimal.value:.1f}",
            f"{100 * one.refused:.1f}",
            f"{one.choices.precision:.3f} / {one.choices.recall:.3f} / {one.choices.f1:.3f}",
            f"{one.answers.precision:.3f} / {one.answers.recall:.3f} / {one.answers.f1:.3f}",
        ]
        for one in found.namings
    ]
    return markdown_table(columns, rows)


def _members(found: Study) -> str:
    steps = [*found.members.by_method, found.members.to_exhaustion]
    names = [*(one.method for one in found.members.by_method), "accuracy, theta 0"]
    rows = [
        [
            name,
            ", ".join(f"{model} {gain:+.2f}" for model, gain in zip(one.models, one.gains_points, strict=True)),
            f"{one.ceiling_points:.2f}",
            "" if one.stopped_by_points is None else f"{one.stopped_by_points:.2f}",
        ]
        for name, one in zip(names, steps, strict=True)
    ]
    return markdown_table(["method", "models and gains, points", "a perfect choice %", "next gain"], rows)


def _features(found: Study, *, timeless: bool) -> list[str]:
    features = found.features
    dropped = [
        f"{one.name} ({one.r:+.2f} with {one.because})" if one.because else f"{one.name} (never varies)"
        for one in features.filter.dropped
    ]
    order = ", ".join(lasting(features.elimination))
    said = f"The filter keeps {len(features.filter.kept)} of {len(features.filter.names)}" + (
        f"; it drops {', '.join(dropped)}." if dropped else "."
    )
    importance = [
        [
            one.name,
            points(one.removed),
            points(one.shuffled),
            *([] if timeless else [f"{one.alone_ms:.3f}", f"{one.saved_ms:.3f}"]),
        ]
        for one in features.importances.features
    ]
    prices = [] if timeless else ["alone, ms", "saved, ms"]
    sweep = [
        [
            str(point.count),
            _share(point.accuracy),
            *([] if timeless else [f"{point.features_ms:.3f}"]),
            ", ".join(f"{name} {folds}" for name, folds in list(point.chosen_in.items())[:7]),
        ]
        for point in features.sweep.points
    ]
    return [
        said,
        f"Backward elimination over all images, the last feature left first: {order}.",
        f"Points of naming the optimal model (of {_share(features.importances.accuracy)}) lost without a feature:",
        markdown_table(["feature", "left out", "shuffled", *prices], importance),
        "By number of features, chosen inside the training folds; always naming the most frequent model reaches "
        f"{100 * features.sweep.base.value:.1f}%:",
        markdown_table(
            ["features", "names the optimal model %", *([] if timeless else ["ms"]), "chosen in folds"], sweep
        ),
    ]


def _flags(found: Study) -> str:
    columns = ["epsilon"]
    for rule in found.soundness:
        columns += [f"{rule}: wrong flagged %", "right flagged %"]
    rows = []
    for row in zip(*found.soundness.values(), strict=True):
        figures = [figure for one in row for figure in (one.detection_rate, one.false_alarm_rate)]
        rows.append([f"{row[0].epsilon:g}", *(f"{100 * figure:.1f}" for figure in figures)])
    return markdown_table(columns, rows)


def _votes(found: Study) -> str:
    rows = [
        [f"{one.threshold:.1f}", f"{100 * one.detection_rate:.1f}", f"{100 * one.false_alarm_rate:.1f}"]
        for one in found.votes
    ]
    return markdown_table(["share", "wrong flagged %", "right flagged %"], rows)


def _costs(found: Study) -> str:
    cost = found.overhead
    rows = [
        ["decoding", cost.decode_ms],
        *([f"step: {name}", ms] for name, ms in cost.steps_ms.items()),
        [f"the {len(found.settings.features)} features together", cost.chosen_ms],
        [f"all {len(cost.features_ms)} candidates together", cost.candidates_ms],
        ["the KNN chain's decision", cost.decision_ms],
        *([name, ms] for name, ms in cost.models_ms.items()),
    ]
    return markdown_table(["", "ms"], [[str(name), f"{ms:.3f}"] for name, ms in rows])


def _share(interval: Interval) -> str:
    return f"{100 * interval.value:.1f} ({100 * interval.low:.1f} to {100 * interval.high:.1f})"
