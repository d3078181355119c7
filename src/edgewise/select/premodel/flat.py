"""The premodel as one classifier over its models and "all will fail". NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from edgewise.select.premodel.chain import thaw
from edgewise.select.premodel.chooser import Choices
from edgewise.select.premodel.families import NAMES, Family, Frozen
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.neighbourhood import (
    Neighbourhood,
    neighbourhood_from_state,
    neighbourhood_state,
    say_voters,
)

KIND = "flat"


@dataclass(frozen=True, eq=False)
class Flat:
    """A `Chooser` that is a single multi-class classifier: a class for each model, and one more for "all will fail".

    The scores are those of all classes: shares of votes (knn) or of the leaf (tree), probabilities (nb), pairs won
    (svm with more than two classes) or margins (svm with two).
    Source: Sanz Marco et al. 2019, the "single" architecture beside the chain.
    Reading: neighbours vote by plurality, and of equally many votes the cheapest model's count, as scikit-learn takes
    the first class; where nobody lies within the radius, the class is "all will fail".
    """

    family: Family
    levels: int
    scaling: MinMax
    classifier: Neighbourhood | Frozen  # a neighbourhood has a column for each class, the fail class last

    @property
    def kind(self) -> str:
        return KIND

    @property
    def width(self) -> int:
        return len(self.scaling.minimum)

    def choose(self, features: np.ndarray) -> Choices:
        """The class that has most for it."""
        scaled = self.scaling.apply(features)
        if isinstance(self.classifier, Neighbourhood):
            votes, voters = self.classifier.poll(scaled)
            level = np.where(voters > 0, votes.argmax(axis=1), self.levels)
            return Choices(level, votes / np.maximum(voters, 1)[:, None], voters)
        scores = np.zeros((len(scaled), self.levels + 1))
        scores[:, self.classifier.codes], level = self.classifier.read(scaled)
        return Choices(level, scores)

    def why(self, choices: Choices, row: int, model: str) -> str:
        if isinstance(self.classifier, Neighbourhood):
            return say_voters(self.classifier, choices, row, int(choices.level[row]), model)
        return f"the {NAMES[self.family]} names {model}"

    def state(self) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray]]:
        values: dict[str, Any] = {"family": self.family, "levels": self.levels}
        arrays = {"minimum": self.scaling.minimum, "maximum": self.scaling.maximum}
        if isinstance(self.classifier, Neighbourhood):
            more_values, more_arrays = neighbourhood_state(self.classifier)
            return values | more_values, arrays | more_arrays
        return values, arrays | {f"classifier.{name}": array for name, array in vars(self.classifier).items()}

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError` or `TypeError` when the two do not fit."""
        scaling = MinMax(arrays["minimum"], arrays["maximum"])
        if values["family"] == "knn":
            classifier = neighbourhood_from_state(scaling, values, arrays)
        else:
            classifier = thaw(values["family"], arrays, "classifier.")
        return cls(values["family"], int(values["levels"]), scaling, classifier)
