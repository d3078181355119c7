"""How expected utility is fitted: the first model and averaging are chosen by what they reach on images held out."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import fit_isotonic
from edgewise.select.criterion import Criterion
from edgewise.select.learned.evidence import CHOICE_ROWS, FIT_ROWS, Evidence, some_prices
from edgewise.select.learned.heads import FOLDS, Rows, Strength, cross_scores, head_of
from edgewise.select.learned.induction import Sighted
from edgewise.select.learned.logistic import sigmoid
from edgewise.select.learned.screen import Table
from edgewise.select.learned.sights import Ran
from edgewise.select.learned.utility import Foresight, Utility
from edgewise.select.trials import Trials

Average = bool | Literal["auto"]
Isotonic = bool | Literal["auto"]
_KEPT = 2  # first models from the screen at each price


@dataclass(frozen=True)
class UtilityMethod:
    """Fit a `Utility` for each price: heads once per first model, then price by price the first that is worth most.

    `average`: answer with the mean of both models run; "auto": whatever is worth more at a price on images held out.
    `isotonic`: calibrate the heads' probabilities by isotonic regression on images that they have not seen; "auto":
    those that it brings nearer to the truth on further images, by a standard error at least. Of all heads, from 800
    drawn images, it costs 0.1 to 0.3 points: a regression is nearly calibrated by itself, and steps are coarse.
    """

    criterion: Criterion = "top1"
    average: Average = "auto"
    isotonic: Isotonic = "auto"
    seed: int = 0

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Utility, ...]:
        """A utility for each price. Learns from `trials` alone.

        Raises `UsageError` for settings that cannot be, or too few images to cut into three.
        """
        if self.average not in (True, False, "auto"):
            raise UsageError(f"average is {self.average!r}; it must be True, False or 'auto'.")
        if self.isotonic not in (True, False, "auto"):
            raise UsageError(f"isotonic is {self.isotonic!r}; it must be True, False or 'auto'.")
        evidence = Evidence.of(trials, self.criterion, self.seed)
        return _Learner(self, evidence, np.asarray(prices, np.float64)).path()


@dataclass(frozen=True)
class _Start:
    """Which model runs first, and whether answers are averaged."""

    first: int
    average: bool

    def answers(self, models: int) -> list[Ran]:
        """What is answered with when each model has run: the first, it and another one, or the other one alone."""
        together = self.average
        return [(self.first, model) if together and model != self.first else (model,) for model in range(models)]


@dataclass(frozen=True, eq=False)
class _Foretold:
    """All images after the first model has run."""

    right: np.ndarray  # bool [n, m]: the answer once that model has run
    scores: np.ndarray  # float64 [n, m]: P(right) before the maps, from heads that have not seen the image
    mapped: tuple[bool, ...]  # which of them get a map
    chances: np.ndarray  # float64 [n, m]: after them; neither head nor map has seen the image


@dataclass(frozen=True, eq=False)
class _Learner:
    """One fit: screen the first models, compare the best starts, fit those that win at some price."""

    method: UtilityMethod
    evidence: Evidence
    prices: np.ndarray

    def path(self) -> tuple[Utility, ...]:
        table, strength = self.evidence.first_look()
        starts = self._best(self._starts(table), strength)
        after = self._after(list(dict.fromkeys(starts)), strength, FIT_ROWS)
        found: dict[int, Utility] = {}
        for start in dict.fromkeys(starts):
            places = [place for place, own in enumerate(starts) if own == start]
            found |= dict(zip(places, self._utilities(start, after, self.prices[places]), strict=True))
        return tuple(found[place] for place in range(len(starts)))

    def _starts(self, table: Table) -> list[_Start]:
        times_ms = self.evidence.trials.times_ms
        firsts: dict[int, None] = {}
        for price in some_prices(self.prices):
            values = [
                _worth(table.right.T, chances.T, price * times_ms, first, table.weights)
                for first, chances in enumerate(table.chances)
            ]
            firsts |= dict.fromkeys(np.argsort(-np.asarray(values), kind="stable")[:_KEPT].tolist())
        averaging = (False, True) if self.method.average == "auto" else (bool(self.method.average),)
        return [_Start(first, average) for first in firsts for average in averaging]

    def _best(self, starts: list[_Start], strength: Strength) -> list[_Start]:
        """For each price the start that is worth most on images held out."""
        after = self._after(starts, strength, CHOICE_ROWS)
        weights = after.rows.weights / after.rows.weights.sum()
        values = np.empty((len(starts), len(self.prices)))
        for place, start in enumerate(starts):
            foretold = self._foretold(start, after)
            for column, price in enumerate(self.prices):
                costs = price * self.evidence.trials.times_ms
                values[place, column] = _worth(foretold.right, foretold.chances, costs, start.first, weights)
        return [starts[place] for place in values.argmax(axis=0)]

    def _after(self, starts: list[_Start], strength: Strength, images: int) -> Sighted:
        """What is seen and answered after each start."""
        sample = self.evidence.sample(images)
        models = len(self.evidence.trials.models)
        answered = [ran for start in starts for ran in start.answers(models)]
        sights = self.evidence.sights(sample, answered, [(start.first,) for start in starts])
        return Sighted(sights, sample.rows, strength)

    def _lesson(self, start: _Start, after: Sighted) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """What is seen after the first model: columns and classes; and bool [n, m]: whether each answer is right."""
        first = after.sights[(start.first,)]
        answers = [after.sights[ran] for ran in start.answers(len(self.evidence.trials.models))]
        return first.columns, first.top, np.column_stack([sight.answer(start.average)[1] for sight in answers])

    def _foretold(self, start: _Start, after: Sighted) -> _Foretold:
        columns, classes, right = self._lesson(start, after)
        scores = [cross_scores(columns, classes, event, after.rows, after.strength) for event in right.T]
        scores = sigmoid(np.column_stack(scores))
        if self.method.isotonic is False:
            return _Foretold(right, scores, (False,) * right.shape[1], scores)
        chances = np.column_stack([_cross_map(s, r, after.rows) for s, r in zip(scores.T, right.T, strict=True)])
        better = _clearly_better(chances, scores, right, after.rows.weights)
        mapped = np.ones_like(better) if self.method.isotonic is True else better
        return _Foretold(right, scores, tuple(mapped.tolist()), np.where(mapped, chances, scores))

    def _utilities(self, start: _Start, after: Sighted, prices: np.ndarray) -> list[Utility]:
        """One for each price; models that no image would be sent to are left out."""
        foretold = self._foretold(start, after)
        foresight = self._foresight(start, after, foretold)
        trials, found = self.evidence.trials, list[Utility]()
        for price in prices:
            costs = price * trials.times_ms
            chosen = np.unique(_choices(foretold.chances, costs, start.first)).tolist()
            used = [start.first, *(model for model in chosen if model != start.first)]
            models = tuple(trials.models[model] for model in used)
            temperatures = tuple(self.evidence.temperatures[model] for model in used)
            later = tuple(float(costs[model]) for model in used[1:])
            found.append(Utility(models, temperatures, foresight.of(used), (0.0, *later), start.average))
        return found

    def _foresight(self, start: _Start, after: Sighted, foretold: _Foretold) -> Foresight:
        """Fitted on all images; the maps on what heads say of images that they have not seen."""
        columns, classes, right = self._lesson(start, after)
        heads = [head_of(columns, classes, event, after.rows, after.strength) for event in right.T]
        maps = [
            fit_isotonic(scores, event, after.rows.weights) if mapped else None
            for scores, event, mapped in zip(foretold.scores.T, right.T, foretold.mapped, strict=True)
        ]
        weights = np.asarray([np.append(head.weights, head.bias) for head in heads])
        return Foresight(weights, np.asarray([head.offsets for head in heads]), tuple(maps))


def _clearly_better(chances: np.ndarray, scores: np.ndarray, right: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """bool [m]: the mapped chances [n, m] are nearer to the truth in squares, by a standard error at least."""
    gains = weights[:, None] * ((scores - right) ** 2 - (chances - right) ** 2)
    return gains.mean(axis=0) > gains.std(axis=0) / np.sqrt(len(gains))


def _choices(chances: np.ndarray, costs: np.ndarray, first: int) -> np.ndarray:
    """int64 [n]: the model of the greatest utility; of equals the first to run."""
    utilities = chances - costs
    utilities[:, first] = chances[:, first]
    best = utilities.argmax(axis=1)
    return np.where(utilities[np.arange(len(best)), best] > utilities[:, first], best, first)


def _worth(right: np.ndarray, chances: np.ndarray, costs: np.ndarray, first: int, weights: np.ndarray) -> float:
    """Right answers less the price of time, per image. `right`, `chances`: [n, m]; `weights`: [n], of sum 1."""
    chosen = _choices(chances, costs, first)
    gained = right[np.arange(len(chosen)), chosen] - np.where(chosen == first, 0.0, costs[chosen])
    return float(weights @ gained - costs[first])


def _cross_map(scores: np.ndarray, right: np.ndarray, rows: Rows) -> np.ndarray:
    """float64 [n]: calibrated by maps that have not seen the image."""
    chances = np.empty_like(scores)
    for held_out in range(FOLDS):
        own, other = rows.fold == held_out, rows.fold != held_out
        chances[own] = fit_isotonic(scores[other], right[other], rows.weights[other])(scores[own])
    return chances
