"""What can be promised of a selector with probability 1 - delta, and how it is tested."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.guarantee.p_values import betting_p, binomial_p
from edgewise.select.guarantee.tried import Tried

_HALVINGS = 40
_MOST_IMAGES = 10_000_000


class Claim(Protocol):
    """A figure that is to reach a target; every method takes J selectors and gives J figures."""

    @property
    def target(self) -> float: ...

    def words(self, target: float, reference: str) -> str:
        """The promise of a target as a clause; `reference` is the model compared with."""
        ...

    def p_values(self, tried: Tried) -> np.ndarray:
        """For "the target is missed"."""
        ...

    def figures(self, tried: Tried) -> np.ndarray:
        """What the target is held against."""
        ...

    def costs(self, tried: Tried) -> np.ndarray:
        """What is wanted small among those certified."""
        ...

    def risks(self, tried: Tried) -> np.ndarray:
        """The figure turned so that less is better."""
        ...

    def nearest(self, tried: Tried, delta: float) -> float:
        """The best target that the first selector could have been certified for."""
        ...

    def images_needed(self, tried: Tried, delta: float) -> float:
        """About how many calibration images the first selector needs for the target; infinite where none would do."""
        ...


@dataclass(frozen=True)
class AccuracyClaim:
    """The share of images answered right is at least `target`."""

    target: float

    def __post_init__(self) -> None:
        _check_share(self.target, "The accuracy")

    def words(self, target: float, reference: str) -> str:
        return f"at least {target:.2%} of images are answered right"

    def p_values(self, tried: Tried) -> np.ndarray:
        return binomial_p((~tried.right).sum(axis=0), np.asarray(len(tried.right)), 1 - self.target)

    def figures(self, tried: Tried) -> np.ndarray:
        return tried.right.mean(axis=0)

    def costs(self, tried: Tried) -> np.ndarray:
        return tried.mean_ms

    def risks(self, tried: Tried) -> np.ndarray:
        return 1 - self.figures(tried)

    def nearest(self, tried: Tried, delta: float) -> float:
        return 1 - _most_wrong(int((~tried.right[:, 0]).sum()), len(tried.right), delta)

    def images_needed(self, tried: Tried, delta: float) -> float:
        reached = float(self.figures(tried)[0])
        return _normal_images(reached - self.target, reached * (1 - reached), delta)


@dataclass(frozen=True)
class LossClaim:
    """The accuracy is at most `target` under that of the model compared with, on the same images."""

    target: float

    def __post_init__(self) -> None:
        _check_share(self.target, "The loss")

    def words(self, target: float, reference: str) -> str:
        return f"the accuracy is at most {100 * target:.3g} points under that of {reference}"

    def p_values(self, tried: Tried) -> np.ndarray:
        return betting_p((self._lost(tried) + 1) / 2, (self.target + 1) / 2)

    def figures(self, tried: Tried) -> np.ndarray:
        return self._lost(tried).mean(axis=0)

    def costs(self, tried: Tried) -> np.ndarray:
        return tried.mean_ms

    def risks(self, tried: Tried) -> np.ndarray:
        return self.figures(tried)

    def nearest(self, tried: Tried, delta: float) -> float:
        losses = (self._lost(tried)[:, :1] + 1) / 2
        low, high = float(losses.mean()), 1 - 1e-9
        for _ in range(_HALVINGS):
            middle = (low + high) / 2
            certified = betting_p(losses, middle)[0] <= delta
            low, high = (low, middle) if certified else (middle, high)
        return 2 * high - 1

    def images_needed(self, tried: Tried, delta: float) -> float:
        lost = self._lost(tried)[:, 0]
        return _normal_images(self.target - float(lost.mean()), float(lost.var()), delta)

    def _lost(self, tried: Tried) -> np.ndarray:
        """float64 [n, J]: 1 where the model alone is right, -1 where the selector alone is."""
        return tried.reference[:, None].astype(np.float64) - tried.right


@dataclass(frozen=True)
class SelectiveClaim:
    """Of the images that are answered, at most `target` are answered wrong."""

    target: float

    def __post_init__(self) -> None:
        _check_share(self.target, "The risk")

    def words(self, target: float, reference: str) -> str:
        return f"at most {target:.2%} of the answers given are wrong"

    def p_values(self, tried: Tried) -> np.ndarray:
        # Given how many images are answered, the wrong ones among them are binomial: the exact test applies.
        return binomial_p(self._wrong(tried), tried.answered.sum(axis=0), self.target)

    def figures(self, tried: Tried) -> np.ndarray:
        return self._wrong(tried) / np.maximum(tried.answered.sum(axis=0), 1)

    def costs(self, tried: Tried) -> np.ndarray:
        # Refusing more is always cheaper and safer, so what is wanted here is to answer.
        return 1 - tried.answered.mean(axis=0)

    def risks(self, tried: Tried) -> np.ndarray:
        return self.figures(tried)

    def nearest(self, tried: Tried, delta: float) -> float:
        answered = int(tried.answered[:, 0].sum())
        return _most_wrong(int(self._wrong(tried)[0]), answered, delta) if answered else 1.0

    def images_needed(self, tried: Tried, delta: float) -> float:
        risk, share = float(self.figures(tried)[0]), float(tried.answered[:, 0].mean())
        return _normal_images(self.target - risk, risk * (1 - risk), delta) / share if share else np.inf

    def _wrong(self, tried: Tried) -> np.ndarray:
        return (tried.answered & ~tried.right).sum(axis=0)


def _most_wrong(wrong: int, images: int, delta: float) -> float:
    """The upper end of Clopper and Pearson's one-sided interval for a share."""
    from scipy.special import bdtri

    return 1.0 if wrong == images else float(bdtri(wrong, images, delta))


def _normal_images(room: float, variance: float, delta: float) -> float:
    """Roughly how many images show a difference of `room`; a sure thing takes log(1/delta) / room."""
    from scipy.special import ndtri

    if room <= 0:
        return np.inf
    needed = max(float(ndtri(1 - delta)) ** 2 * variance / room**2, -np.log(delta) / room)
    return float(np.ceil(needed)) if needed < _MOST_IMAGES else np.inf


def _check_share(value: float, what: str) -> None:
    if not 0 < value < 1:
        raise UsageError(f"{what} asked for is {value:g}; it must be above 0 and under 1.", "Write 0.9 for 90%.")
