"""The fitted confidence cascade: run the first model, stop when it is sure, else run the next. NumPy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import IsotonicMap, VectorScaling, softmax
from edgewise.select.cascade.signals import Signal, signal_of
from edgewise.select.cascade.weights import weighted_mean
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.stages import routes_of_stages
from edgewise.select.trials import Trials, top_classes

KIND = "cascade"
_CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Cascade:
    """A `Selector`: each stage answers when its confidence reaches its threshold; the last one always does.

    Confidence is a signal of the calibrated probabilities. With `average`, answer and confidence are those of the
    weighted mean of the probabilities of all stages run so far.
    Source: Wang et al. 2022, "Wisdom of Committees"; Wang et al. 2018, "IDK Cascades".
    """

    models: tuple[str, ...]  # the stages, in the order in which they run
    temperatures: tuple[float, ...]  # one for each stage
    thresholds: tuple[float, ...]  # one for each stage but the last; above 1 = always escalate
    average: bool
    signal: Signal = "max-prob"
    weights: tuple[tuple[float, ...], ...] = ()
    """Where averaged, for each stage: what it and those before it count, of sum 1; empty = all the same."""
    scalings: tuple[VectorScaling, ...] = ()  # one for each stage, applied before its temperature; empty = none
    maps: tuple[IsotonicMap, ...] = ()
    """One for each stage, from the signal to the probability of a right answer; empty = the signal is confidence."""

    def __post_init__(self) -> None:
        stages = len(self.models)
        if stages == 0 or len(self.temperatures) != stages or len(self.thresholds) != stages - 1:
            raise UsageError(
                f"A cascade of {stages} stages has {len(self.temperatures)} temperatures and {len(self.thresholds)} "
                "thresholds; it needs one stage at least, as many temperatures, and one threshold less."
            )
        if self.weights and [len(row) for row in self.weights] != list(range(1, stages + 1)):
            raise UsageError(
                f"Weights are one for each stage so far, of each of {stages} stages; they are {self.weights}."
            )
        if any(given and len(given) != stages for given in (self.scalings, self.maps)):
            raise UsageError(
                f"A cascade of {stages} stages has {len(self.scalings)} vector scalings and {len(self.maps)} isotonic "
                "maps; it needs one for each stage, or none."
            )
        signal_of(np.ones(2, np.float32), self.signal)

    @property
    def kind(self) -> str:
        return KIND

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ()

    def decide(self, seen: Seen) -> Step:
        """Go through the stages that have run; answer at the first that is sure enough, or run the next.

        The scores are the confidences of the stages so far.
        """
        scores: list[float] = []
        ran: list[np.ndarray] = []
        for stage, model in enumerate(self.models):
            if model not in seen.logits:
                return Run(model, self._why_run(stage, scores), tuple(scores))
            ran.append(self._probabilities(stage, seen.logits[model]))
            answer = self._answer(ran)
            scores.append(float(self._confidence(stage, answer)))
            if stage == len(self.models) - 1:
                return Answer(answer, self._contributed(stage), f"{model} is the last stage", tuple(scores))
            if scores[-1] >= self.thresholds[stage]:
                why = f"confidence {scores[-1]:.3f} reaches {self.thresholds[stage]:.3f}"
                return Answer(answer, self._contributed(stage), why, tuple(scores))
        raise AssertionError("the last stage answers")

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
            ran: list[np.ndarray] = []
            for stage, array in enumerate(logits):
                ran.append(self._probabilities(stage, array[pending]))
                answer = self._answer(ran)
                if stage == len(logits) - 1:
                    stops = np.ones(len(pending), bool)
                else:
                    stops = self._confidence(stage, answer).astype(np.float64) >= self.thresholds[stage]
                ended[pending[stops]] = stage
                top[pending[stops]] = top_classes(answer[stops], 5)
                pending, ran = pending[~stops], [before[~stops] for before in ran]
                if len(pending) == 0:
                    break
        return ended, top

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {
            "models": list(self.models),
            "temperatures": list(self.temperatures),
            "thresholds": list(self.thresholds),
            "average": self.average,
            "signal": self.signal,
            "weights": [list(row) for row in self.weights],
            "scalings": len(self.scalings),
            "maps": len(self.maps),
        }
        arrays: dict[str, np.ndarray] = {}
        for stage, scaling in enumerate(self.scalings):
            arrays |= {f"scale_{stage}": scaling.scale, f"bias_{stage}": scaling.bias}
        for stage, rising in enumerate(self.maps):
            arrays |= {f"signals_{stage}": rising.signals, f"probabilities_{stage}": rising.probabilities}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Cascade":
        """The inverse of `state`; what was stored before there were signals and weights has none."""
        return cls(
            models=tuple(values["models"]),
            temperatures=tuple(float(value) for value in values["temperatures"]),
            thresholds=tuple(float(value) for value in values["thresholds"]),
            average=bool(values["average"]),
            signal=values.get("signal", "max-prob"),
            weights=tuple(tuple(float(value) for value in row) for row in values.get("weights", ())),
            scalings=tuple(
                VectorScaling(arrays[f"scale_{stage}"], arrays[f"bias_{stage}"])
                for stage in range(values.get("scalings", 0))
            ),
            maps=tuple(
                IsotonicMap(arrays[f"signals_{stage}"], arrays[f"probabilities_{stage}"])
                for stage in range(values.get("maps", 0))
            ),
        )

    def _probabilities(self, stage: int, logits: np.ndarray) -> np.ndarray:
        """float32 [..., classes]: what the stage's own model says, calibrated."""
        scaled = self.scalings[stage](logits) if self.scalings else logits
        return softmax(scaled, self.temperatures[stage])

    def _answer(self, ran: Sequence[np.ndarray]) -> np.ndarray:
        """float32 [..., classes]: what the stages so far say together.

        The mean is summed in the order of the models' names, so the order of stages never changes it, to the last bit.
        """
        if not self.average or len(ran) == 1:
            return ran[-1]
        weights = self.weights[len(ran) - 1] if self.weights else (1 / len(ran),) * len(ran)
        order = sorted(range(len(ran)), key=self.models.__getitem__)
        return weighted_mean([ran[stage] for stage in order], [weights[stage] for stage in order])

    def _confidence(self, stage: int, answer: np.ndarray) -> np.ndarray:
        """float32 [...]: how sure the answer at a stage is."""
        signal = signal_of(answer, self.signal)
        return self.maps[stage](signal) if self.maps else signal

    def _contributed(self, stage: int) -> tuple[str, ...]:
        return self.models[: stage + 1] if self.average else (self.models[stage],)

    def _why_run(self, stage: int, scores: list[float]) -> str:
        if stage == 0:
            return f"{self.models[0]} is the first stage"
        return f"confidence {scores[-1]:.3f} is under {self.thresholds[stage - 1]:.3f}"
