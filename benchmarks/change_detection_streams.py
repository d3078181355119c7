"""Streams of one user's inputs, before and after a change, for `change_detection.py`: numbers, no images."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from prune_users_data import Network, User, baseline_answers, folders, validation

from edgewise.select.calibration import softmax

SMALL, LARGE = Network("ResNet-18", 160), Network("ResNet-50", 224)
POORER_SMALL, POORER_LARGE = Network("ResNet-18", 128), Network("ResNet-50", 160)
AUDITED = 0.02
RUN = 20  # inputs of one class in a row


@dataclass(frozen=True)
class Inputs:
    """What a detector is told of each input: how foreign it is, and, where it was audited, the mass outside."""

    scores: np.ndarray  # float64 [n]
    outside: np.ndarray  # float64 [n]
    audited: np.ndarray  # bool [n]


@dataclass(frozen=True)
class Images:
    """Of one user and all validation images: both networks' answers as the two numbers, and whose the images are."""

    scores: np.ndarray  # float64 [images]
    outside: np.ndarray  # float64 [images]
    poorer_scores: np.ndarray  # the same, of the images at fewer pixels
    poorer_outside: np.ndarray
    labels: np.ndarray  # int [images]: place among all classes
    own: np.ndarray  # int [classes of the user]
    blur: float  # standard deviation of what is added to each score

    @classmethod
    def of(cls, user: User, work: Path) -> "Images":
        _, labels = validation(folders())
        own = np.array([folders().index(name) for name in user.classes])
        energies = [_energy(baseline_answers(work, one)[:, one.columns(user)]) for one in (SMALL, POORER_SMALL)]
        masses = [
            1 - softmax(baseline_answers(work, one))[:, one.columns(user)].sum(axis=1).astype(np.float64)
            for one in (LARGE, POORER_LARGE)
        ]
        inside = [np.clip(mass, 0.0, 1.0) for mass in masses]
        known = energies[0][np.isin(labels, own)]
        blur = 1.06 * float(known.std()) * (len(known) // 2) ** -0.2
        return cls(energies[0], inside[0], energies[1], inside[1], labels, own, blur)

    def halves(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Two disjoint halves of the user's images, as places: for the calibration, and for the stream."""
        mixed = rng.permutation(np.flatnonzero(np.isin(self.labels, self.own)))
        return mixed[: len(mixed) // 2], mixed[len(mixed) // 2 :]

    def inputs(self, places: np.ndarray, rng: np.random.Generator, *, poorer: bool = False) -> Inputs:
        """These images as a stream, 2% of them audited by lot.

        Scores are blurred (a smoothed bootstrap; Silverman 1986, 6.4): a hundred images drawn over and over would never
        score above the greatest of them, and a detector that learned so from thousands would be too good to be true.
        """
        audited, blur = rng.random(len(places)) < AUDITED, rng.normal(0.0, self.blur, len(places))
        if poorer:
            return Inputs(self.poorer_scores[places] + blur, self.poorer_outside[places], audited)
        return Inputs(self.scores[places] + blur, self.outside[places], audited)

    def foreign(self) -> np.ndarray:
        """Places of all images of other classes."""
        return np.flatnonzero(~np.isin(self.labels, self.own))

    def in_runs(self, pool: np.ndarray, count: int, rng: np.random.Generator) -> np.ndarray:
        """Places drawn from a pool, 20 of one class in a row."""
        by_class = [pool[self.labels[pool] == one] for one in self.own]
        picked = rng.integers(0, len(by_class), -(-count // RUN))
        return np.concatenate([rng.choice(by_class[one], RUN) for one in picked])[:count]


Change = Callable[[Images, np.ndarray, int, np.random.Generator], Inputs]


def _mixed(
    images: Images, pool: np.ndarray, foreign: np.ndarray, share: np.ndarray, rng: np.random.Generator
) -> Inputs:
    """Of the pool, and with the probability `share` [n] of the foreign ones."""
    count = len(share)
    own, others = rng.choice(pool, count), rng.choice(foreign, count)
    return images.inputs(np.where(rng.random(count) < share, others, own), rng)


def _other_classes(images: Images, pool: np.ndarray, count: int, rng: np.random.Generator) -> Inputs:
    return _mixed(images, pool, images.foreign(), np.ones(count), rng)


def _half(images: Images, pool: np.ndarray, count: int, rng: np.random.Generator) -> Inputs:
    return _mixed(images, pool, images.foreign(), np.full(count, 0.5), rng)


def _a_tenth(images: Images, pool: np.ndarray, count: int, rng: np.random.Generator) -> Inputs:
    return _mixed(images, pool, images.foreign(), np.full(count, 0.1), rng)


def _another_user(images: Images, pool: np.ndarray, count: int, rng: np.random.Generator) -> Inputs:
    """Who shares two classes of five, and has three of the others."""
    shared = 2 * len(images.own) // 5
    kept = rng.choice(images.own, shared, replace=False)
    rest = np.setdiff1d(np.arange(images.labels.max() + 1), images.own)
    new = rng.choice(rest, len(images.own) - shared, replace=False)
    stay, come = pool[np.isin(images.labels[pool], kept)], np.flatnonzero(np.isin(images.labels, new))
    return _mixed(images, stay, come, np.full(count, 1 - shared / len(images.own)), rng)


def _gradually(images: Images, pool: np.ndarray, count: int, rng: np.random.Generator) -> Inputs:
    return _mixed(images, pool, images.foreign(), np.arange(count) / count, rng)


def _poorer(images: Images, pool: np.ndarray, count: int, rng: np.random.Generator) -> Inputs:
    return images.inputs(rng.choice(pool, count), rng, poorer=True)


CHANGES: dict[str, Change] = {
    "all of other classes": _other_classes,
    "half of other classes": _half,
    "a tenth of other classes": _a_tenth,
    "another user, who shares two classes of five": _another_user,
    "other classes come gradually": _gradually,
    "the same user, at fewer pixels": _poorer,
}
AT_ONCE: dict[str, Change] = {"half of other classes, from the first input on": _half}


def _energy(logits: np.ndarray) -> np.ndarray:
    return -np.logaddexp.reduce(logits.astype(np.float64), axis=1)
