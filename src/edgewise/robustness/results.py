"""What the cells say: accuracy, time, how often the selector escalated, refused, or changed its mind."""

from dataclasses import dataclass

import numpy as np

from edgewise.images.corrupt import PARAMETERS, Kind
from edgewise.robustness.cell import REFUSED, Answers, Cell
from edgewise.robustness.measure import Measured
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.select.judge.fair_table import Interval


@dataclass(frozen=True)
class CellResult:
    """One corruption at one severity; shares are of all images, and a refusal is not right."""

    kind: Kind | None  # None = the clean images
    severity: int  # 0 = clean
    accuracy: Interval
    mean_ms: float
    escalated: float  # more than one model ran
    refused: float
    same_as_clean: float  # answered, or refused, as the clean image was
    single_accuracy: Interval
    single_ms: float
    over_single: Interval  # accuracy less the single model's, paired


@dataclass(frozen=True)
class Robustness:
    """The whole test."""

    selector: str  # its kind
    models: tuple[str, ...]
    single: str  # the most capable model, which runs by itself beside it
    images: int
    skipped: tuple[tuple[str, str], ...]  # image and reason
    seed: int
    bootstrap: int  # resamples
    cells: tuple[CellResult, ...]  # clean first
    parameters: dict[str, tuple[str, tuple[float, ...]]]  # of each kind: what it means, by severity


def results(
    measured: Measured, selector: str, models: tuple[str, ...], single: str, seed: int, bootstrap: int = 2000
) -> Robustness:
    """Count the cells; all of them see the same resamples of the images."""
    clean = measured.cells[0][1]
    return Robustness(
        selector=selector,
        models=models,
        single=single,
        images=len(measured.labels),
        skipped=measured.skipped,
        seed=seed,
        bootstrap=bootstrap,
        cells=tuple(_result(*cell, clean, measured.labels, bootstrap, seed) for cell in measured.cells),
        parameters={kind: (parameter.meaning, parameter.values) for kind, parameter in PARAMETERS.items()},
    )


def _result(cell: Cell, answers: Answers, clean: Answers, labels: np.ndarray, bootstrap: int, seed: int) -> CellResult:
    right, single = answers.answer == labels, answers.single_answer == labels
    figures = np.column_stack([right, single, right.astype(float) - single])
    resampled = resampled_means(figures, bootstrap, seed)
    accuracy, single_accuracy, over_single = (
        interval(float(figures[:, i].mean()), resampled[:, i]) for i in range(figures.shape[1])
    )
    return CellResult(
        kind=cell.kind,
        severity=cell.severity,
        accuracy=accuracy,
        mean_ms=float(answers.time_ms.mean()),
        escalated=float((answers.models_run > 1).mean()),
        refused=float((answers.answer == REFUSED).mean()),
        same_as_clean=float((answers.answer == clean.answer).mean()),
        single_accuracy=single_accuracy,
        single_ms=float(answers.single_ms.mean()),
        over_single=over_single,
    )
