"""What a profile tells before any selector was judged on it: what each model got right, and how long it took."""

from dataclasses import dataclass

import numpy as np

from edgewise.profile.outcomes import Outcomes
from edgewise.report.figures import count, digits_ms, milliseconds


@dataclass(frozen=True)
class ModelResult:
    """One model on all images. A count, not an accuracy: without an interval nothing is claimed of other images."""

    name: str
    right: int
    total_p50_ms: str
    total_p90_ms: str


@dataclass(frozen=True)
class Zoo:
    """What a bare profile can tell."""

    headline: str
    setting: str
    models: tuple[ModelResult, ...]  # cheapest first
    images: int


def describe_zoo(outcomes: Outcomes) -> Zoo:
    """Sum up a profile without a fair table."""
    trials = outcomes.trials()
    right = trials.right(1).sum(axis=0)
    some_right = int(trials.right(1).any(axis=1).sum())
    p90 = {time.model: time.p90_ms for time in outcomes.latency if time.stage == "total"}
    digits = digits_ms([*trials.times_ms.tolist(), *p90.values()])
    models = tuple(
        ModelResult(name, int(right[i]), f"{trials.times_ms[i]:.{digits}f}", f"{p90[name]:.{digits}f}")
        for i, name in enumerate(trials.models)
    )
    best = models[int(np.argmax(right))]
    images = len(trials)
    setting = (
        f"{count(images, 'image')} of {count(len(outcomes.classes), 'class', 'classes')} went through "
        f"{count(len(models), 'model')}, from {milliseconds(trials.times_ms[0])} ms ({models[0].name}) to "
        f"{milliseconds(trials.times_ms[-1])} ms ({models[-1].name}) each. {best.name} gets most right: "
        f"{best.right:,} of {images:,}. On {some_right:,} at least one model is right: no choice among these models "
        "can do better."
    )
    return Zoo("Profiled, and no selector judged yet.", setting, models, images)
