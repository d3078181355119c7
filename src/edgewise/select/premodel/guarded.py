"""A premodel whose doubtful choices are not followed. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.one_run import routes_of_one
from edgewise.select.premodel.conformal import Conformal
from edgewise.select.premodel.detector import DetectorMethod, WrongChoiceDetector
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.selector import Answer, Refuse, Routes, Run, Seen, Step
from edgewise.select.trials import Trials

KIND = "guarded premodel"


@dataclass(frozen=True, eq=False)
class GuardedPremodel:
    """A `Selector`: does what its premodel does, but where the choice is flagged it treats it as "all will fail".

    Source: Sanz Marco et al. 2019, 7.5, where a flagged choice falls back on a model named beforehand.
    """

    detector: WrongChoiceDetector
    epsilon: float

    @property
    def kind(self) -> str:
        return KIND

    @property
    def models(self) -> tuple[str, ...]:
        return self.detector.premodel.models

    @property
    def feature_names(self) -> tuple[str, ...]:
        return self.detector.premodel.feature_names

    def decide(self, seen: Seen) -> Step:
        """The premodel's step, or its policy's where the choice is flagged. Raises `UsageError` without features."""
        if seen.logits:
            model = next(reversed(list(seen.logits)))
            return Answer(softmax(seen.logits[model]), (model,))
        premodel = self.detector.premodel
        step = premodel.decide(seen)
        assert seen.features is not None
        _, flagged = self.detector.flags(np.asarray(seen.features)[None], (self.epsilon,))
        if not flagged[0, 0]:
            return step
        doubt = f"the choice is doubtful at epsilon {self.epsilon:g}"
        if premodel.fail_model is None:
            return Refuse(doubt, step.scores)
        return Run(premodel.fail_model, f"{doubt}; the policy runs {premodel.fail_model}", step.scores)

    def route(self, trials: Trials) -> Routes:
        """All decisions for all images; exactly what a loop over `decide` gives."""
        premodel = self.detector.premodel
        level, flagged = self.detector.flags(trials.columns(premodel.feature_names), (self.epsilon,))
        columns = [trials.models.index(model) for model in premodel.levels]
        columns.append(-1 if premodel.fail_model is None else trials.models.index(premodel.fail_model))
        level = np.where(flagged[0], len(premodel.levels), level)
        return routes_of_one(trials, np.asarray(columns, np.int64)[level])

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        parts = {"premodel": self.detector.premodel.state(), "conformal": self.detector.conformal.state()}
        values: dict[str, Any] = {"epsilon": self.epsilon, "rule": self.detector.rule}
        values |= {part: own for part, (own, _) in parts.items()}
        arrays = {f"{part}.{name}": array for part, (_, own) in parts.items() for name, array in own.items()}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "GuardedPremodel":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        premodel = Premodel.from_state(values["premodel"], _under("premodel.", arrays))
        conformal = Conformal.from_state(values["conformal"], _under("conformal.", arrays))
        return cls(WrongChoiceDetector(premodel, conformal, values["rule"]), float(values["epsilon"]))


@dataclass(frozen=True)
class GuardedMethod:
    """Fit a premodel with its detector, and follow unflagged choices alone."""

    detector: DetectorMethod = field(default_factory=DetectorMethod)
    epsilon: float = 0.05

    def fit(self, trials: Trials) -> GuardedPremodel:
        """Fit on all of `trials`. Raises `UsageError` as the detector does, and for an epsilon outside 0..1."""
        if not 0 <= self.epsilon <= 1:
            raise UsageError(f"Epsilon is {self.epsilon}; it must be from 0 to 1.", "0.05 is usual.")
        return GuardedPremodel(self.detector.fit(trials), self.epsilon)


def _under(prefix: str, arrays: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    return {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
