"""What is left of a cascade when it starts at a later stage."""

from collections.abc import Sequence
from dataclasses import replace

from edgewise.select.cascade.cascade import Cascade

_ALWAYS_ESCALATE = 2.0  # above every confidence


def starting_at(cascade: Cascade, stage: int, *, first_ran: bool) -> Cascade:
    """The cascade from `stage` on, with its own thresholds.

    `first_ran`: the first stage has run, so its answer is there to be averaged where the cascade averages; it does not
    stop there, unless it starts there.
    """
    stages = range(stage, len(cascade.models))
    kept = [0, *stages] if first_ran and stage > 0 else list(stages)
    thresholds = [cascade.thresholds[one] for one in kept[:-1]]
    if kept[0] != stage:
        thresholds[0] = _ALWAYS_ESCALATE
    return replace(
        cascade,
        models=_of(cascade.models, kept),
        temperatures=_of(cascade.temperatures, kept),
        thresholds=tuple(thresholds),
        weights=tuple(_weights(cascade.weights, kept[: place + 1]) for place in range(len(kept)))
        if cascade.weights
        else (),
        scalings=_of(cascade.scalings, kept) if cascade.scalings else (),
        maps=_of(cascade.maps, kept) if cascade.maps else (),
    )


def _of(values: tuple, kept: Sequence[int]) -> tuple:
    return tuple(values[one] for one in kept)


def _weights(weights: Sequence[Sequence[float]], ran: Sequence[int]) -> tuple[float, ...]:
    """What the stages that ran count at the last of them: in the same proportions as where none was skipped."""
    own = [weights[ran[-1]][one] for one in ran]
    total = sum(own)
    return tuple(one / total for one in own) if total > 0 else (1 / len(own),) * len(own)
