"""The fitted deferral head: after each model, what would the next one add to the probability of a right answer?"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.learned.logistic import Logistic
from edgewise.select.learned.outlook import joint_outlook, mean_of
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.stages import routes_of_stages
from edgewise.select.trials import Trials, top_classes

KIND = "deferral"
_CHUNK_ROWS = 4096


@dataclass(frozen=True, eq=False)
class DeferralHead:
    """What going on after a stage is expected to add."""

    gain: Logistic  # P(the next stage's answer is right and this one's wrong)
    loss: Logistic  # P(this stage's answer is right and the next one's wrong)
    ahead: np.ndarray | None = None
    """float64 [d + 1]: what the stages after the next one add, less their time; the bias last. None: there are none."""

    def net(self, columns: np.ndarray, classes: np.ndarray) -> np.ndarray:
        """float64 [n]: in probability of a right answer. `columns`: float64 [n, d]; `classes`: int [n]."""
        gain, loss = self.gain.scores(columns, classes), self.loss.scores(columns, classes)
        own = 0.5 * (np.tanh(0.5 * gain) - np.tanh(0.5 * loss))  # the difference of both probabilities
        if self.ahead is None:
            return own
        return own + np.maximum((columns * self.ahead[:-1]).sum(axis=1) + self.ahead[-1], 0.0)

    def arrays(self, prefix: str) -> dict[str, np.ndarray]:
        arrays = {**self.gain.arrays(f"{prefix}.gain"), **self.loss.arrays(f"{prefix}.loss")}
        return arrays if self.ahead is None else {**arrays, f"{prefix}.ahead": self.ahead}

    @classmethod
    def from_arrays(cls, prefix: str, arrays: Mapping[str, np.ndarray]) -> "DeferralHead":
        gain, loss = (Logistic.from_arrays(f"{prefix}.{event}", arrays) for event in ("gain", "loss"))
        return cls(gain, loss, arrays.get(f"{prefix}.ahead"))


@dataclass(frozen=True, eq=False)
class Deferral:
    """A `Selector`: each stage answers unless going on is expected to add more than its time is worth.

    With `average`, the answer is the mean of the calibrated probabilities of all stages run so far.
    Source: Jitkrittum et al. 2023, "When Does Confidence-Based Cascade Deferral Suffice?", 4.2 (post-hoc deferral).
    """

    models: tuple[str, ...]  # the stages, in the order in which they run
    temperatures: tuple[float, ...]  # one for each stage
    heads: tuple[DeferralHead, ...]  # one for each stage but the last
    least_gains: tuple[float, ...]  # one for each head: the price of the next stage's time
    average: bool

    def __post_init__(self) -> None:
        stages = len(self.models)
        if stages == 0 or not len(self.temperatures) == stages == len(self.heads) + 1 == len(self.least_gains) + 1:
            raise UsageError(
                f"A deferral of {stages} stages has {len(self.temperatures)} temperatures, {len(self.heads)} heads and "
                f"{len(self.least_gains)} least gains; it needs one stage at least, as many temperatures, and one head "
                "and one least gain less."
            )

    @property
    def kind(self) -> str:
        return KIND

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ()

    def decide(self, seen: Seen) -> Step:
        """After the stages that have run: answer, or run the next one where that is expected to add enough.

        The score is the expected net gain. Why earlier stages went on is not asked again.
        """
        ran = next((stage for stage, model in enumerate(self.models) if model not in seen.logits), len(self.models))
        if ran == 0:
            return Run(self.models[0], f"{self.models[0]} is the first stage")
        stages = zip(self.models[:ran], self.temperatures, strict=False)
        parts = [softmax(seen.logits[model], temperature)[None] for model, temperature in stages]
        mean = mean_of(parts)
        answer = mean if self.average else parts[-1]
        contributed = self.models[:ran] if self.average else (self.models[ran - 1],)
        if ran == len(self.models):
            return Answer(answer[0], contributed)
        net = float(self._net(ran - 1, mean, parts, answer)[0])
        why = f"{self.models[ran]} would add {net:+.3f}; its time is worth {self.least_gains[ran - 1]:.3f}"
        if net > self.least_gains[ran - 1]:
            return Run(self.models[ran], why, (net,))
        return Answer(answer[0], contributed, why, (net,))

    def route(self, trials: Trials) -> Routes:
        """All stages for all images; exactly what a loop over `decide` gives."""
        return routes_of_stages(self.models, self.walk, trials)

    def walk(self, logits: Sequence[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """The stage that answered, int64 [n], and the answer's best classes, int64 [n, 5 or fewer].

        `logits`: float [n, classes] of each stage. A stage is evaluated only for the images that reach it, some
        thousands at a time, so memory-mapped logits are read in part.
        """
        images, classes = logits[0].shape
        ended = np.empty(images, np.int64)
        top = np.empty((images, min(5, classes)), np.int64)
        for start in range(0, images, _CHUNK_ROWS):
            pending = np.arange(start, min(start + _CHUNK_ROWS, images))
            parts: list[np.ndarray] = []
            for stage, array in enumerate(logits):
                parts.append(softmax(array[pending], self.temperatures[stage]))
                mean = mean_of(parts)
                answer = mean if self.average else parts[-1]
                if stage == len(logits) - 1:
                    stops = np.ones(len(pending), bool)
                else:
                    stops = self._net(stage, mean, parts, answer) <= self.least_gains[stage]
                ended[pending[stops]] = stage
                top[pending[stops]] = top_classes(answer[stops], 5)
                pending, parts = pending[~stops], [part[~stops] for part in parts]
                if len(pending) == 0:
                    break
        return ended, top

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {
            "models": list(self.models),
            "temperatures": list(self.temperatures),
            "least_gains": list(self.least_gains),
            "average": self.average,
        }
        arrays: dict[str, np.ndarray] = {}
        for stage, head in enumerate(self.heads):
            arrays |= head.arrays(str(stage))
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Deferral":
        """The inverse of `state`."""
        least_gains = tuple(float(value) for value in values["least_gains"])
        return cls(
            models=tuple(values["models"]),
            temperatures=tuple(float(value) for value in values["temperatures"]),
            heads=tuple(DeferralHead.from_arrays(str(stage), arrays) for stage in range(len(least_gains))),
            least_gains=least_gains,
            average=bool(values["average"]),
        )

    def _net(self, stage: int, mean: np.ndarray, parts: Sequence[np.ndarray], answer: np.ndarray) -> np.ndarray:
        return self.heads[stage].net(joint_outlook(mean, parts), answer.argmax(axis=1))
