"""The router as a scikit-learn classifier over stacked logits."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion
from edgewise.select.feature_costs import FREE
from edgewise.select.router.estimate import Estimator
from edgewise.select.router.method import Average, RouterMethod
from edgewise.select.router.occam import OccamMethod
from edgewise.select.trials import Trials


class RouterClassifier(ClassifierMixin, BaseEstimator):
    """Embedding router over the logits of several models; the embedding is made of the first one's logits.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : what 1 ms may cost in right answers; a budget stands instead of it.
    max_mean_ms : mean time allowed for the models run; None: the price decides.
    estimator : "knn" or "ridge".
    via : index of the model that runs first, as text; "auto": one of the cheapest three worth their time.
    average : average the first model's answer and the chosen one's; "auto": where that does better.
    n_neighbors : K; None: chosen.
    criterion : "top1", "top5" or "macro-f1".
    seed : draws the first centres of the index, above 8,192 images.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    router_ : the fitted `Router`; its models are named by their index in `X`.

    `X` is float [n, models, classes], and the estimator's tags say that it takes three-dimensional arrays only, so the
    common checks of scikit-learn, which feed 2-D arrays, do not apply; clone, parameters, pickling and not-fitted do.
    Source: Ding et al. 2025, "OCCAM".
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.0,
        max_mean_ms: float | None = None,
        estimator: Estimator = "knn",
        via: str = "auto",
        average: Average = "auto",
        n_neighbors: int | None = None,
        criterion: Criterion = "top1",
        seed: int = 0,
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.max_mean_ms = max_mean_ms
        self.estimator: Estimator = estimator
        self.via = via
        self.average: Average = average
        self.n_neighbors = n_neighbors
        self.criterion: Criterion = criterion
        self.seed = seed

    def fit(self, X: Any, y: Any) -> Self:
        """Fit on `X` float [n, models, classes] and `y` int [n]. Raises `UsageError` for what cannot work."""
        logits, labels = _checked(X), np.asarray(y)
        if labels.shape != (len(logits),) or not np.issubdtype(labels.dtype, np.integer):
            raise UsageError(f"y must be {len(logits)} class indices; it is {labels.dtype} of shape {labels.shape}.")
        if not 0 <= self.price < np.inf:
            raise UsageError(f"price is {self.price}; it must be 0 or more.")
        trials = self._trials(logits, labels)
        method = RouterMethod(
            self.criterion,
            self.estimator,
            via=self.via,
            average=self.average,
            n_neighbors=self.n_neighbors,
            seed=self.seed,
        )
        if self.max_mean_ms is None:
            self.router_ = method.fit_path(trials, [self.price])[0]
        else:
            self.router_ = OccamMethod(self.max_mean_ms, method).fit(trials)
        self.n_models_in_ = logits.shape[1]
        self.classes_: np.ndarray = np.arange(logits.shape[2])
        return self

    def predict(self, X: Any) -> np.ndarray:
        """int64 [n]: the class answered for each row of `X` [n, models, classes]."""
        check_is_fitted(self)
        logits = _checked(X)
        if logits.shape[1:] != (self.n_models_in_, len(self.classes_)):
            raise UsageError(
                f"X must be [n, {self.n_models_in_}, {len(self.classes_)}] as in training; its shape is {logits.shape}."
            )
        return self.router_.route(self._trials(logits, np.zeros(len(logits), np.int64))).top[:, 0]

    def _trials(self, logits: np.ndarray, labels: np.ndarray) -> Trials:
        models = logits.shape[1]
        return Trials(
            models=tuple(str(model) for model in range(models)),
            logits=tuple(logits[:, model] for model in range(models)),
            labels=labels,
            features=np.zeros((len(logits), 0)),
            feature_names=(),
            times_ms=np.ones(models) if self.times_ms is None else np.asarray(self.times_ms, np.float64),
            decode_ms=0.0,
            feature_costs=FREE,
        )

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def _checked(X: Any) -> np.ndarray:
    logits = np.asarray(X)
    if logits.ndim != 3 or 0 in logits.shape[1:]:
        raise UsageError(f"X must be logits [n, models, classes]; its shape is {logits.shape}.")
    return logits
