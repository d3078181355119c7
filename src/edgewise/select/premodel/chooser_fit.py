"""How a premodel's inside is fitted: a chain of levels, or one flat classifier."""

from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.premodel.chain import Chain
from edgewise.select.premodel.families import FIT, Family, family_named
from edgewise.select.premodel.flat import Flat
from edgewise.select.premodel.knn_chain import KnnChain
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.neighbourhood import Neighbourhood
from edgewise.select.premodel.radius_chain import RadiusChain
from edgewise.select.premodel.radius_choice import choose_radius

Radius = float | Literal["auto"] | None


def families_named(chain: str) -> tuple[Family, ...]:
    """The families of a chain written with dots, "svm.knn.knn". Raises `UsageError` for an unknown one."""
    return tuple(family_named(name) for name in chain.split("."))


def fit_chain(
    features: np.ndarray,
    yes: np.ndarray,
    chain: str = "knn",
    n_neighbors: int = 5,
    radius: Radius = None,
    seed: int = 0,
) -> Chain:
    """Fit a level to each column of `yes` bool [n, levels], on all rows of `features` float [n, d].

    `chain` names the family of each level. Reading: with more levels than names the last one is repeated, so one name
    serves all levels; names beyond the levels are left out. How many levels there are is for Algorithm 1 to say.
    `radius` lets all points within it vote in the place of the K nearest; "auto" chooses it.
    Raises `UsageError` for an unknown family, for features that are not finite, and for K or a radius that cannot work.
    """
    named = families_named(chain)
    families: tuple[Family, ...] = tuple(named[min(level, len(named) - 1)] for level in range(yes.shape[1]))
    _check_radius(radius, named)
    scaling = MinMax.fit(features)
    scaled = scaling.apply(features)
    columns = [level for level, family in enumerate(families) if family == "knn"]
    neighbours = None
    if columns:
        neighbours = _neighbourhood(scaling, scaled, yes[:, columns], n_neighbors, radius, seed)
    classifiers = tuple(
        FIT[family](scaled, yes[:, level].astype(np.int64), seed)
        for level, family in enumerate(families)
        if family != "knn"
    )
    return Chain(families, scaling, neighbours, classifiers)


def fit_flat(
    features: np.ndarray,
    labels: np.ndarray,
    levels: int,
    family: str = "knn",
    n_neighbors: int = 5,
    radius: Radius = None,
    seed: int = 0,
) -> Flat:
    """Fit one classifier to `labels` int [n] in 0..levels, where `levels` is "all will fail".

    Raises `UsageError` as `fit_chain` does, and for a `family` that names several.
    """
    named = families_named(family)
    if len(named) != 1:
        raise UsageError(f"{family!r} names a chain; a single classifier is of one family.", "Name one of them.")
    _check_radius(radius, named)
    scaling = MinMax.fit(features)
    scaled = scaling.apply(features)
    if named[0] == "knn":
        yes = labels[:, None] == np.arange(levels + 1)
        return Flat("knn", levels, scaling, _neighbourhood(scaling, scaled, yes, n_neighbors, radius, seed))
    return Flat(named[0], levels, scaling, FIT[named[0]](scaled, labels.astype(np.int64), seed))


def _neighbourhood(
    scaling: MinMax, scaled: np.ndarray, yes: np.ndarray, n_neighbors: int, radius: Radius, seed: int
) -> Neighbourhood:
    knn = KnnChain.remember(scaling, scaled, yes, n_neighbors)
    if radius is None:
        return knn
    chosen = choose_radius(knn.points, yes, n_neighbors, seed) if radius == "auto" else radius
    return RadiusChain.remember(scaling, scaled, yes, chosen)


def _check_radius(radius: Radius, families: tuple[Family, ...]) -> None:
    if isinstance(radius, str) and radius != "auto":
        raise UsageError(f"The radius is {radius!r}; it must be a number or 'auto'.")
    if radius is not None and "knn" not in families:
        raise UsageError(
            f"A radius is given, but no level of {'.'.join(families)} asks its neighbours.",
            "Name the family knn, or no radius.",
        )
