"""The premodel's 29 candidate features of an image, the paper's seven among them (Taylor et al. 2018, 3.3 and Table 1).

The paper names them and publishes no extractor: every definition is this project's own, said beside its step
in `raster`, `colour`, `edges` and `shape`, and once more, plainly, in `edgewise.reference.features`. A step (a grey
raster, an edge map) is computed once for all features that need it, and not at all for those that do not.

Reading: counts and sizes are in the units of a raster of `RASTER_PX`. A smaller image is not enlarged; its values are
scaled to that raster. Enlarging costs time and blurs, and so gives the image's size away: in photographs shrunk to
64 px it moves edge_length1 by 2.1 standard deviations where scaling moves it by 0.2 (docs/features.md).
"""

from collections.abc import Mapping, Sequence
from functools import cache
from time import perf_counter_ns
from typing import Any

import numpy as np

from edgewise.errors import UsageError
from edgewise.images.features.graph import GRAPH, PIXELS, RASTER, Step, needed
from edgewise.images.features.raster import RASTER_PX

FEATURES = (
    "n_keypoints",
    "avg_perceived_brightness",
    "hue1",
    "contrast",
    "area_by_perim",
    "edge_length1",
    "aspect_ratio",
)
CANDIDATES = (
    "n_keypoints",
    "avg_brightness",
    "brightness_rms",
    "avg_perceived_brightness",
    "perceived_brightness_rms",
    "contrast",
    *(f"edge_length{bin}" for bin in range(1, 8)),
    *(f"edge_angle{bin}" for bin in range(1, 8)),
    "area_by_perim",
    "aspect_ratio",
    *(f"hue{bin}" for bin in range(1, 8)),
)
STEPS: Mapping[str, tuple[str, ...]] = {  # what each feature needs computed
    name: tuple(step.name for step in needed(GRAPH, [name])) for name in CANDIDATES
}

__all__ = ["CANDIDATES", "FEATURES", "RASTER_PX", "STEPS", "extract", "of_raster", "time_steps"]


def extract(pixels: np.ndarray, names: Sequence[str] = FEATURES) -> np.ndarray:
    """uint8 RGB [h, w, 3] -> float64 [len(names)], in the order of `names`; finite for every image.

    Only the steps that `names` need are computed, each once. Raises `UsageError` for an unknown name.
    """
    return _read(PIXELS, pixels, names)


def of_raster(square: np.ndarray, names: Sequence[str] = CANDIDATES) -> np.ndarray:
    """The features of a square uint8 RGB [side, side, 3] as it is, not made small, in the units of `RASTER_PX`.

    For whoever wants to know what the small raster leaves out. Returns and raises what `extract` does.
    """
    return _read(RASTER, square, names)


def time_steps(pixels: np.ndarray) -> dict[str, float]:
    """What each step of `STEPS` takes on this image, in ms, without the steps before it."""
    done: dict[str, Any] = {PIXELS: pixels}
    times_ms: dict[str, float] = {}
    for step in GRAPH:
        arguments = [done[need] for need in step.needs]
        started = perf_counter_ns()
        done[step.name] = step.run(*arguments)
        times_ms[step.name] = (perf_counter_ns() - started) / 1e6
    return times_ms


def _read(given: str, image: np.ndarray, names: Sequence[str]) -> np.ndarray:
    """The named features from what is given: the image's pixels or a raster."""
    done: dict[str, Any] = {given: image}
    values: dict[str, float] = {}
    for step in _plan(tuple(names)):
        if step.name in done:
            continue
        result = step.run(*[done[need] for need in step.needs])
        done[step.name] = result
        if step.gives:
            values.update(zip(step.gives, result, strict=True))
    return np.array([values[name] for name in names], np.float64)


@cache
def _plan(names: tuple[str, ...]) -> tuple[Step, ...]:
    unknown = [name for name in names if name not in STEPS]
    if unknown:
        raise UsageError(f"There is no feature {', '.join(unknown)}.", f"Features are: {', '.join(CANDIDATES)}.")
    return needed(GRAPH, names)
