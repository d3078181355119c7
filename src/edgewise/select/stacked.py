"""What all selectors are as scikit-learn classifiers: stacked logits in, the fitted selector's answers out."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from edgewise.errors import UsageError
from edgewise.select.feature_costs import FREE
from edgewise.select.selector import PathMethod, Seen, Selector, Step
from edgewise.select.trials import Trials

_HIGHEST = float(np.finfo(np.float16).max)  # what a profile can store; its squares are far from overflowing


class StackedClassifier(ClassifierMixin, BaseEstimator):
    """A selector over `X` float [n, models, classes], the logits of several models; a label is an index into them.

    Logits are finite and of float16's range, -65504 to 65504, which rules a class out as surely as -inf would.
    Fitting leaves `selector_`, whose models are named by their index in `X`: "0", "1" and so on; `classes_`, 0 to
    classes - 1; and `n_models_in_`.

    The tags say that an estimator takes three-dimensional arrays only. scikit-learn feeds its common checks 2-D arrays,
    which hold the logits of no zoo, so `check_estimator` does not apply; the parts of the contract that do (clone,
    parameters, pickling, not-fitted) have their own tests.
    """

    times_ms: Sequence[float] | None
    selector_: Selector
    classes_: np.ndarray
    n_models_in_: int

    def fit(self, X: Any, y: Any) -> Self:
        """Learn from `X` float [n, models, classes] and `y` int [n]. Raises `UsageError` for what cannot work."""
        logits = _checked_logits(X)
        _, models, classes = logits.shape
        labels = _checked_labels(y, len(logits), classes)
        times = np.ones(models) if self.times_ms is None else _checked_times(self.times_ms, models)
        self.selector_ = self._select(_trials(logits, labels, times))
        self.classes_ = np.arange(classes)
        self.n_models_in_ = models
        return self

    def predict(self, X: Any) -> np.ndarray:
        """int64 [n]: the class answered for each row of `X` [n, models, classes]."""
        check_is_fitted(self)
        logits = _checked_logits(X)
        expected = (self.n_models_in_, len(self.classes_))
        if logits.shape[1:] != expected:
            raise UsageError(
                f"X must be [n, {expected[0]}, {expected[1]}] as in training; its shape is {logits.shape}."
            )
        unknown = np.zeros(len(logits), np.int64)  # no fitted selector looks at labels or times
        return self.selector_.route(_trials(logits, unknown, np.ones(self.n_models_in_))).top[:, 0]

    def decide(self, seen: Seen) -> Step:
        """The fitted selector's next step for one image; models are named by their index in `X`."""
        check_is_fitted(self)
        return self.selector_.decide(seen)

    def _select(self, trials: Trials) -> Selector:
        """The selector that the parameters ask for."""
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


def at_price(method: PathMethod, trials: Trials, price: float) -> Selector:
    """The one selector of a path at `price`. Raises `UsageError` for a price that is none."""
    if not 0 <= price < np.inf:
        raise UsageError(f"price is {price}; it must be 0 or more right answers per ms.")
    (selector,) = method.fit_path(trials, (price,))
    return selector


def _checked_logits(X: Any) -> np.ndarray:
    logits = np.asarray(X)
    if logits.ndim != 3 or 0 in logits.shape:
        raise UsageError(f"X must be logits [n, models, classes], one of each at least; its shape is {logits.shape}.")
    if logits.shape[2] < 2:
        raise UsageError("X must hold logits of two classes at least; with one, every answer is right.")
    if not (np.issubdtype(logits.dtype, np.floating) or np.issubdtype(logits.dtype, np.integer)):
        raise UsageError(f"X must hold numbers; it is {logits.dtype}.")
    lowest, highest = logits.min(), logits.max()
    if not (lowest >= -_HIGHEST and highest <= _HIGHEST):  # of NaN too, and without an array of its own
        raise UsageError(
            f"X must hold logits of {-_HIGHEST:g} to {_HIGHEST:g}, no NaN and no infinity; it holds {lowest:g} to "
            f"{highest:g}.",
            "A class that a model rules out gets a low logit, as -1e4.",
        )
    return logits


def _checked_labels(y: Any, images: int, classes: int) -> np.ndarray:
    labels = np.asarray(y)
    if labels.shape != (images,) or not np.issubdtype(labels.dtype, np.integer):
        raise UsageError(f"y must be {images} class indices; it is {labels.dtype} of shape {labels.shape}.")
    if labels.min() < 0 or labels.max() >= classes:
        raise UsageError(f"y must hold classes 0 to {classes - 1}; it holds {labels.min()} to {labels.max()}.")
    return labels.astype(np.int64)


def _checked_times(times_ms: Sequence[float], models: int) -> np.ndarray:
    times = np.asarray(times_ms, np.float64)
    if times.shape != (models,) or not (np.isfinite(times).all() and times[0] >= 0 and (np.diff(times) >= 0).all()):
        raise UsageError(f"times_ms must be {models} rising times; they are {times.tolist()}.")
    return times


def _trials(logits: np.ndarray, labels: np.ndarray, times_ms: np.ndarray) -> Trials:
    """The rows as trials without features, of models that are named by their index."""
    images, models, _ = logits.shape
    return Trials(
        models=tuple(str(model) for model in range(models)),
        logits=tuple(logits[:, model] for model in range(models)),
        labels=labels,
        features=np.empty((images, 0)),
        feature_names=(),
        times_ms=times_ms,
        decode_ms=0.0,
        feature_costs=FREE,
    )
