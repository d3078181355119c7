"""The least time in which a perfect choice between models reaches an accuracy.

Every image costs at least the cheapest model, since an answer is wanted; to have it right costs the rest of the way to
the cheapest model that is right on it. Whoever wants a share of the images right at the least mean time takes those
that cost least for what they are worth, so the frontier is exact, and bends where the next model must be called on.
"""

from dataclasses import dataclass

import numpy as np

from edgewise.select.judge.bootstrap import resampled_weights
from edgewise.select.optimal import fastest_right


@dataclass(frozen=True, eq=False)
class Levels:
    """Images that cost and are worth the same, from those that are worth most for their cost."""

    of_image: np.ndarray  # int64 [n]: the level of each image; L = no model is right on it
    worth: np.ndarray  # float64 [L]: of one right answer
    extra_ms: np.ndarray  # float64 [L]: what it costs beyond the time that every image costs
    base_ms: float

    def counts(self, weights: np.ndarray | None = None) -> np.ndarray:
        """float64 [b, L]: images of each level; `weights` float64 [b, n], None = each image once."""
        levels = len(self.worth)
        if weights is None:
            return np.bincount(self.of_image, minlength=levels + 1)[None, :levels].astype(np.float64)
        return np.array([np.bincount(self.of_image, row, levels + 1)[:levels] for row in weights])

    def least_ms(self, accuracy: np.ndarray, counts: np.ndarray) -> np.ndarray:
        """float64 [b]: the least mean time for the mean worth `accuracy` [b]; `counts`: float64 [b, L].

        A part of an image stands for a coin that is tossed for it. Beyond what all models reach, the time of that.
        """
        images = len(self.of_image)
        gained = counts * self.worth
        before = np.cumsum(gained, axis=1) - gained
        taken = np.clip(accuracy[:, None] * images - before, 0, gained)
        return self.base_ms + (taken / self.worth) @ self.extra_ms / images


def levels(
    right: np.ndarray, times_ms: np.ndarray, decode_ms: float, worth: np.ndarray, *, cheapest_first: bool
) -> Levels:
    """The levels of a perfect choice, which runs one model for each image; or that has to begin with the cheapest one.

    `right`: bool [n, m]; `times_ms`: float [m], rising; `worth`: float64 [n] of a right answer to each image. With
    `cheapest_first` the cheapest model's time is paid on every image, and that of the right one on top.
    """
    models = right.shape[1]
    fastest = fastest_right(right)
    ways, of_image = np.unique(np.column_stack([fastest, worth]), axis=0, return_inverse=True)
    model = ways[:, 0].astype(np.int64)
    usable = np.flatnonzero(model < models)
    cost = np.where(model[usable] > 0, times_ms[model[usable]] - (0 if cheapest_first else times_ms[0]), 0.0)
    order = np.argsort(cost / ways[usable, 1], kind="stable")
    place = np.full(len(ways), len(usable))
    place[usable[order]] = np.arange(len(usable))
    return Levels(place[of_image], ways[usable[order], 1], cost[order], float(decode_ms + times_ms[0]))


def resampled_least_ms(
    several: tuple[Levels, ...], worth_of_one: np.ndarray, bootstrap: int, seed: int
) -> tuple[np.ndarray, ...]:
    """float64 [b] each: the least mean time to be as accurate as one way to answer, in every resample of the images.

    `worth_of_one`: float64 [n], what that way's answers are worth.
    """
    found: list[list[np.ndarray]] = [[] for _ in several]
    for weights in resampled_weights(len(worth_of_one), bootstrap, seed):
        accuracy = weights @ worth_of_one / len(worth_of_one)
        for one, times in zip(several, found, strict=True):
            times.append(one.least_ms(accuracy, one.counts(weights)))
    return tuple(np.concatenate(times) for times in found)
