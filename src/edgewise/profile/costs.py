"""What the models of a profile cost: time, multiply-accumulates and energy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from edgewise.energy.energy import Energy, energy_of
from edgewise.energy.meter import Meter, NoMeter
from edgewise.images.decode import decode
from edgewise.profile.crew import Crew
from edgewise.profile.latency import StageTime, measure
from edgewise.profile.plan import Settings
from edgewise.profile.position import Doing
from edgewise.progress import Progress
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.macs.count import count_work
from edgewise.zoo.macs.work import Uncounted, Work

_ENERGY_IMAGES = 4  # they are kept decoded, so that models alone are measured


@dataclass(frozen=True)
class Costs:
    """Of every model of the crew, in its order."""

    times: tuple[StageTime, ...]
    macs: tuple[int | None, ...]  # for one image: what the card says, else counted
    energy: Energy


def measure_costs(
    contents: Sequence[bytes], crew: Crew, meter: Meter | NoMeter, settings: Settings, progress: Progress
) -> Costs:
    """Measure on image files' contents. Raises `ModelFailed`."""
    models = cast("Sequence[Classifier]", crew.models)  # no more is asked of them than their cards and answers
    times = measure(contents, models, mode=settings.mode, seed=settings.seed, progress=progress)
    works = _count(crew)
    counted = [work.macs if isinstance(work, Work) else None for work in works]
    macs = tuple(
        count if model.card.macs is None else model.card.macs for model, count in zip(models, counted, strict=True)
    )
    images = [decode(content).pixels for content in contents[:_ENERGY_IMAGES]]
    return Costs(times, macs, energy_of(images, models, works, meter, seed=settings.seed, progress=progress))


def _count(crew: Crew) -> list[Work | Uncounted]:
    works: list[Work | Uncounted] = []
    for model in crew.models:
        crew.position.note(Doing.RUNNING, model.number)
        try:
            works.append(count_work(model.model))
        except Uncounted as unknown:
            works.append(unknown)
        crew.position.note(Doing.OTHER)
    return works
