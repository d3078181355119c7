"""Every published figure with the one of this profile that stands against it, and what the two say."""

from dataclasses import dataclass

from edgewise.report.fair_rows import NONE
from edgewise.report.figures import count, milliseconds, percent, points
from edgewise.report.paper_rows import CHAIN_KEYS
from edgewise.select.fair_table import Row
from edgewise.select.feature_sweep import Sweep
from edgewise.select.naming import Naming
from edgewise.select.paper_study import BASE, Study
from edgewise.select.published import PUBLISHED, Published


@dataclass(frozen=True)
class Beside:
    """A published figure and ours."""

    published: Published
    ours: str
    words: str = ""  # what keeps the two from being the same measurement


def beside(study: Study) -> tuple[Beside, ...]:
    """All published figures, in the paper's order; a dash where this profile has no counterpart."""
    found = {**_algorithm(study), **_features(study), **_premodel(study), **_costs(study), **_soundness(study)}
    return tuple(Beside(figure, *found.get(key, (NONE, ""))) for key, figure in PUBLISHED.items())


Ours = dict[str, tuple[str, str]]


def _algorithm(study: Study) -> Ours:
    """The first three steps, whatever models they chose."""
    steps = study.members.to_exhaustion
    found: Ours = {}
    for key, model, gain in zip(
        ("first gain", "second gain", "third gain"), steps.models, steps.gains_points, strict=False
    ):
        found[key] = (f"{gain:.2f}%" if key == "first gain" else f"{gain:+.2f} points", model)
    kept = study.members.by_method[0]
    stopped = "nothing was left" if kept.stopped_by_points is None else f"the next gains {kept.stopped_by_points:.2f}"
    found["members"] = (count(len(kept.models), "model"), stopped)
    if three := study.members.theta_for_three:
        found["theta"] = (f"{three[0]:.2f} to {three[1]:.2f} points", "what would keep three models")
    return found


def _features(study: Study) -> Ours:
    sweep, kept = study.features.sweep, len(study.features.filter.kept)
    seven = len(study.settings.features)
    best = max(sweep.points, key=lambda point: point.accuracy.value)
    found: Ours = {
        "candidates": (count(len(study.features.filter.names), "feature"), ""),
        "filtered": (count(kept, "feature"), "over all images"),
        "chosen": (count(seven, "feature"), f"as many as the paper; held out, {best.count} reach most"),
    }
    if difference := _against_seven(sweep, seven, 5):
        found["five features"] = (difference, "features that each fold chose for itself")
    if difference := _against_seven(sweep, seven, len(sweep.points)):
        found["more features"] = (difference, f"with all {len(sweep.points)}")
    return found


def _against_seven(sweep: Sweep, seven: int, other: int) -> str:
    by_count = {point.count: point.accuracy.value for point in sweep.points}
    if seven not in by_count or other not in by_count or other == seven:
        return ""
    return f"{points(by_count[other] - by_count[seven])} points"


def _premodel(study: Study) -> Ours:
    images = study.table.images
    namings = {one.name: one for one in study.namings}
    found: Ours = {
        key: (percent(namings[name].as_the_paper.value, images), "a justified refusal counts, as in the paper")
        for name, key in CHAIN_KEYS.items()
        if name in namings
    }
    base = namings[BASE]
    singles = [row for row in study.table.rows if row.kind == "single"]
    best = max(singles, key=lambda row: row.accuracy.value)
    oracle = next(row for row in study.table.rows if row.kind == "oracle")
    falls_back = next(row for row in study.table.rows if row.name == BASE)
    found |= _accuracies(study, base, oracle)
    found["speed"] = (f"{best.mean_ms / falls_back.mean_ms:.2f}x", f"falling back; against {best.name}")
    found["accuracy gain"] = (
        f"{points(falls_back.accuracy.value - best.accuracy.value)} points",
        "all images, right answers alone",
    )
    cheapest = min(singles, key=lambda row: row.mean_ms).name
    found["share mobilenet"] = (percent(base.shares[cheapest], images), f"by {cheapest}, the cheapest")
    found["share fail"] = (percent(base.refused, images), "")
    found["macro recall"] = (f"{100 * base.answers.recall:.1f}%", "of the classes; a refusal is no answer")
    found["macro recall 2019"] = found["macro recall"]
    return found


def _accuracies(study: Study, base: Naming, oracle: Row) -> Ours:
    k = {"top1": "top-1", "top5": "top-5"}[study.settings.criterion]
    images = study.table.images
    return {
        f"premodel {k}": (
            percent(base.as_the_paper.value, images),
            f"counted as in the paper; {percent(base.right.value, images)} are right answers",
        ),
        f"oracle {k}": (percent(oracle.accuracy.value, images), f"of {count(len(study.overhead.models_ms), 'model')}"),
    }


def _costs(study: Study) -> Ours:
    cost = study.overhead
    return {
        "features time": (f"{milliseconds(cost.chosen_ms)} ms", "this machine, not a Jetson TX2"),
        "decision time": (f"{milliseconds(cost.decision_ms)} ms", ""),
    }


def _soundness(study: Study) -> Ours:
    """At the epsilon whose false alarms come closest to the published rate."""
    published = PUBLISHED["false alarms"].value / 100
    flags = [one for one in study.soundness["p-value"] if one.wrong and one.right]
    if not flags:
        return {}
    nearest = min(flags, key=lambda one: abs(one.false_alarm_rate - published))
    images = study.table.images
    return {
        "wrong flagged": (
            percent(nearest.detection_rate, images),
            f"at epsilon {nearest.epsilon:g}, whose false alarms come nearest",
        ),
        "false alarms": (percent(nearest.false_alarm_rate, images), f"at epsilon {nearest.epsilon:g}"),
    }
