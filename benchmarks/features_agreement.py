"""Does the small raster rank photographs as the full centre square does, and what do other choices give?"""

from collections.abc import Callable, Sequence
from time import perf_counter_ns
from typing import Any

import cv2
import numpy as np
from features_images import FULL_PX, Photograph, at_full_size
from scipy.stats import spearmanr

from edgewise.images.decode import decode
from edgewise.images.features import CANDIDATES, FEATURES, RASTER_PX, extract, of_raster

RASTERS_PX = (80, 96, 112, 128, 144, 160, 192)
SMALL_PX = 64
_TIMED = 40


def agreement(photographs: Sequence[Photograph]) -> dict[str, Any]:
    """Spearman's rank correlations with the features of the full square, feature by feature."""
    squares = [photograph.square for photograph in photographs]
    full = np.array([of_raster(square) for square in squares])
    small = np.array([extract(square, CANDIDATES) for square in squares])
    halved = [decode(photograph.content, shrink_to_px=RASTER_PX) for photograph in photographs]
    assert {decoded.scale for decoded in halved} == {0.5}
    from_halved = np.array([extract(decoded.pixels, CANDIDATES) for decoded in halved])
    averaged = np.array([of_raster(_resized(square, RASTER_PX, cv2.INTER_AREA)) for square in squares])
    contours = [[_edge_contour(image) for image in (square, _resized(square, RASTER_PX))] for square in squares]
    large, little = np.array(contours).transpose(1, 2, 0)
    return {
        "photographs": len(squares),
        "full_px": FULL_PX,
        "raster_px": RASTER_PX,
        "small": _by_name(full, small),
        "from_halved_jpeg": _by_name(full, from_halved),
        "averaged_over_area": _by_name(full, averaged),
        "main_object_by_edge_contour": {
            name: float(spearmanr(large[i], little[i])[0]) for i, name in enumerate(("area_by_perim", "aspect_ratio"))
        },
        "rasters": _rasters(squares, full),
        "size": _size(squares, small),
    }


def _by_name(full: np.ndarray, small: np.ndarray) -> dict[str, float]:
    return {name: float(spearmanr(full[:, i], small[:, i])[0]) for i, name in enumerate(CANDIDATES)}


def _resized(image: np.ndarray, side: int, how: int = cv2.INTER_LINEAR) -> np.ndarray:
    return cv2.resize(image, (side, side), interpolation=how)


def _edge_contour(square: np.ndarray) -> tuple[float, float]:
    """The more common main object: the contour of the edge map with the largest area."""
    edges = cv2.Canny(cv2.cvtColor(square, cv2.COLOR_RGB2GRAY), 100, 200)
    contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    main = max(contours, key=cv2.contourArea, default=None)
    if main is None or cv2.contourArea(main) == 0:
        return len(square) / 4, 1.0
    _, _, width, height = cv2.boundingRect(main)
    return cv2.contourArea(main) / cv2.arcLength(main, closed=True), width / height


def _rasters(squares: Sequence[np.ndarray], full: np.ndarray) -> dict[str, dict[str, float]]:
    """For each raster: the mean agreement of the seven features and of all, and what the seven take."""
    times = {side: [] for side in RASTERS_PX}
    images = [at_full_size(square)[:, :375] for square in squares[:_TIMED]]
    for _ in range(10):
        for image in images:
            for side in RASTERS_PX:
                started = perf_counter_ns()
                of_raster(_resized(image, side), FEATURES)
                times[side].append((perf_counter_ns() - started) / 1e6)
    rows: dict[str, dict[str, float]] = {}
    for side in RASTERS_PX:
        found = _by_name(full, np.array([of_raster(_resized(square, side)) for square in squares]))
        rows[str(side)] = {
            "seven": float(np.mean([found[name] for name in FEATURES])),
            "all": float(np.mean(list(found.values()))),
            "n_keypoints": found["n_keypoints"],
            "edge_length1": found["edge_length1"],
            "p50_ms": float(np.median(times[side])),
        }
    return rows


def _size(squares: Sequence[np.ndarray], large: np.ndarray) -> dict[str, dict[str, float]]:
    """By how many standard deviations the seven features move when the same photographs come at 64 px."""
    shrunk = [_resized(square, SMALL_PX, cv2.INTER_AREA) for square in squares]

    def moved(read: Callable[[np.ndarray], np.ndarray]) -> dict[str, float]:
        shift = (np.array([read(image) for image in shrunk]) - large).mean(axis=0) / large.std(axis=0)
        return {name: float(shift[CANDIDATES.index(name)]) for name in FEATURES}

    return {
        "scaled": moved(lambda image: extract(image, CANDIDATES)),
        "enlarged": moved(lambda image: extract(_resized(image, RASTER_PX), CANDIDATES)),
    }
