"""Both methods as scikit-learn classifiers over stacked logits, at one price of time."""

from collections.abc import Sequence

from edgewise.select.criterion import Criterion
from edgewise.select.learned.deferral_fit import Average, DeferralMethod
from edgewise.select.learned.utility_fit import Isotonic, UtilityMethod
from edgewise.select.selector import Selector
from edgewise.select.stacked import StackedClassifier, at_price
from edgewise.select.trials import Trials


class DeferralClassifier(StackedClassifier):
    """Deferral head over the logits of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond is worth: 0.01 gives up one answer in a hundred to save 1 ms per image.
    average : average the probabilities of all stages run on escalation; "auto": whatever serves better.
    max_stages : models in a row at most, 1 to 3.
    criterion : "top1", "top5" or "macro-f1".
    seed : of the folds.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `Deferral`; its models are named by their index in `X`.

    Source: Jitkrittum et al. 2023, "When Does Confidence-Based Cascade Deferral Suffice?".
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.001,
        average: Average = "auto",
        max_stages: int = 3,
        criterion: Criterion = "top1",
        seed: int = 0,
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.average: Average = average
        self.max_stages = max_stages
        self.criterion: Criterion = criterion
        self.seed = seed

    def _select(self, trials: Trials) -> Selector:
        method = DeferralMethod(self.criterion, self.average, self.max_stages, self.seed)
        return at_price(method, trials, self.price)


class UtilityClassifier(StackedClassifier):
    """Expected utility over the logits of several models: P(right) - price * time, at its greatest.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond is worth: 0.01 gives up one answer in a hundred to save 1 ms per image.
    average : average the probabilities of both models run; "auto": whatever serves better.
    isotonic : calibrate P by isotonic regression; "auto": where that clearly brings it nearer to the truth.
    criterion : "top1", "top5" or "macro-f1".
    seed : of the folds.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `Utility`; its models are named by their index in `X`.
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.001,
        average: Average = "auto",
        isotonic: Isotonic = "auto",
        criterion: Criterion = "top1",
        seed: int = 0,
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.average: Average = average
        self.isotonic: Isotonic = isotonic
        self.criterion: Criterion = criterion
        self.seed = seed

    def _select(self, trials: Trials) -> Selector:
        method = UtilityMethod(self.criterion, self.average, self.isotonic, self.seed)
        return at_price(method, trials, self.price)
