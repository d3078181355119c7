"""The confidence cascade as a scikit-learn classifier over stacked logits."""

from collections.abc import Sequence
from typing import Literal

from edgewise.select.cascade.calibrated import Calibration
from edgewise.select.cascade.fit import Average, CascadeMethod
from edgewise.select.cascade.signals import Signal
from edgewise.select.criterion import Criterion
from edgewise.select.selector import Selector
from edgewise.select.stacked import StackedClassifier
from edgewise.select.trials import Trials


class CascadeClassifier(StackedClassifier):
    """Confidence cascade over the logits of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    max_mean_ms : mean time allowed for the models run; None: the fastest cascade that is as accurate as the best
        single model.
    standard_errors : the margin by which it must be so on the training data, where no budget is given.
    average : average the probabilities of all stages run on escalation, each counted alike or "weighted"; "auto":
        whatever the search finds best.
    max_stages : models in a cascade at most, 1 to 4.
    criterion : "top1", "top5" or "macro-f1".
    calibration : "temperature", "vector" or "isotonic"; see `CascadeMethod`.
    signal : "max-prob", "margin" or "entropy"; "auto": whichever the search finds best, for all stages alike.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `Cascade`; its models are named by their index in `X`.
    found_ : how it did on the training data.

    Source: Wang et al. 2022, "Wisdom of Committees".
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        max_mean_ms: float | None = None,
        average: Average = "auto",
        max_stages: int = 3,
        criterion: Criterion = "top1",
        standard_errors: float = 1.0,
        calibration: Calibration = "temperature",
        signal: Signal | Literal["auto"] = "margin",
    ) -> None:
        self.times_ms = times_ms
        self.max_mean_ms = max_mean_ms
        self.average: Average = average
        self.max_stages = max_stages
        self.criterion: Criterion = criterion
        self.standard_errors = standard_errors
        self.calibration: Calibration = calibration
        self.signal: Signal | Literal["auto"] = signal

    def _select(self, trials: Trials) -> Selector:
        method = CascadeMethod(
            self.criterion,
            self.max_mean_ms,
            self.average,
            self.max_stages,
            self.standard_errors,
            self.calibration,
            self.signal,
        )
        cascade, self.found_ = method.search(trials.models, trials.logits, trials.labels, trials.times_ms)
        return cascade
