"""What a point gains over a coin: the line of random mixing, with an interval cheap enough for hundreds of points."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.budget.points import Point
from edgewise.select.judge.fair_table import Interval
from edgewise.select.judge.mixing import mixing_line

_NOTHING = 1e-9  # a selector that always runs one model gains exactly nothing, give or take the last digit


@dataclass(frozen=True, eq=False)
class Coin:
    """Random mixing of the single models, and of refusing, at any mean time; choosing costs it nothing.

    The intervals are those of the mean of what each image adds: normal, with the line's corners held fixed. Whoever
    judges afterwards resamples the images instead (`edgewise.select.judge`); here hundreds of points are compared.
    """

    corners: tuple[tuple[float, float], ...]  # mean ms, score
    worth: tuple[np.ndarray, ...]  # float [n] at each corner

    @classmethod
    def of(cls, singles: Sequence[Point], decode_ms: float) -> "Coin":
        """The upper hull over refusing, which takes the decoding alone, and the single models."""
        times = np.asarray([decode_ms, *(point.mean_ms - point.choose_ms for point in singles)])
        scores = np.asarray([0.0, *(point.score for point in singles)])
        worth = [np.zeros_like(singles[0].worth), *(point.worth for point in singles)]
        corners = mixing_line(times, scores)
        at = [np.flatnonzero((times == time) & (scores == reached))[0] for time, reached in corners]
        return cls(corners, tuple(worth[int(place)] for place in at))

    def beaten_by(self, point: Point, z: float) -> bool:
        """The gain is above nothing by `z` standard errors."""
        return self.gain(point, z).low > _NOTHING

    def gain(self, point: Point, z: float = 1.96) -> Interval:
        """The point's score less the line's at its mean time; the interval spans `z` standard errors."""
        times = np.asarray([time for time, _ in self.corners])
        scores = np.asarray([reached for _, reached in self.corners])
        right = int(np.clip(np.searchsorted(times, point.mean_ms), 1, len(times) - 1)) if len(times) > 1 else 0
        left = max(right - 1, 0)
        span = times[right] - times[left]
        share = float(np.clip((point.mean_ms - times[left]) / span, 0, 1)) if span > 0 else 0.0
        slope = (scores[right] - scores[left]) / span if 0 < share < 1 else 0.0
        mixed = (1 - share) * self.worth[left] + share * self.worth[right]
        each = point.worth - mixed - slope * (point.time_ms - point.mean_ms)
        value = point.score - ((1 - share) * scores[left] + share * scores[right])
        return around(float(value), each, z)


def around(value: float, each: np.ndarray, z: float = 1.96) -> Interval:
    """A mean with `z` standard errors on both sides; `each`: what every image adds."""
    reach = z * float(each.std(dtype=np.float64)) / np.sqrt(len(each))
    return Interval(value, float(value - reach), float(value + reach))


def share_around(score: float, worth: np.ndarray, z: float = 1.96) -> Interval:
    """A share of right answers with the interval that `z` standard errors span: where all are right, it is not empty.

    `worth`: float [n], what each answer is worth, 0 where wrong. Answers of unequal worth count as fewer images.
    Source: Wilson 1927, "Probable Inference, the Law of Succession, and Statistical Inference"; the number of equally
    weighted images is Kish's.
    """
    right = worth[worth > 0].astype(np.float64)
    images = len(worth) * (float(right.sum() ** 2 / (len(right) * np.square(right).sum())) if len(right) else 1.0)
    value = min(max(score, 0.0), 1.0)
    middle = (value + z**2 / (2 * images)) / (1 + z**2 / images)
    reach = z / (1 + z**2 / images) * np.sqrt(value * (1 - value) / images + z**2 / (4 * images**2))
    return Interval(score, float(min(score, middle - reach)), float(max(score, middle + reach)))
