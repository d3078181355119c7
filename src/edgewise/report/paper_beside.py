"""Every published figure with the one of this profile that stands against it, and what the two say."""

from collections.abc import Iterator
from dataclasses import dataclass

from edgewise.report.fair_rows import NONE
from edgewise.report.figures import count, milliseconds, percent, points
from edgewise.report.paper_rows import CHAIN_KEYS
from edgewise.select.features.feature_sweep import Sweep
from edgewise.select.judge.fair_table import Row
from edgewise.select.paper.naming import Naming
from edgewise.select.paper.operating_point import detection_at
from edgewise.select.paper.published import PUBLISHED, Published
from edgewise.select.paper.study import BASE, Study

_ORDINALS = ("first", "second", "third")
_NETWORKS = ("mobilenet", "inception", "resnet")  # in the order in which the paper's Algorithm 1 takes them


@dataclass(frozen=True)
class Beside:
    """A published figure and ours."""

    published: Published
    ours: str
    words: str = ""  # what keeps the two from being the same measurement, or why there is none


Ours = dict[str, tuple[str, str]]


def beside(study: Study) -> tuple[Beside, ...]:
    """All published figures, in the paper's order; a dash and the reason where this profile has no counterpart."""
    found = {**_algorithm(study), **_features(study), **_networks(study), **_premodel(study), **_costs(study)}
    found |= _soundness(study)
    return tuple(Beside(one, *found.get(key, (NONE, _why_not(key, study)))) for key, one in PUBLISHED.items())


def _why_not(key: str, study: Study) -> str:
    """Why a published figure has no counterpart here."""
    if key.startswith("compressed"):
        return "needs compressed variants of one network"
    if key.endswith(("top-1", "top-5")) and not key.endswith(_criterion(study)):
        return f"judged by {_criterion(study)} here; --criterion {key.split()[-1].replace('-', '')} asks for it"
    if key == "cnn":
        return "the CNN was left out here"
    if key in ("features time", "decision time"):
        return "no times in these data"
    return "too few models or features here"


def _criterion(study: Study) -> str:
    return {"top1": "top-1", "top5": "top-5"}[study.settings.criterion]


def _algorithm(study: Study) -> Ours:
    """The first three steps, whatever models they chose."""
    steps = study.members.to_exhaustion
    found: Ours = {}
    for ordinal, model, gain in zip(_ORDINALS, steps.models, steps.gains_points, strict=False):
        found[f"{ordinal} gain"] = (f"{gain:.2f}%" if ordinal == "first" else f"{gain:+.2f} points", model)
    kept = study.members.by_method[0]
    stopped = "nothing was left" if kept.stopped_by_points is None else f"the next gains {kept.stopped_by_points:.2f}"
    found["members"] = (count(len(kept.models), "model"), stopped)
    if three := study.members.theta_for_three:
        found["theta"] = (f"{three[0]:.2f} to {three[1]:.2f} points", "what would keep three models")
    return found


def _features(study: Study) -> Ours:
    sweep, candidates = study.features.sweep, study.features.filter
    seven = len(study.settings.features)
    best = max(sweep.points, key=lambda point: point.accuracy.value)
    found: Ours = {
        "candidates": (count(len(candidates.names), "feature"), ""),
        "filtered": (count(len(candidates.kept), "feature"), "over all images"),
        "chosen": (count(seven, "feature"), f"as many as the paper, by choice; held out, {best.count} reach most"),
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


def _networks(study: Study) -> Ours:
    """The models that Algorithm 1 takes first, against the paper's three."""
    shares = next(one for one in study.namings if one.name == BASE).shares
    found: Ours = {}
    for network, row in zip(_NETWORKS, _taken(study), strict=False):
        found[f"{network} {_criterion(study)}"] = (percent(row.accuracy.value, study.table.images), row.name)
        found[f"{network} time"] = (_cost(row.mean_ms, study), row.name)
        found[f"share {network}"] = (percent(shares[row.name], study.table.images), f"by {row.name}")
    return found


def _taken(study: Study) -> Iterator[Row]:
    rows = {row.name: row for row in study.table.rows if row.kind == "single"}
    return (rows[model] for model in study.members.to_exhaustion.models)


def _premodel(study: Study) -> Ours:
    images, criterion = study.table.images, _criterion(study)
    namings = {one.name: one for one in study.namings}
    found: Ours = {
        key: (percent(namings[name].as_the_paper.value, images), _alone(namings[name], images))
        for name, key in CHAIN_KEYS.items()
        if name in namings
    }
    base = namings[BASE]
    best = max((row for row in study.table.rows if row.kind == "single"), key=lambda row: row.accuracy.value)
    oracle = next(row for row in study.table.rows if row.kind == "oracle")
    falls_back = next(row for row in study.table.rows if row.name == BASE)
    found[f"premodel {criterion}"] = (percent(base.as_the_paper.value, images), _alone(base, images))
    models = count(len(study.overhead.models_ms), "model")
    found[f"oracle {criterion}"] = (percent(oracle.accuracy.value, images), f"of {models}")
    found["premodel time"] = (_cost(falls_back.mean_ms, study), "falling back on the most accurate model")
    found["speed"] = (f"{best.mean_ms / falls_back.mean_ms:.2f}x", f"falling back; against {best.name}")
    found["accuracy gain"] = (
        f"{points(falls_back.accuracy.value - best.accuracy.value)} points",
        "falling back, all images, right answers alone",
    )
    found["share fail"] = (percent(base.refused, images), "")
    found["macro recall"] = (f"{100 * base.answers.recall:.1f}%", "of the classes; a refusal is no answer")
    found["macro recall 2019"] = found["macro recall"]
    return found


def _alone(one: Naming, images: int) -> str:
    return f"as the paper counts; right answers alone {percent(one.right.value, images)}"


def _costs(study: Study) -> Ours:
    if study.settings.cost_unit != "ms":
        return {}
    return {
        "features time": (_cost(study.overhead.chosen_ms, study), "this machine, not a Jetson TX2"),
        "decision time": (_cost(study.overhead.decision_ms, study), ""),
    }


def _cost(value: float, study: Study) -> str:
    return f"{milliseconds(value)} {study.settings.cost_unit}"


def _soundness(study: Study) -> Ours:
    """At the published rate of false alarms, where the flags can be compared."""
    alarms = PUBLISHED["false alarms"]
    caught = detection_at(study.soundness["p-value"], alarms.value / 100)
    if caught is None:
        return {}
    return {
        "wrong flagged": (
            percent(caught, study.table.images),
            f"at {alarms.text} of the right ones; a flag that looks at nothing catches {alarms.text}",
        ),
        "false alarms": (alarms.text, "set to be the same"),
    }
