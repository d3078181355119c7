"""What an answer of each model of a zoo costs in energy: all of them measured, or all of them modelled."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.energy.measure import STRETCH_S, BelowIdle, measure_energy
from edgewise.energy.meter import Meter, NoMeter
from edgewise.energy.model import HOROWITZ_2014, modelled_mj
from edgewise.progress import Progress, silent
from edgewise.select.trials import EnergySource
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.macs.work import Uncounted, Work


@dataclass(frozen=True)
class Energy:
    """The energy of one answer of each model: preparing the image and inference where it is measured, else inference.

    `source` is None, and `energy_mj` empty, where it is not known at all.
    """

    source: EnergySource | None
    energy_mj: tuple[float, ...]
    how: str  # what was read, or by whose figures it was reckoned
    reason: str = ""  # why it is not measured, and why not modelled either where it is not
    idle_w: float | None = None  # what the idle machine uses, which measured energies are above


def energy_of(
    images: Sequence[np.ndarray],
    models: Sequence[Classifier],
    works: Sequence[Work | Uncounted],
    meter: Meter | NoMeter,
    *,
    seed: int,
    stretch_s: float = STRETCH_S,
    progress: Progress = silent,
) -> Energy:
    """Measure on decoded images where there is a meter, else model from the works, one for each model.

    When one model cannot be measured, none counts as measured; when the work of one is not known, none is modelled.
    """
    if isinstance(meter, NoMeter):
        return model_energy(models, works, meter.reason)
    try:
        found = measure_energy(images, models, meter, seed=seed, stretch_s=stretch_s, progress=progress)
    except BelowIdle as error:
        return model_energy(models, works, f"{meter.name} shows no more for {error.model} than for the idle machine")
    return Energy("measured", found.energy_mj, meter.name, idle_w=found.idle_w)


def model_energy(models: Sequence[Classifier], works: Sequence[Work | Uncounted], reason: str) -> Energy:
    """Reckon from the works; `reason` says why it is not measured."""
    known = [work for work in works if isinstance(work, Work)]
    for model, work in zip(models, works, strict=True):
        if isinstance(work, Uncounted):
            return Energy(None, (), "", f"{reason}; the MACs of {model.card.name} are not known: {work.reason}")
    return Energy("modelled", tuple(modelled_mj(work) for work in known), HOROWITZ_2014.source, reason)
