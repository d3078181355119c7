"""Choose the images that explain a selector best: what it got cheaply, saved, sent wrong, and refused."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.errors import StoreError
from edgewise.profile.outcomes import Outcomes
from edgewise.report.decisions import ImageDecision
from edgewise.report.figures import milliseconds

_IN_A_GROUP = 4


@dataclass(frozen=True)
class Sample:
    """One image, what one selector did with it, and which models would have been right."""

    image: str
    row: int  # in the profile's images table
    label: str
    answer: str  # "" = refused
    right: bool
    selector: str
    ran: str
    time_ms: str
    could: str  # the models that are right, in words


@dataclass(frozen=True)
class SampleGroup:
    """Images that show the same."""

    title: str
    words: str
    samples: tuple[Sample, ...]
    of: int  # how many decisions are of this sort


_GROUPS = (
    ("Cheap was enough", "The fastest model was chosen and is right."),
    ("Saved by a larger model", "The fastest model is wrong here; the choice went to a model that is right."),
    ("Sent the wrong way", "The answer is wrong, though some model of the zoo is right."),
    ("Refused", "The selector expected every model to fail."),
    ("Beyond the zoo", "No model is right, whichever is chosen."),
)


def choose_samples(outcomes: Outcomes, decisions: Sequence[ImageDecision], top_k: int) -> tuple[SampleGroup, ...]:
    """A few images for each sort of decision, spread over selectors and classes; the same each time.

    Raises `StoreError` when a decision names an image that the profile does not hold.
    """
    if not decisions:
        return ()
    trials = outcomes.trials()
    right = trials.right(top_k)
    rows = {image: i for i, image in enumerate(outcomes.images["image"])}
    sorts: list[list[ImageDecision]] = [[] for _ in _GROUPS]
    for decision in decisions:
        if decision.image not in rows:
            raise StoreError(
                f"A decision is about {decision.image}, which {outcomes.folder} does not hold.",
                f"Judge this profile again with: edgewise select evaluate {outcomes.folder}",
            )
        sort = _sort(decision, trials.models[0], right[rows[decision.image]])
        if sort is not None:
            sorts[sort].append(decision)
    shown: set[str] = set()
    groups: list[SampleGroup] = []
    # Rare sorts choose first, so that an image is shown where it tells most.
    for sort in sorted(range(len(sorts)), key=lambda i: len(sorts[i])):
        picked = _spread(sorts[sort], shown)
        shown |= {decision.image for decision in picked}
        samples = tuple(_sample(outcomes, d, rows[d.image], trials.models, right[rows[d.image]]) for d in picked)
        groups.append(SampleGroup(*_GROUPS[sort], samples, len(sorts[sort])))
    order = {title: i for i, (title, _) in enumerate(_GROUPS)}
    return tuple(sorted((group for group in groups if group.samples), key=lambda group: order[group.title]))


def _sort(decision: ImageDecision, cheapest: str, right: np.ndarray) -> int | None:
    """The place of the decision's group in `_GROUPS`; None where it explains nothing."""
    if decision.refused:
        return 3
    if decision.right:
        if decision.chosen == cheapest:
            return 0
        return None if right[0] else 1
    return 2 if right.any() else 4


def _spread(decisions: Sequence[ImageDecision], shown: set[str]) -> list[ImageDecision]:
    """A few decisions: each time one of the selector and the class that were taken least, the first of equals."""
    picked: list[ImageDecision] = []
    left = [decision for decision in decisions if decision.image not in shown]
    while left and len(picked) < _IN_A_GROUP:
        selectors, labels = [d.selector for d in picked], [d.label for d in picked]
        best = min(left, key=lambda d: (selectors.count(d.selector), labels.count(d.label)))
        picked.append(best)
        left = [decision for decision in left if decision.image != best.image]
    return picked


def _sample(outcomes: Outcomes, decision: ImageDecision, row: int, models: Sequence[str], right: np.ndarray) -> Sample:
    could = [name for name, is_right in zip(models, right, strict=True) if is_right]
    return Sample(
        image=decision.image,
        row=row,
        label=outcomes.classes.short_name(decision.label),
        answer="" if decision.refused else outcomes.classes.short_name(decision.answer),
        right=decision.right,
        selector=decision.selector,
        ran=" → ".join(decision.ran) or "no model",
        time_ms=milliseconds(decision.time_ms),
        could="all models" if len(could) == len(models) else ", ".join(could) or "no model",
    )
