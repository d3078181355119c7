"""Algorithm 1 as the page prints it: a bar per method, a stretch per model that it added."""

from dataclasses import dataclass

from edgewise.report.fair_rows import NONE
from edgewise.report.paper_rows import UNSHADED
from edgewise.report.share_bars import ShareBar, Stretch
from edgewise.select.paper.member_steps import MemberSteps
from edgewise.select.paper.published import PUBLISHED
from edgewise.select.paper.study import Study

_SHORTEST_WITH_TEXT_POINTS = 25.0  # a shorter stretch has no room for its figure on a phone


@dataclass(frozen=True)
class MemberRow:
    """One run of Algorithm 1."""

    name: str
    bar: ShareBar  # what each added model brings; the rest is what none of them is right on
    words: str  # the same in figures
    ceiling: str
    next_gain: str


def member_rows(study: Study) -> tuple[MemberRow, ...]:
    """The paper's own steps, the three methods, and the method "accuracy" to the end of the zoo."""
    shade = {model: place for place, model in enumerate(study.overhead.models_ms)}
    members = study.members
    return (
        _published_row(),
        *(_row(steps.method, steps, shade) for steps in members.by_method),
        _row(f"{members.to_exhaustion.method}, theta 0", members.to_exhaustion, shade),
    )


def _published_row() -> MemberRow:
    gains = {
        "MobileNet_v1_100": PUBLISHED["first gain"].value,
        "Inception_v4": PUBLISHED["second gain"].value,
        "ResNet_v1_152": PUBLISHED["third gain"].value,
    }
    return _member_row("published", tuple(gains), tuple(gains.values()), dict.fromkeys(gains, UNSHADED), NONE)


def _row(name: str, steps: MemberSteps, shade: dict[str, int]) -> MemberRow:
    next_gain = NONE if steps.stopped_by_points is None else f"{steps.stopped_by_points:.2f}"
    return _member_row(name, steps.models, steps.gains_points, shade, next_gain)


def _member_row(
    name: str, models: tuple[str, ...], gains: tuple[float, ...], shade: dict[str, int], next_gain: str
) -> MemberRow:
    texts = [f"{gain:+.2f}" if place else f"{gain:.2f}" for place, gain in enumerate(gains)]
    words = ", ".join(f"{model} {text}" for model, text in zip(models, texts, strict=True))
    stretches = [
        Stretch(model, shade[model], gain, text, gain >= _SHORTEST_WITH_TEXT_POINTS)
        for model, gain, text in zip(models, gains, texts, strict=True)
    ]
    if sum(gains) < 100:
        none_right = 100 - sum(gains)
        stretches.append(Stretch("none of them is right", None, none_right, f"{none_right:.2f}", shown=False))
    return MemberRow(name, ShareBar(name, tuple(stretches), words), words, f"{sum(gains):.2f}%", next_gain)
