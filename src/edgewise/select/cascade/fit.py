"""How a confidence cascade is fitted: as a scikit-learn classifier over stacked logits, and as a method over trials."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from edgewise.errors import UsageError
from edgewise.select.calibration import fit_temperature
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.cascade.search import MAX_STAGES, Found, search
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.trials import Trials

Average = bool | Literal["auto"]


class CascadeClassifier(ClassifierMixin, BaseEstimator):
    """Confidence cascade over the logits of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    max_mean_ms : mean time allowed for the models run; None: the fastest cascade that is as accurate as the best
        single model.
    standard_errors : the margin by which it must be so on the training data, where no budget is given.
    average : average the probabilities of all stages run on escalation; "auto": whatever the search finds better.
    max_stages : models in a cascade at most, 1 to 4.
    criterion : "top1" or "top5".

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    cascade_ : the fitted `Cascade`; its models are named by their index in `X`.
    found_ : how it did on the training data.

    `X` is float [n, models, classes], and the estimator's tags say that it takes three-dimensional arrays only.
    scikit-learn feeds its common checks 2-D arrays, which hold the logits of no zoo, so `check_estimator` does not
    apply; the parts of the contract that do (clone, parameters, pickling, not-fitted) have their own tests.
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
    ) -> None:
        self.times_ms = times_ms
        self.max_mean_ms = max_mean_ms
        self.average: Average = average
        self.max_stages = max_stages
        self.criterion: Criterion = criterion
        self.standard_errors = standard_errors

    def fit(self, X: Any, y: Any) -> Self:
        """Search on `X` float [n, models, classes] and `y` int [n]. Raises `UsageError` for what cannot work."""
        logits, labels = _checked(X), np.asarray(y)
        if labels.shape != (len(logits),) or not np.issubdtype(labels.dtype, np.integer):
            raise UsageError(f"y must be {len(logits)} class indices; it is {labels.dtype} of shape {labels.shape}.")
        models, classes = logits.shape[1:]
        if len(labels) == 0 or labels.min() < 0 or labels.max() >= classes:
            raise UsageError(f"y must hold classes 0 to {classes - 1}, and one at least.")
        times = np.ones(models) if self.times_ms is None else np.asarray(self.times_ms, np.float64)
        if times.shape != (models,) or np.any(np.diff(times) < 0):
            raise UsageError(f"times_ms must be {models} rising times; they are {times.tolist()}.")
        self.cascade_, self.found_ = _fit(
            tuple(str(model) for model in range(models)),
            [logits[:, model] for model in range(models)],
            labels,
            times,
            CascadeMethod(self.criterion, self.max_mean_ms, self.average, self.max_stages, self.standard_errors),
        )
        self.classes_: np.ndarray = np.arange(classes)
        self.n_models_in_ = models
        return self

    def predict(self, X: Any) -> np.ndarray:
        """int64 [n]: the class answered for each row of `X` [n, models, classes]."""
        check_is_fitted(self)
        logits = _checked(X)
        if logits.shape[1:] != (self.n_models_in_, len(self.classes_)):
            raise UsageError(
                f"X must be [n, {self.n_models_in_}, {len(self.classes_)}] as in training; its shape is {logits.shape}."
            )
        _, top = self.cascade_.walk([logits[:, int(model)] for model in self.cascade_.models])
        return top[:, 0]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


@dataclass(frozen=True)
class CascadeMethod:
    """Fit a `Cascade` to trials: a temperature per model, then models and thresholds searched together.

    `max_mean_ms` covers preprocessing and inference of the models run; decoding is in no selector's hands.
    """

    criterion: Criterion = "top1"
    max_mean_ms: float | None = None
    average: Average = "auto"
    max_stages: int = 3
    standard_errors: float = 1.0

    def fit(self, trials: Trials) -> Cascade:
        """Fit on all of `trials`. Raises `UsageError` when no cascade meets the budget."""
        cascade, _ = _fit(trials.models, trials.logits, trials.labels, trials.times_ms, self)
        return cascade


def _fit(
    models: tuple[str, ...],
    logits: Sequence[np.ndarray],
    labels: np.ndarray,
    times_ms: np.ndarray,
    method: CascadeMethod,
) -> tuple[Cascade, Found]:
    if not 1 <= method.max_stages <= MAX_STAGES:
        raise UsageError(f"max_stages is {method.max_stages}; it must be 1 to {MAX_STAGES}.")
    if method.average not in (True, False, "auto"):
        raise UsageError(f"average is {method.average!r}; it must be True, False or 'auto'.")
    temperatures = [fit_temperature(array, labels) for array in logits]
    found = search(
        logits,
        labels,
        times_ms,
        temperatures,
        top_k=top_k(method.criterion),
        max_mean_ms=method.max_mean_ms,
        average=(False, True) if method.average == "auto" else (bool(method.average),),
        max_stages=method.max_stages,
        standard_errors=method.standard_errors,
    )
    chosen = tuple(temperatures[stage] for stage in found.stages)
    return Cascade(tuple(models[stage] for stage in found.stages), chosen, found.thresholds, found.average), found


def _checked(X: Any) -> np.ndarray:
    logits = np.asarray(X)
    if logits.ndim != 3 or 0 in logits.shape[1:]:
        raise UsageError(f"X must be logits [n, models, classes]; its shape is {logits.shape}.")
    return logits
