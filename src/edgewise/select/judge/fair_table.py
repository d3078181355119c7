"""The one table by which every selector is judged: frozen rows, no computing here."""

from dataclasses import dataclass
from typing import Literal

from edgewise.select.criterion import Criterion
from edgewise.select.trials import EnergySource

Kind = Literal["single", "baseline", "selector", "control", "oracle"]
Mark = Literal["smallest", "largest", "best"]
Verdict = Literal["beats the mixing line", "does not", "cannot tell", ""]


@dataclass(frozen=True)
class Interval:
    """A figure and its 95% bootstrap interval over the images."""

    value: float
    low: float
    high: float


@dataclass(frozen=True)
class Row:
    """One way to answer all images. Accuracies are shares of 1 over ALL inputs: a refusal is not right.

    Under the criterion "macro-f1" every accuracy is the macro F1 in its place.
    """

    name: str
    kind: Kind
    accuracy: Interval
    mean_ms: float  # decode + choosing + the models run, per image
    p90_ms: float
    choose_ms: float  # mean per image: features and decisions, inside mean_ms
    selection_accuracy: float | None  # share of images given the fastest right model, or refused when none is right
    refusal_rate: float
    shares: dict[str, float]  # share of images that each model's run decided; sums to 1 - refusal_rate
    mixing_accuracy: float | None  # random mixing of single models at this row's mean_ms
    gain: Interval | None  # accuracy - mixing_accuracy, paired over the images
    verdict: Verdict
    marks: tuple[Mark, ...] = ()  # of the cheapest, the dearest and the most accurate single model
    over_best: Interval | None = None  # accuracy - that of the best single model, paired; None = it is that one
    mean_energy_mj: float | None = None  # of the models run, per image


@dataclass(frozen=True)
class FairTable:
    """The fair table of one profile: nested cross-validation, everything chosen inside the training folds."""

    criterion: Criterion
    images: int
    folds: int
    seed: int
    bootstrap: int  # resamples
    decode_ms: float
    features_ms: float
    rows: tuple[Row, ...]
    mixing_line: tuple[tuple[float, float], ...]  # (mean ms, accuracy) corners: upper hull of refusing and the singles
    energy_source: EnergySource | None = None  # measured and modelled energies never stand in one table
