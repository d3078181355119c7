"""Expected utility, fitted: run one model, then the one that is worth most for its time, or none. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import IsotonicMap, softmax
from edgewise.select.learned.logistic import sigmoid
from edgewise.select.learned.outlook import mean_of, outlook
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.trials import Trials, top_classes

KIND = "utility"
_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class Foresight:
    """How likely each of several answers is right, foretold from what one model said."""

    weights: np.ndarray  # float64 [answers, d + 1]: a regression of each on the outlook; the bias last
    offsets: np.ndarray  # float64 [answers, classes]: by the class that the model named
    maps: tuple[IsotonicMap | None, ...]  # from the regression's probability to the calibrated one; None: it is that

    def of(self, answers: list[int]) -> "Foresight":
        """Of some of the answers, in that order."""
        return Foresight(self.weights[answers], self.offsets[answers], tuple(self.maps[answer] for answer in answers))

    def chances(self, columns: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """float64 [n, answers]: P(right). `columns`: float64 [n, d]; `classes`: int [n].

        Row by row in the same order whatever the number of rows.
        """
        scores = (columns[:, None] * self.weights[:, :-1]).sum(axis=2) + self.weights[:, -1] + self.offsets.T[classes]
        chances = sigmoid(scores)
        for answer, calibrated in enumerate(self.maps):
            if calibrated is not None:
                chances[:, answer] = calibrated(chances[:, answer])
        return chances


@dataclass(frozen=True, eq=False)
class Utility:
    """A `Selector`: argmax of P(right) - price * time over the answer at hand and what every other model would give.

    The first model always runs, and from its outputs all P are foretold; then at most one other runs, whichever it is.
    With `average`, the answer after it is the mean of both models' calibrated probabilities.
    """

    models: tuple[str, ...]  # the first to run, then those that may follow it, cheapest first
    temperatures: tuple[float, ...]  # one for each model
    foresight: Foresight  # of an answer that each gives
    costs: tuple[float, ...]  # price * time of each; 0 for the first, which has run
    average: bool

    def __post_init__(self) -> None:
        count = len(self.models)
        if count == 0 or not count == len(self.temperatures) == len(self.foresight.maps) == len(self.costs):
            raise UsageError(
                f"A utility over {count} models has {len(self.temperatures)} temperatures, {len(self.foresight.maps)} "
                f"regressions and {len(self.costs)} costs; it needs one model at least, and one of each for it."
            )

    @property
    def kind(self) -> str:
        return KIND

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ()

    def decide(self, seen: Seen) -> Step:
        """Run the first model; answer with it, or run the model that is worth most and answer with that.

        The scores are the utilities of all models' answers.
        """
        first = self.models[0]
        if first not in seen.logits:
            return Run(first, f"{first} is the first to run")
        parts = [softmax(seen.logits[first], self.temperatures[0])[None]]
        for place, model in enumerate(self.models[1:], start=1):
            if model in seen.logits:
                parts.append(softmax(seen.logits[model], self.temperatures[place])[None])
                contributed = (first, model) if self.average else (model,)
                return Answer((mean_of(parts) if self.average else parts[-1])[0], contributed)
        if len(self.models) == 1:
            return Answer(parts[0][0], self.models, f"{first} answers every image")
        utilities = self._utilities(parts[0])[0]
        best = int(utilities.argmax())
        scores = tuple(utilities.tolist())
        if best == 0:
            return Answer(parts[0][0], (first,), f"no other model is worth more than {first}'s {scores[0]:.3f}", scores)
        return Run(
            self.models[best], f"worth {scores[best]:.3f} after its time, {first}'s answer {scores[0]:.3f}", scores
        )

    def route(self, trials: Trials) -> Routes:
        """Both steps for all images; exactly what a loop over `decide` gives."""
        columns = np.asarray([trials.models.index(model) for model in self.models])
        chosen, top = self.walk([trials.logits[column] for column in columns])
        ran = np.zeros((len(trials), len(trials.models)), bool)
        ran[:, columns[0]] = True
        ran[np.arange(len(trials)), columns[chosen]] = True
        return Routes(ran, columns[chosen].astype(np.int64), top, np.where(chosen == 0, 2, 3).astype(np.int64))

    def walk(self, logits: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The model that ran last, int64 [n], and the answer's best classes, int64 [n, 5 or fewer].

        `logits`: float [n, classes] of each model; those of the others are read only for the images that they get.
        """
        images, classes = logits[0].shape
        chosen = np.zeros(images, np.int64)
        top = np.empty((images, min(5, classes)), np.int64)
        for start in range(0, images, _CHUNK_ROWS):
            rows = np.arange(start, min(start + _CHUNK_ROWS, images))
            first = softmax(logits[0][rows], self.temperatures[0])
            if len(self.models) > 1:
                chosen[rows] = self._utilities(first).argmax(axis=1)
            for model in np.unique(chosen[rows]):
                own = chosen[rows] == model
                answer = first[own]
                if model > 0:
                    last = softmax(logits[model][rows[own]], self.temperatures[model])
                    answer = mean_of([answer, last]) if self.average else last
                top[rows[own]] = top_classes(answer, 5)
        return chosen, top

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {
            "models": list(self.models),
            "temperatures": list(self.temperatures),
            "costs": list(self.costs),
            "average": self.average,
        }
        arrays = {"weights": self.foresight.weights, "offsets": self.foresight.offsets}
        for place, calibrated in enumerate(self.foresight.maps):
            if calibrated is not None:
                arrays[f"map.{place}"] = np.stack([calibrated.signals, calibrated.probabilities])
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Utility":
        """The inverse of `state`."""
        models = tuple(values["models"])
        known = (arrays.get(f"map.{place}") for place in range(len(models)))
        maps = tuple(None if pair is None else IsotonicMap(pair[0], pair[1]) for pair in known)
        return cls(
            models=models,
            temperatures=tuple(float(value) for value in values["temperatures"]),
            foresight=Foresight(arrays["weights"], arrays["offsets"], maps),
            costs=tuple(float(value) for value in values["costs"]),
            average=bool(values["average"]),
        )

    def _utilities(self, first: np.ndarray) -> np.ndarray:
        """float64 [n, models]. `first`: probabilities float32 [n, classes] of the first model."""
        return self.foresight.chances(outlook(first), first.argmax(axis=1)) - np.asarray(self.costs)
