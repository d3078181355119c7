"""The fitted premodel: looks at an image's features once, names one model or none. NumPy alone."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.one_run import routes_of_one
from edgewise.select.premodel import chain, cnn, flat
from edgewise.select.premodel.chooser import Chooser
from edgewise.select.selector import Answer, Refuse, Routes, Run, Seen, Step
from edgewise.select.trials import Trials

KIND = "premodel"

_CHOOSERS: Mapping[str, Callable[[Mapping[str, Any], Mapping[str, np.ndarray]], Chooser]] = {
    chain.KIND: chain.Chain.from_state,
    cnn.KIND: cnn.Cnn.from_state,
    flat.KIND: flat.Flat.from_state,
}


@dataclass(frozen=True, eq=False)
class Premodel:
    """A `Selector`: a cheap classifier of features that names a model, and a policy for "all will fail".

    Source: Taylor et al. 2018, 3.1.
    """

    models: tuple[str, ...]  # that it may run, cheapest first: the levels' and the policy's
    feature_names: tuple[str, ...]
    levels: tuple[str, ...]  # the model of each level of the chooser
    fail_model: str | None  # run where no model is expected right; None = refuse
    chooser: Chooser

    def __post_init__(self) -> None:
        needed = {*self.levels, *([] if self.fail_model is None else [self.fail_model])}
        if not needed <= set(self.models):
            raise UsageError(f"The premodel runs {sorted(needed)}, but may run {list(self.models)} only.")
        if len(self.levels) != self.chooser.levels or len(self.feature_names) != self.chooser.width:
            raise UsageError(
                f"{len(self.levels)} levels and {len(self.feature_names)} features are named; the classifier has "
                f"{self.chooser.levels} and {self.chooser.width}."
            )

    @property
    def kind(self) -> str:
        return KIND

    def decide(self, seen: Seen) -> Step:
        """Name a model from the features; once it has run, answer with its probabilities.

        A `Run` carries the scores of the classifier. Raises `UsageError` without features.
        """
        if seen.logits:
            model = next(reversed(list(seen.logits)))
            return Answer(softmax(seen.logits[model]), (model,))
        if seen.features is None:
            raise UsageError(f"The premodel decides by the features {', '.join(self.feature_names)}; none were given.")
        choices = self.chooser.choose(np.asarray(seen.features)[None])
        scores = tuple(choices.scores[0].tolist())
        level = int(choices.level[0])
        if level < len(self.levels):
            return Run(self.levels[level], self.chooser.why(choices, 0, self.levels[level]), scores)
        if self.fail_model is None:
            return Refuse("no model is expected to be right", scores)
        return Run(self.fail_model, f"no model is expected to be right; the policy runs {self.fail_model}", scores)

    def route(self, trials: Trials) -> Routes:
        """All decisions for all images; exactly what a loop over `decide` gives."""
        columns = [trials.models.index(model) for model in self.levels]
        columns.append(-1 if self.fail_model is None else trials.models.index(self.fail_model))
        level = self.chooser.choose(trials.columns(self.feature_names)).level
        return routes_of_one(trials, np.asarray(columns, np.int64)[level])

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        chooser_values, arrays = self.chooser.state()
        values = {
            "models": list(self.models),
            "feature_names": list(self.feature_names),
            "levels": list(self.levels),
            "fail_model": self.fail_model,
            "chooser": self.chooser.kind,
            "chooser_state": dict(chooser_values),
        }
        return values, dict(arrays)

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Premodel":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        chooser = _CHOOSERS[values["chooser"]](values["chooser_state"], arrays)
        levels = tuple(values["levels"])
        return cls(tuple(values["models"]), tuple(values["feature_names"]), levels, values["fail_model"], chooser)
