"""Families of classifiers that a premodel can be made of: fitted by scikit-learn, frozen to arrays, read by NumPy.

K nearest neighbours are a family, too, and have no file here: all KNN levels of a chain share one search, which
`edgewise.select.premodel.knn_chain` makes.
"""

from collections.abc import Callable, Mapping
from typing import get_args

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.premodel.families.bayes import Bayes, fit_bayes
from edgewise.select.premodel.families.family import Family, Frozen
from edgewise.select.premodel.families.svm import Svm, fit_svm
from edgewise.select.premodel.families.tree import Tree, fit_tree

__all__ = ["FAMILIES", "FIT", "FROZEN", "NAMES", "Bayes", "Family", "Frozen", "Svm", "Tree", "family_named"]

FAMILIES: tuple[Family, ...] = get_args(Family)
NAMES: Mapping[Family, str] = {
    "knn": "nearest neighbours",
    "tree": "decision tree",
    "svm": "support vector machine",
    "nb": "naive Bayes",
}
FIT: Mapping[Family, Callable[[np.ndarray, np.ndarray, int], Frozen]] = {
    "tree": fit_tree,
    "svm": fit_svm,
    "nb": fit_bayes,
}
FROZEN: Mapping[Family, Callable[..., Frozen]] = {"tree": Tree, "svm": Svm, "nb": Bayes}


def family_named(name: str) -> Family:
    """The family of that name. Raises `UsageError` for another one."""
    for family in FAMILIES:
        if family == name:
            return family
    raise UsageError(f"There is no family of classifiers called {name!r}.", f"Families are: {', '.join(FAMILIES)}.")
