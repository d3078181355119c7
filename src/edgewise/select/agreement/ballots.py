"""What a model says without its scores: a ballot, its best classes in order."""

import numpy as np

PLACES = 5
_CHUNK_VALUES = 4_000_000
_LEAST = np.finfo(np.float32).min  # a logit of -inf is ranked behind all others, but before what was already taken


def cast(scores: np.ndarray, places: int = PLACES) -> np.ndarray:
    """int64 [n, places or the number of classes]: the best classes of each row of `scores` [n, classes], best first.

    Equal scores are taken in class order, as in `edgewise.select.trials.top_classes`; finding the few best by taking
    the highest again and again is faster than sorting all. Memory-mapped scores are read in part.
    """
    images, classes = scores.shape
    ballots = np.empty((images, min(places, classes)), np.int64)
    chunk = max(1, _CHUNK_VALUES // classes)
    for start in range(0, images, chunk):
        rest = np.maximum(scores[start : start + chunk], _LEAST, dtype=np.float32)
        rows = np.arange(len(rest))
        for place in range(ballots.shape[1]):
            best = rest.argmax(axis=1)
            ballots[start : start + chunk, place] = best
            rest[rows, best] = -np.inf
    return ballots


def cast_one(scores: np.ndarray, places: int = PLACES) -> list[int]:
    """The same for one image, `scores` [classes]; faster without arrays of one row."""
    rest = np.maximum(scores, _LEAST, dtype=np.float32)
    ballot: list[int] = []
    for _ in range(min(places, len(rest))):
        ballot.append(int(rest.argmax()))
        rest[ballot[-1]] = -np.inf
    return ballot
