"""The two votes as scikit-learn classifiers over stacked logits."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from edgewise.errors import UsageError
from edgewise.select.agreement.method import AgreementMethod
from edgewise.select.agreement.ranked_method import RankedVotesMethod
from edgewise.select.criterion import Criterion
from edgewise.select.feature_costs import FREE
from edgewise.select.selector import PathMethod, Selector
from edgewise.select.trials import Trials


class _VotingClassifier(ClassifierMixin, BaseEstimator):
    """What both share: `X` in, a selector at one price out.

    The estimators' tags say that they take three-dimensional arrays only. scikit-learn feeds its common checks 2-D
    arrays, which hold the logits of no zoo, so `check_estimator` does not apply; the parts of the contract that do
    (clone, parameters, pickling, not-fitted) have their own tests.
    """

    times_ms: Sequence[float] | None
    price: float

    def fit(self, X: Any, y: Any) -> Self:
        """Search on `X` float [n, models, classes] and `y` int [n]. Raises `UsageError` for what cannot work."""
        if not 0 <= self.price < np.inf:
            raise UsageError(f"price is {self.price}; it must be 0 or more right answers per ms.")
        trials = _trials(_checked(X), np.asarray(y), self.times_ms)
        (self.selector_,) = self._method().fit_path(trials, [self.price])
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
        unknown = np.zeros(len(logits), np.int64)
        return selector.route(_trials(logits, unknown, self.times_ms)).top[:, 0]

    def _method(self) -> PathMethod:
        raise NotImplementedError

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.three_d_array = True
        return tags


class AgreementClassifier(_VotingClassifier):
    """Agreement cascade over the best classes of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond may cost; a step is taken where it adds more.
    max_stages : models in a cascade at most, 1 to 5.
    max_models : models of which cascades are made, at most 8.
    criterion : "top1", "top5" or "macro-f1".

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `AgreementCascade`; its models are named by their index in `X`.

    Source: Kolawole et al. 2025, "Agreement-Based Cascading for Efficient Inference".
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.01,
        max_stages: int = 4,
        max_models: int = 8,
        criterion: Criterion = "top1",
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.max_stages = max_stages
        self.max_models = max_models
        self.criterion: Criterion = criterion

    def _method(self) -> PathMethod:
        return AgreementMethod(self.criterion, self.max_stages, self.max_models)


class RankedVotesClassifier(_VotingClassifier):
    """Vote by ranks over the five best classes of several models.

    Parameters
    ----------
    times_ms : float [models], rising: preprocessing and inference of each model. None: each takes 1 ms.
    price : right answers that a millisecond may cost; a step is taken where it adds more.
    max_stages : models that run on an image at most.
    max_models : models that vote, at most 8.
    criterion : "top1", "top5" or "macro-f1".
    random_state : which images weights are learned on, where they are many, and how folds are cut.

    Attributes
    ----------
    classes_ : 0..classes-1; a label is an index into the logits.
    selector_ : the fitted `RankedVotes`; its models are named by their index in `X`.
    """

    def __init__(
        self,
        times_ms: Sequence[float] | None = None,
        price: float = 0.01,
        max_stages: int = 5,
        max_models: int = 5,
        criterion: Criterion = "top1",
        random_state: int = 0,
    ) -> None:
        self.times_ms = times_ms
        self.price = price
        self.max_stages = max_stages
        self.max_models = max_models
        self.criterion: Criterion = criterion
        self.random_state = random_state

    def _method(self) -> PathMethod:
        return RankedVotesMethod(self.criterion, self.max_stages, self.max_models, self.random_state)


def _checked(X: Any) -> np.ndarray:
    logits = np.asarray(X)
    if logits.ndim != 3 or 0 in logits.shape[1:]:
        raise UsageError(f"X must be logits [n, models, classes]; its shape is {logits.shape}.")
    return logits


def _trials(logits: np.ndarray, labels: np.ndarray, times_ms: Sequence[float] | None) -> Trials:
    """Stacked logits as trials of models that are named by their index."""
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
