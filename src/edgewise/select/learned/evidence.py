"""Trials as both methods look at them: calibrated, cut into folds, and only as many images as a question needs."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edgewise.select.calibration import fit_temperature
from edgewise.select.criterion import Criterion, image_weights, top_k
from edgewise.select.judge.folds import stratified_folds
from edgewise.select.learned.heads import FOLDS, Rows, Strength
from edgewise.select.learned.screen import Table, choose_strength, rights_table
from edgewise.select.learned.sights import Ran, Sight, gather_sights
from edgewise.select.trials import Trials

_SCREEN_ROWS = 2_000
_SCREEN_PRICES = 9
CHOICE_ROWS = 5_000  # images that plans are compared on
FIT_ROWS = 20_000  # images that what is chosen is fitted on: a dozen coefficients are settled long before


@dataclass(frozen=True, eq=False)
class Sample:
    """Some of the images, spread evenly over all."""

    index: np.ndarray  # int64 [n], rising
    rows: Rows


@dataclass(frozen=True, eq=False)
class Evidence:
    """Trials with a temperature for each model."""

    trials: Trials
    criterion: Criterion
    seed: int
    temperatures: tuple[float, ...]

    @classmethod
    def of(cls, trials: Trials, criterion: Criterion, seed: int) -> "Evidence":
        temperatures = tuple(fit_temperature(array, trials.labels) for array in trials.logits)
        return cls(trials, criterion, seed, temperatures)

    def sample(self, images: int) -> Sample:
        """`images` of the images at most."""
        index = np.linspace(0, len(self.trials) - 1, min(images, len(self.trials))).astype(np.int64)
        labels = self.trials.labels[index]
        fold = stratified_folds(labels, FOLDS, self.seed)
        return Sample(index, Rows(image_weights(labels, self.criterion), fold, self.trials.logits[0].shape[1]))

    def sights(self, sample: Sample, answered: Iterable[Ran], looked: Iterable[Ran]) -> dict[Ran, Sight]:
        """What is answered once the models of each of `answered` have run, and what is seen after those of `looked`."""
        return gather_sights(
            self.trials.logits,
            self.trials.labels,
            sample.index,
            self.temperatures,
            tuple(dict.fromkeys((*answered, *looked))),
            frozenset(looked),
            top_k(self.criterion),
        )

    def first_look(self) -> tuple[Table, Strength]:
        """What each model foretells of each other one, on some images, and the strength that serves best there."""
        sample = self.sample(_SCREEN_ROWS)
        singles: list[Ran] = [(model,) for model in range(len(self.trials.models))]
        sights = self.sights(sample, singles, singles)
        alone = [sights[ran] for ran in singles]
        strength = choose_strength(alone, sample.rows, self.trials.labels)
        return rights_table(alone, sample.rows, strength), strength


def some_prices(prices: np.ndarray) -> np.ndarray:
    """A few of the prices, spread evenly, for questions that need no more."""
    return prices[np.linspace(0, len(prices) - 1, min(len(prices), _SCREEN_PRICES)).astype(np.int64)]
