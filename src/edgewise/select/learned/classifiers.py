"""Both methods as scikit-learn classifiers over stacked logits, at one price of time."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion
from edgewise.select.feature_costs import FREE
from edgewise.select.learned.deferral_fit import Average, DeferralMethod
from edgewise.select.learned.utility_fit import Isotonic, UtilityMethod
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials


class _PricedClassifier(ClassifierMixin, BaseEstimator):
    """A path over `X` float [n, models, classes], at one price.

    The estimator's tags say that it takes three-dimensional arrays only. scikit-learn feeds its common checks 2-D
    arrays, which hold the logits of no zoo, so `check_estimator` does not apply; the parts of the contract that do
    (clone, parameters, pickling, not-fitted) have their own tests.
    """

    price: float
    times_ms: Sequence[float] | None

    def _method(self) -> PathMethod:
        raise NotImplementedError

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from `X` float [n, models, classes] and `y` int [n]. Raises `UsageError` for what cannot work."""
        if not 0 <= self.price < np.inf:
            raise UsageError(f"price is {self.price}; it must be a number from 0 on.")
        trials = _trials(_checked(X), np.asarray(y), self.times_ms)
        (self.selector_,) = self._method().fit_path(trials, (self.price,))
        self.classes_: np.ndarray = np.arange(trials.logits[0].shape[1])
        self.n_models_in_ = len(trials.models)
        return self

    def predict(self, X: Any) -> np.ndarray:
        """int64 [n]: the class answered for each row of `X` [n, models, classes]."""
        check_is_fitted(self)
        logits = _checked(X)
        if logits.shape[1:] != (self.n_models_in_, len(self.classes_)):
            raise UsageError(
                f"X must be [n, {self.n_models_in_}, {len(self.classes_)}] as in training; its shape is {logits.shape}."
            )
        selector: Selector = self.selector_
        return selector.route(_trials(logits, np.zeros(len(logits), np.int64), self.times_ms)).top[:, 0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


class DeferralClassifier(_PricedClassifier):
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

    def _method(self) -> PathMethod:
        return DeferralMethod(self.criterion, self.average, self.max_stages, self.seed)


class UtilityClassifier(_PricedClassifier):
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

    def _method(self) -> PathMethod:
        return UtilityMethod(self.criterion, self.average, self.isotonic, self.seed)


def _checked(X: Any) -> np.ndarray:
    logits = np.asarray(X)
    if logits.ndim != 3 or 0 in logits.shape[1:]:
        raise UsageError(f"X must be logits [n, models, classes]; its shape is {logits.shape}.")
    return logits


def _trials(logits: np.ndarray, labels: np.ndarray, times_ms: Sequence[float] | None) -> Trials:
    """The rows as trials without features. Raises `UsageError` for labels or times that do not fit."""
    images, models, classes = logits.shape
    if labels.shape != (images,) or not np.issubdtype(labels.dtype, np.integer):
        raise UsageError(f"y must be {images} class indices; it is {labels.dtype} of shape {labels.shape}.")
    if images == 0 or labels.min() < 0 or labels.max() >= classes:
        raise UsageError(f"y must hold classes 0 to {classes - 1}, and one at least.")
    times = np.ones(models) if times_ms is None else np.asarray(times_ms, np.float64)
    if times.shape != (models,) or np.any(np.diff(times) < 0):
        raise UsageError(f"times_ms must be {models} rising times; they are {times.tolist()}.")
    return Trials(
        models=tuple(str(model) for model in range(models)),
        logits=tuple(logits[:, model] for model in range(models)),
        labels=labels.astype(np.int64),
        features=np.empty((images, 0)),
        feature_names=(),
        times_ms=times,
        decode_ms=0.0,
        feature_costs=FREE,
    )
