"""The premodel as a chain of yes-or-no classifiers, one per model: the first yes wins. NumPy alone."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np

from edgewise.select.premodel.chooser import Choices
from edgewise.select.premodel.families import FROZEN, NAMES, Family, Frozen
from edgewise.select.premodel.knn_chain import first_yes
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.neighbourhood import (
    Neighbourhood,
    neighbourhood_from_state,
    neighbourhood_state,
    say_voters,
)

KIND = "chain"


@dataclass(frozen=True, eq=False)
class Chain:
    """A `Chooser` of levels of any families, cheapest model first; all KNN levels share one neighbour search.

    The score of a level is the share of yes votes (knn), of yes rows in the leaf (tree), the probability of a yes (nb)
    or the margin, above 0 for a yes (svm).
    Source: Taylor et al. 2018, 3.1 and Figure 10.
    """

    families: tuple[Family, ...]  # of each level
    scaling: MinMax
    neighbours: Neighbourhood | None  # has a column for each level of the family knn, in their order
    classifiers: tuple[Frozen, ...]  # the other levels, in their order; code 1 is yes

    @property
    def kind(self) -> str:
        return KIND

    @property
    def levels(self) -> int:
        return len(self.families)

    @property
    def width(self) -> int:
        return len(self.scaling.minimum)

    def choose(self, features: np.ndarray) -> Choices:
        """Ask all levels; the first that says yes wins."""
        scaled = self.scaling.apply(features)
        yes = np.zeros((len(scaled), self.levels), bool)
        scores = np.zeros((len(scaled), self.levels))
        voters = None
        if self.neighbours is not None:
            votes, voters = self.neighbours.poll(scaled)
            columns = [level for level, family in enumerate(self.families) if family == "knn"]
            yes[:, columns] = 2 * votes > voters[:, None]
            scores[:, columns] = votes / np.maximum(voters, 1)[:, None]
        others = [level for level, family in enumerate(self.families) if family != "knn"]
        for level, classifier in zip(others, self.classifiers, strict=True):
            of_codes, named = classifier.read(scaled)
            yes[:, level] = named == 1
            scores[:, level] = of_codes[:, classifier.codes == 1].sum(axis=1)
        return Choices(first_yes(yes), scores, voters)

    def why(self, choices: Choices, row: int, model: str) -> str:
        level = int(choices.level[row])
        if self.families[level] == "knn" and self.neighbours is not None:
            return say_voters(self.neighbours, choices, row, level, model)
        return f"the {NAMES[self.families[level]]} of {model} says yes"

    def state(self) -> tuple[Mapping[str, Any], Mapping[str, np.ndarray]]:
        values: dict[str, Any] = {"families": list(self.families)}
        arrays = {"minimum": self.scaling.minimum, "maximum": self.scaling.maximum}
        if self.neighbours is not None:
            more_values, more_arrays = neighbourhood_state(self.neighbours)
            values |= more_values
            arrays |= more_arrays
        for place, classifier in enumerate(self.classifiers):
            arrays |= {f"classifier{place}.{name}": array for name, array in vars(classifier).items()}
        return values, arrays

    @classmethod
    def from_state(cls, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]) -> Self:
        """The inverse of `state`. Raises `KeyError`, `TypeError` or `UsageError` when the two do not fit."""
        families = tuple(values["families"])
        scaling = MinMax(arrays["minimum"], arrays["maximum"])
        neighbours = neighbourhood_from_state(scaling, values, arrays) if "knn" in families else None
        others = [family for family in families if family != "knn"]
        classifiers = tuple(thaw(family, arrays, f"classifier{place}.") for place, family in enumerate(others))
        return cls(families, scaling, neighbours, classifiers)


def thaw(family: Family, arrays: Mapping[str, np.ndarray], prefix: str) -> Frozen:
    """The classifier of a family whose arrays are stored under names with that prefix."""
    own = {name.removeprefix(prefix): array for name, array in arrays.items() if name.startswith(prefix)}
    return FROZEN[family](**own)
