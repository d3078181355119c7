"""The simplest selector: always the same model. The static baseline, and a selector for a zoo of one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.criterion import Criterion, score, top_k
from edgewise.select.one_run import routes_of_one
from edgewise.select.selector import Answer, Routes, Run, Seen, Step
from edgewise.select.trials import Trials, top_classes

KIND = "single"


@dataclass(frozen=True)
class SingleModel:
    """A `Selector` that runs one model whatever the image."""

    model: str

    @property
    def kind(self) -> str:
        return KIND

    @property
    def models(self) -> tuple[str, ...]:
        return (self.model,)

    @property
    def feature_names(self) -> tuple[str, ...]:
        return ()

    def decide(self, seen: Seen) -> Step:
        """Run the model, then answer with it."""
        if self.model in seen.logits:
            return Answer(softmax(seen.logits[self.model]), self.models, f"{self.model} answers every image")
        return Run(self.model, f"{self.model} answers every image")

    def route(self, trials: Trials) -> Routes:
        """The same decision for all images."""
        return routes_of_one(trials, np.full(len(trials), trials.models.index(self.model), np.int64))

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        return {"model": self.model}, {}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "SingleModel":
        """The inverse of `state`; it has no arrays."""
        return cls(str(values["model"]))


@dataclass(frozen=True)
class SingleMethod:
    """Fit by choosing the model that is most accurate on the given trials, the cheapest of equals; or take `model`."""

    model: str | None = None
    criterion: Criterion = "top1"

    def fit(self, trials: Trials) -> SingleModel:
        """Choose on all of `trials`. Raises `UsageError` when `model` is not in them."""
        if self.model is None:
            reached = [
                score(trials.labels, top_classes(logits, top_k(self.criterion)), self.criterion)
                for logits in trials.logits
            ]
            return SingleModel(trials.models[int(np.argmax(reached))])
        if self.model not in trials.models:
            raise UsageError(f"{self.model!r} is not in the trials.", f"Models are: {', '.join(trials.models)}.")
        return SingleModel(self.model)
