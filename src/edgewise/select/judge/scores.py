"""Precision, recall and F1: of choosing the optimal model, and of the answers."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.criterion import Criterion, top_k
from edgewise.select.optimal import fastest_right
from edgewise.select.selector import Routes
from edgewise.select.trials import Trials

Averaged = Literal["macro", "weighted"]


@dataclass(frozen=True)
class Scores:
    """How well classes were told apart, averaged over the classes; all in 0..1."""

    precision: float  # of what was called a class, the share that is of it; 0 for a class that was never named
    recall: float  # of what is of a class, the share that was called so
    f1: float  # harmonic mean of the two, class by class; 0 where both are
    accuracy: float  # share of all images that were named right


def choice_scores(
    trials: Trials,
    routes: Routes,
    criterion: Criterion = "top1",
    averaged: Averaged = "macro",
    members: tuple[str, ...] | None = None,
) -> Scores:
    """How well a selector named the optimal model: the fastest right one of `members`, or "all will fail".

    `routes` of `trials`; a refusal says "all will fail". `members`: None = all models of the trials.
    Raises `UsageError` for no images, or for members that are no models.
    Source: Taylor et al. 2018, 5.
    Reading: classes are the models that are optimal for some image, and the fail class; a model that is run by the
    policy for "all will fail" counts as that model.
    """
    names = trials.models if members is None else members
    unknown = sorted(set(names) - set(trials.models))
    if unknown or not names:
        raise UsageError(f"Members are {', '.join(unknown) or 'none'}.", f"Models are: {', '.join(trials.models)}.")
    columns = np.sort([trials.models.index(name) for name in names])
    fastest = fastest_right(trials.right(top_k(criterion))[:, columns])
    return scores(np.append(columns, -1)[fastest], routes.chosen, averaged)


def answer_scores(trials: Trials, routes: Routes, averaged: Averaged = "macro") -> Scores:
    """How well images were classified in the end, by the first class of each answer.

    Raises `UsageError` for no images.
    Reading: a refusal is no prediction: it takes from the recall of its class and from the precision of none.
    """
    return scores(trials.labels, routes.top[:, 0], averaged)


def scores(truth: np.ndarray, named: np.ndarray, averaged: Averaged = "macro") -> Scores:
    """The scores of `named` int [n] against `truth` int [n], over the classes that occur in `truth`.

    "macro" counts each class alike, "weighted" by how often it occurs. Raises `UsageError` for no images.
    """
    if len(truth) == 0:
        raise UsageError("There are no images to score.")
    if averaged not in ("macro", "weighted"):
        raise UsageError(f"Scores cannot be {averaged!r}; they are 'macro' or 'weighted'.")
    classes, true = np.unique(truth, return_counts=True)
    hits = _count(truth[truth == named], classes)
    called = _count(named[np.isin(named, classes)], classes)
    precision = hits / np.maximum(called, 1)
    recall = hits / true
    f1 = 2 * hits / (called + true)
    weights = true / len(truth) if averaged == "weighted" else np.full(len(classes), 1 / len(classes))
    accuracy = float((truth == named).mean())
    return Scores(float(precision @ weights), float(recall @ weights), float(f1 @ weights), accuracy)


def _count(values: np.ndarray, classes: np.ndarray) -> np.ndarray:
    """How often each of `classes`, rising, occurs in `values`, which are all of them."""
    return np.bincount(np.searchsorted(classes, values), minlength=len(classes))
