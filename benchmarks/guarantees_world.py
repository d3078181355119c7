"""Two models whose every answer is drawn from a known distribution, so that true risks are formulas, not estimates."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from edgewise.select.calibration import fit_temperature
from edgewise.select.cascade.cascade import Cascade
from edgewise.select.feature_costs import FREE
from edgewise.select.selector import Selector
from edgewise.select.single import SingleModel
from edgewise.select.trials import Trials

SMALL, LARGE = "small", "large"


@dataclass(frozen=True)
class World:
    """Of two classes. The small model is right with its own confidence c = (1 + v) / 2, where v has the density 2v.

    The large model is right for `mends` of the images that the small one gets wrong, and for `keeps` of the others. So
    leaving the surest images to the small model gains accuracy, leaving it more loses some: nothing is monotone.
    A position s in 0..1 is a threshold on v: an image exits where v >= s.
    """

    mends: float = 0.9
    keeps: float = 0.98

    def draw(self, images: int, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """v float64 [n], and whether the small and the large model are right, bool [n] each."""
        v = np.sqrt(rng.random(images))
        small = rng.random(images) < (1 + v) / 2
        return v, small, rng.random(images) < np.where(small, self.keeps, self.mends)

    def trials(self, images: int, rng: np.random.Generator) -> Trials:
        """The same as logits of two models that take 1 and 10 ms."""
        v, small, large = self.draw(images, rng)
        labels = rng.integers(0, 2, images)
        sure = np.log((1 + v) / np.maximum(1 - v, 1e-9))
        return Trials(
            models=(SMALL, LARGE),
            logits=(_logits(labels, small, sure), _logits(labels, large, np.full(images, 3.0))),
            labels=labels,
            features=np.zeros((images, 0)),
            feature_names=(),
            times_ms=np.array([1.0, 10.0]),
            decode_ms=0.0,
            feature_costs=FREE,
        )

    def position(self, selector: Selector) -> float:
        """Where a selector of these models stands: 0 = the small model alone, 1 = always the large one."""
        if isinstance(selector, SingleModel):
            return 0.0 if selector.model == SMALL else 1.0
        assert isinstance(selector, Cascade)
        return position(selector.thresholds[0], selector.temperatures[0])

    def harm(self, s: float) -> float:
        """Images that exit wrong and that the large model has right."""
        return self.mends * self.wrong(s)

    def wrong(self, s: float) -> float:
        """Images that exit wrong."""
        return (_exits(s) - _sum_of_v(s)) / 2

    def accuracy(self, s: float) -> float:
        """Images answered right, by whichever model."""
        right, wrong = _exits(s) - self.wrong(s), self.wrong(s)
        all_right, all_wrong = _exits(0.0) - self.wrong(0.0), self.wrong(0.0)
        return right + self.keeps * (all_right - right) + self.mends * (all_wrong - wrong)

    def escalated(self, s: float) -> float:
        """Images sent to the large model."""
        return s**2


@dataclass(frozen=True)
class ThresholdPath:
    """A `PathMethod`: the cascade of both models at thresholds spread over the confidence, and each model alone."""

    thresholds: int = 40

    def fit_path(self, trials: Trials, prices: Sequence[float]) -> tuple[Selector, ...]:
        temperatures = tuple(fit_temperature(array, trials.labels) for array in trials.logits)
        cascades = (
            Cascade(trials.models, temperatures, (float(threshold),), average=False)
            for threshold in np.linspace(0.5, 1, self.thresholds + 2)[1:-1]
        )
        return (SingleModel(SMALL), *cascades, SingleModel(LARGE))


def position(threshold: float, temperature: float = 1.0) -> float:
    """The threshold on v that a threshold on the calibrated confidence amounts to."""
    if threshold >= 1:
        return 1.0
    sure = temperature * np.log(max(threshold, 0.5) / (1 - max(threshold, 0.5)))
    return float(np.tanh(sure / 2))


def _exits(s: float) -> float:
    return 1 - s**2


def _sum_of_v(s: float) -> float:
    """The integral of v over the images that exit."""
    return 2 / 3 * (1 - s**3)


def _logits(labels: np.ndarray, right: np.ndarray, sure: np.ndarray) -> np.ndarray:
    logits = np.zeros((len(labels), 2), np.float32)
    logits[np.arange(len(labels)), np.where(right, labels, 1 - labels)] = sure
    return logits
