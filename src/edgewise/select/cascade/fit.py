"""How a confidence cascade is fitted: models, their order and all thresholds, searched together."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.cascade.calibrated import CalibratedZoo, Calibration, calibrate
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.options import Averaging, Choices, Space, gather_choices
from edgewise.select.cascade.search import Found, best_path, fastest_as_accurate, most_accurate_within
from edgewise.select.cascade.signals import SIGNALS, Signal
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.trials import Trials

Average = bool | Literal["weighted", "auto"]
MAX_STAGES = 4
_SEARCHED_IMAGES = 20_000  # their luck is a fifth of a point; all of 50,000 would take three times as long
_AVERAGINGS: Mapping[Average, tuple[Averaging, ...]] = {
    False: ("none",),
    True: ("mean",),
    "weighted": ("weighted",),
    "auto": ("none", "mean", "weighted"),
}


@dataclass(frozen=True)
class CascadeMethod:
    """Fit `Cascade`s to trials: calibrate each model, then search models, their order and all thresholds together.

    `max_mean_ms` covers preprocessing and inference of the models run; decoding is in no selector's hands.

    Compared by accuracy at equal time on the images held out, fitted to 800 at a time: the bundled zoo on 9,000 drawn
    images, a third of them blurred or noisy, with and without two poorer models beside it; and synthetic logits of 20
    and 100 classes, with and without biases of classes (standard errors 0.03 to 0.1 points).
    - 11, 21, 51 and 101 quantiles: within 0.05 points of each other. 21, the second quickest, stay.
    - The margin: 0.1 to 0.3 points over the highest probability, 0.5 to 1 over entropy. All three searched: no gain.
    - Averaging: not at all loses 0.6 points on the synthetic logits, the plain mean up to 0.4 on the drawn images;
      searched together, each zoo gets about the better of them.
    - Two stages at most lose 0.1 to 0.6 points against three; four bring -0.05 to 0.2.
    - Every order of stages instead of cheapest first: 0 to 0.06 points.
    - Values smoothed over neighbouring thresholds: 0.08 points of worth less price by time, on every zoo; a price of
      one to four images on every stage: nothing.
    - Vector scaling: 0 to 0.1 points on the drawn images, 0.8 to 1.2 where classes have biases, 0 where they have none,
      and a loss of 0.6 where a tenth of the labels is wrong.
    Temperatures stand, because they leave a model's own answer as it is. A bias per class also learns which classes
    occur: of 1,000-way networks on images of 20 classes it makes other, better classifiers (70% became 89%), which no
    table should count as the worth of choosing between the networks.
    """

    criterion: Criterion = "top1"
    max_mean_ms: float | None = None
    average: Average = "auto"
    max_stages: int = 3
    standard_errors: float = 1.0
    calibration: Calibration = "temperature"
    signal: Signal | Literal["auto"] = "margin"

    def fit(self, trials: Trials) -> Cascade:
        """Fit on all of `trials`, under `max_mean_ms` or by the margin over the best single model.

        Raises `UsageError` when no cascade meets the budget.
        """
        return self.search(trials.models, trials.logits, trials.labels, trials.times_ms)[0]

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Cascade, ...]:
        """The cascade of the highest worth at each price of a millisecond, from evidence that is gathered once."""
        search = self._prepared(trials.models, trials.logits, trials.labels, trials.times_ms)
        path = best_path(search.choices, prices)
        fitted = {found: search.cascade(found) for found in dict.fromkeys(path)}
        return tuple(fitted[found] for found in path)

    def search(
        self, models: Sequence[str], logits: Sequence[np.ndarray], labels: np.ndarray, times_ms: np.ndarray
    ) -> tuple[Cascade, Found]:
        """What `fit` finds, and how it did on the images that it was found on."""
        cheapest = float(times_ms.min())
        if self.max_mean_ms is not None and not cheapest <= self.max_mean_ms < np.inf:
            raise UsageError(
                f"No cascade answers in {self.max_mean_ms:g} ms on average: the cheapest model alone takes "
                f"{cheapest:.3g} ms.",
                f"The nearest feasible budget is {cheapest:.4g} ms.",
            )
        search = self._prepared(models, logits, labels, times_ms)
        if self.max_mean_ms is None:
            found = fastest_as_accurate(search.choices, search.best_single, self.standard_errors)
        else:
            found = most_accurate_within(search.choices, self.max_mean_ms)
        return search.cascade(found), found

    def _prepared(
        self, models: Sequence[str], logits: Sequence[np.ndarray], labels: np.ndarray, times_ms: np.ndarray
    ) -> "_Search":
        space = self._space()
        zoo = calibrate(logits, labels, image_weights(labels, self.criterion), self.calibration)
        some = slice(None, None, max(1, -(-len(labels) // _SEARCHED_IMAGES)))
        zoo, labels = replace(zoo, logits=[array[some] for array in logits]), labels[some]
        weights = image_weights(labels, self.criterion)
        choices, right = gather_choices(zoo, models, labels, weights, times_ms, top_k(self.criterion), space)
        return _Search(models, zoo, choices, right[int((right @ weights).argmax())])

    def _space(self) -> Space:
        if not 1 <= self.max_stages <= MAX_STAGES:
            raise UsageError(f"max_stages is {self.max_stages}; it must be 1 to {MAX_STAGES}.")
        if self.average not in _AVERAGINGS:
            raise UsageError(f"average is {self.average!r}; it must be True, False, 'weighted' or 'auto'.")
        if self.signal not in (*SIGNALS, "auto"):
            raise UsageError(f"signal is {self.signal!r}; it must be one of {', '.join(SIGNALS)}, auto.")
        signals = SIGNALS if self.signal == "auto" else (self.signal,)
        return Space(_AVERAGINGS[self.average], signals, self.max_stages, self.calibration == "isotonic")


@dataclass(frozen=True, eq=False)
class _Search:
    """Everything that the search needs, and that turns what it finds into a cascade."""

    models: Sequence[str]
    zoo: CalibratedZoo
    choices: Choices
    best_single: np.ndarray  # bool [n]: where the best single model is right

    def cascade(self, found: Found) -> Cascade:
        stages = found.stages
        average = found.averaging != "none" and len(stages) > 1
        so_far = [stages[: stage + 1] for stage in range(len(stages))]
        blends = [self.choices.blend(found.averaging, some) for some in so_far]
        weighted = average and found.averaging == "weighted"
        maps = [self.choices.rising(found.signal, blend) for blend in blends]
        return Cascade(
            models=tuple(self.models[stage] for stage in stages),
            temperatures=tuple(self.zoo.temperatures[stage] for stage in stages),
            thresholds=found.thresholds,
            average=average,
            signal=found.signal,
            weights=tuple(blend.counts(some) for blend, some in zip(blends, so_far, strict=True)) if weighted else (),
            scalings=tuple(self.zoo.scalings[stage] for stage in stages) if self.zoo.scalings else (),
            maps=tuple(rising for rising in maps if rising is not None),
        )
