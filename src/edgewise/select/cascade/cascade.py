"""The fitted confidence cascade: run the cheapest model, stop when it is sure, else run the next. NumPy alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.trials import Trials, top_classes

KIND = "cascade"
_CHUNK_ROWS = 4096


@dataclass(frozen=True)
class Cascade:
    """A `Selector`: each stage answers when its calibrated confidence reaches its threshold; the last one always does.

    Confidence is the highest probability after temperature scaling. With `average`, answer and confidence are those of
    the mean of the calibrated probabilities of all stages run so far.
    Source: Wang et al. 2022, "Wisdom of Committees"; Wang et al. 2018, "IDK Cascades".
    """

    models: tuple[str, ...]  # the stages, cheapest first
    temperatures: tuple[float, ...]  # one for each stage
    thresholds: tuple[float, ...]  # one for each stage but the last; above 1 = always escalate
    average: bool

    def __post_init__(self) -> None:
        stages = len(self.models)
        if stages == 0 or len(self.temperatures) != stages or len(self.thresholds) != stages - 1:
            raise UsageError(
                f"A cascade of {stages} stages has {len(self.temperatures)} temperatures and {len(self.thresholds)} "
                "thresholds; it needs one stage at least, as many temperatures, and one threshold less."
            )

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
        total: np.ndarray | None = None
        for stage, model in enumerate(self.models):
            if model not in seen.logits:
                return Run(model, self._why_run(stage, scores), tuple(scores))
            probabilities = softmax(seen.logits[model], self.temperatures[stage])
            total = probabilities if total is None or not self.average else total + probabilities
            answer = total / np.float32(stage + 1) if self.average else probabilities
            scores.append(float(answer.max()))
            if stage == len(self.models) - 1:
                return Answer(answer, self._contributed(stage), f"{model} is the last stage", tuple(scores))
            if scores[-1] >= self.thresholds[stage]:
                why = f"confidence {scores[-1]:.3f} reaches {self.thresholds[stage]:.3f}"
                return Answer(answer, self._contributed(stage), why, tuple(scores))
        raise AssertionError("the last stage answers")

    def route(self, trials: Trials) -> Routes:
        """All stages for all images; exactly what a loop over `decide` gives."""
        columns = np.asarray([trials.models.index(model) for model in self.models])
        ended, top = self.walk([trials.logits[column] for column in columns])
        ran = np.zeros((len(trials), len(trials.models)), bool)
        ran[:, columns] = ended[:, None] >= np.arange(len(columns))
        return Routes(ran, columns[ended].astype(np.int64), top, ended + 2)

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
            total: np.ndarray | None = None
            for stage, array in enumerate(logits):
                probabilities = softmax(array[pending], self.temperatures[stage])
                total = probabilities if total is None or not self.average else total + probabilities
                answer = total / np.float32(stage + 1) if self.average else probabilities
                if stage == len(logits) - 1:
                    stops = np.ones(len(pending), bool)
                else:
                    stops = answer.max(axis=1).astype(np.float64) >= self.thresholds[stage]
                ended[pending[stops]] = stage
                top[pending[stops]] = top_classes(answer[stops], 5)
                pending, total = pending[~stops], total[~stops]
                if len(pending) == 0:
                    break
        return ended, top

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {
            "models": list(self.models),
            "temperatures": list(self.temperatures),
            "thresholds": list(self.thresholds),
            "average": self.average,
        }
        return values, {}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Cascade":
        """The inverse of `state`; it has no arrays."""
        return cls(
            models=tuple(values["models"]),
            temperatures=tuple(float(value) for value in values["temperatures"]),
            thresholds=tuple(float(value) for value in values["thresholds"]),
            average=bool(values["average"]),
        )

    def _contributed(self, stage: int) -> tuple[str, ...]:
        return self.models[: stage + 1] if self.average else (self.models[stage],)

    def _why_run(self, stage: int, scores: list[float]) -> str:
        if stage == 0:
            return f"{self.models[0]} is the cheapest stage"
        return f"confidence {scores[-1]:.3f} is under {self.thresholds[stage - 1]:.3f}"
