"""When an answer counts as right, and what all answers together score."""

from typing import Literal

import numpy as np

from edgewise.errors import UsageError

Criterion = Literal["top1", "top5", "macro-f1"]


def top_k(criterion: Criterion) -> int:
    """Among how many best classes the label must be. Raises `UsageError` for an unknown criterion."""
    if criterion in ("top1", "macro-f1"):
        return 1
    if criterion == "top5":
        return 5
    raise UsageError(f"The criterion is {criterion!r}; it must be 'top1', 'top5' or 'macro-f1'.")


def image_weights(labels: np.ndarray, criterion: Criterion) -> np.ndarray:
    """float64 [n], of mean 1: what a right answer to each image is worth.

    Reading: macro F1 is no sum over images, so whatever must be searched by a sum is searched by macro recall, in which
    the images of each class weigh as much as those of any other; what is found is scored by `score`.
    """
    if criterion != "macro-f1" or len(labels) == 0:
        return np.ones(len(labels))
    _, place, counts = np.unique(labels, return_inverse=True, return_counts=True)
    return len(labels) / (len(counts) * counts[place])


def score(labels: np.ndarray, top: np.ndarray, criterion: Criterion) -> float:
    """Share of images answered right, or the macro F1 over the classes that occur; in 0..1.

    `labels`: int [n]; `top`: int [n, k], the classes of each answer, best first, -1 where refused.
    """
    if criterion != "macro-f1":
        return float((top[:, : top_k(criterion)] == labels[:, None]).any(axis=1).mean())
    classes, true = np.unique(labels, return_counts=True)
    named = top[:, 0]
    hits = np.bincount(np.searchsorted(classes, labels[named == labels]), minlength=len(classes))
    known = named[np.isin(named, classes)]
    called = np.bincount(np.searchsorted(classes, known), minlength=len(classes))
    return float((2 * hits / (called + true)).mean())
