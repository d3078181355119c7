"""Whichever known images vote: the K nearest, or all within a radius."""

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgewise.select.premodel.chooser import Choices
from edgewise.select.premodel.knn_chain import KnnChain
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.radius_chain import RadiusChain

Neighbourhood = KnnChain | RadiusChain


def say_voters(neighbours: Neighbourhood, choices: Choices, row: int, column: int, model: str) -> str:
    """Who voted for the model: "4 of the 5 nearest known images are for small"."""
    assert choices.voters is not None
    voters = int(choices.voters[row])
    votes = round(float(choices.scores[row, column]) * voters)
    if isinstance(neighbours, KnnChain):
        return f"{votes} of the {voters} nearest known images are for {model}"
    return f"{votes} of the {voters} known images within {neighbours.radius:.3g} are for {model}"


def neighbourhood_state(neighbours: Neighbourhood) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """JSON values and arrays, but for the scaling, which whoever holds the neighbours stores."""
    arrays = {"points": neighbours.points, "yes": neighbours.yes}
    if isinstance(neighbours, KnnChain):
        return {"n_neighbors": neighbours.n_neighbors, "radius": None}, arrays
    return {"n_neighbors": None, "radius": neighbours.radius}, arrays


def neighbourhood_from_state(
    scaling: MinMax, values: Mapping[str, Any], arrays: Mapping[str, np.ndarray]
) -> Neighbourhood:
    """The inverse of `neighbourhood_state`."""
    points, yes = arrays["points"], arrays["yes"]
    if values["radius"] is None:
        return KnnChain(scaling, points, yes, int(values["n_neighbors"]))
    return RadiusChain(scaling, points, yes, float(values["radius"]))
