"""The fitted premodel: looks at an image's features once, names one model or none. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.calibration import softmax
from edgewise.select.knn_chain import KnnChain
from edgewise.select.one_run import routes_of_one
from edgewise.select.selector import Answer, Refuse, Routes, Run, Seen, Step
from edgewise.select.trials import Trials

KIND = "premodel"


@dataclass(frozen=True, eq=False)
class Premodel:
    """A `Selector`: a chain of KNN levels over the models, cheapest first, and a policy for "all will fail".

    Source: Taylor et al. 2018, 3.1.
    """

    models: tuple[str, ...]  # that it may run, cheapest first: the levels' and the policy's
    feature_names: tuple[str, ...]
    levels: tuple[str, ...]  # the model of each level of the chain
    fail_model: str | None  # run where no model is expected right; None = refuse
    chain: KnnChain

    def __post_init__(self) -> None:
        needed = {*self.levels, *([] if self.fail_model is None else [self.fail_model])}
        if not needed <= set(self.models):
            raise UsageError(f"The premodel runs {sorted(needed)}, but may run {list(self.models)} only.")
        if len(self.levels) != self.chain.levels or len(self.feature_names) != len(self.chain.minimum):
            raise UsageError(
                f"{len(self.levels)} levels and {len(self.feature_names)} features are named; the chain has "
                f"{self.chain.levels} and {len(self.chain.minimum)}."
            )

    @property
    def kind(self) -> str:
        return KIND

    def decide(self, seen: Seen) -> Step:
        """Name a model from the features; once it has run, answer with its probabilities.

        A `Run` carries the share of yes votes of each level. Raises `UsageError` without features.
        """
        if seen.logits:
            model = next(reversed(list(seen.logits)))
            return Answer(softmax(seen.logits[model]), (model,), f"{model} was the one model chosen")
        if seen.features is None:
            raise UsageError(f"The premodel decides by the features {', '.join(self.feature_names)}; none were given.")
        votes = self.chain.votes(np.asarray(seen.features)[None])
        scores = tuple((votes[0] / self.chain.voters).tolist())
        level = int(self.chain.choose(votes)[0])
        if level < len(self.levels):
            why = f"{votes[0, level]} of the {self.chain.voters} nearest known images are for {self.levels[level]}"
            return Run(self.levels[level], why, scores)
        if self.fail_model is None:
            return Refuse("no model is expected to be right", scores)
        return Run(self.fail_model, f"no model is expected to be right; the policy runs {self.fail_model}", scores)

    def route(self, trials: Trials) -> Routes:
        """All decisions for all images; exactly what a loop over `decide` gives."""
        columns = [trials.models.index(model) for model in self.levels]
        columns.append(-1 if self.fail_model is None else trials.models.index(self.fail_model))
        chosen = np.asarray(columns, np.int64)[self.chain.choose(self.chain.votes(trials.columns(self.feature_names)))]
        return routes_of_one(trials, chosen)

    def state(self) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
        values = {
            "models": list(self.models),
            "feature_names": list(self.feature_names),
            "levels": list(self.levels),
            "fail_model": self.fail_model,
            "n_neighbors": self.chain.n_neighbors,
        }
        chain = self.chain
        arrays = {"points": chain.points, "labels": chain.labels, "minimum": chain.minimum, "maximum": chain.maximum}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> "Premodel":
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        levels = tuple(values["levels"])
        chain = KnnChain(
            points=arrays["points"],
            labels=arrays["labels"],
            minimum=arrays["minimum"],
            maximum=arrays["maximum"],
            n_neighbors=int(values["n_neighbors"]),
            levels=len(levels),
        )
        return cls(tuple(values["models"]), tuple(values["feature_names"]), levels, values["fail_model"], chain)
