"""The premodel's seven hand-made features of an image (Taylor et al. 2018, 3.3 and Table 1).

The paper names the features and publishes no extractor, so every definition below is this project's own.

Reading: keypoints are FAST corners; perceived brightness is sqrt(0.241 R^2 + 0.691 G^2 + 0.068 B^2); hue1 is the share
of pixels in the first of seven equal hue bins; contrast is the standard deviation of the grey levels; edges are the
8-connected components of a Canny map, edge_length1 the share of them in the shortest of seven length bins; the main
object is the largest outer contour of the edge map, the whole raster where there is none.

Differs: the features see the centre square, shrunk to at most 224 px, which is what the networks see. Their cost is
then bounded, and the shape of the file cannot leak into them, nor its size where the square has 224 px or more.
"""

from collections.abc import Mapping, Sequence
from time import perf_counter_ns

import cv2
import numpy as np

from edgewise.images.preprocess import centre_square, resize_square

FEATURES = (
    "n_keypoints",
    "avg_perceived_brightness",
    "hue1",
    "contrast",
    "area_by_perim",
    "edge_length1",
    "aspect_ratio",
)
CANDIDATES = FEATURES
STEPS: Mapping[str, tuple[str, ...]] = {name: ("all",) for name in CANDIDATES}  # what each feature needs computed
RASTER_PX = 224
_CANNY = (100, 200)
_FAST_THRESHOLD = 20
_SHORTEST_EDGE_PX = 8  # the first of the bins [1, 8), [8, 16), [16, 32), ..., [256, inf)
_HUE_BIN = 180 / 7  # OpenCV's hue runs from 0 to 179


def extract(pixels: np.ndarray, names: Sequence[str] = FEATURES) -> np.ndarray:
    """uint8 RGB [h, w, 3] -> float64 [len(names)], in the order of `names`."""
    return _all(pixels)[[CANDIDATES.index(name) for name in names]]


def time_steps(pixels: np.ndarray) -> dict[str, float]:
    """What each step of `STEPS` takes on this image, in ms."""
    started = perf_counter_ns()
    _all(pixels)
    return {"all": (perf_counter_ns() - started) / 1e6}


def _all(pixels: np.ndarray) -> np.ndarray:
    square = centre_square(pixels)
    square = resize_square(square, min(RASTER_PX, square.shape[0]))
    grey = cv2.cvtColor(square, cv2.COLOR_RGB2GRAY)
    edges = cv2.Canny(grey, *_CANNY)
    area_by_perimeter, aspect_ratio = _main_object(edges)
    return np.array(
        [
            len(cv2.FastFeatureDetector.create(_FAST_THRESHOLD).detect(grey)),
            _perceived_brightness(square),
            _first_hue_share(square),
            float(cv2.meanStdDev(grey)[1][0, 0]),
            area_by_perimeter,
            _short_edge_share(edges),
            aspect_ratio,
        ],
        dtype=np.float64,
    )


def _perceived_brightness(rgb: np.ndarray) -> float:
    squares = np.square(rgb, dtype=np.float32)
    return float(np.sqrt(squares @ np.array([0.241, 0.691, 0.068], np.float32)).mean())


def _first_hue_share(rgb: np.ndarray) -> float:
    hue = cv2.cvtColor(rgb, cv2.COLOR_RGB2HSV)[:, :, 0]
    return float(np.count_nonzero(hue < _HUE_BIN)) / hue.size


def _short_edge_share(edges: np.ndarray) -> float:
    count, _, stats, _ = cv2.connectedComponentsWithStats(edges, connectivity=8)
    if count == 1:  # the background alone
        return 0.0
    return float(np.mean(stats[1:, cv2.CC_STAT_AREA] < _SHORTEST_EDGE_PX))


def _main_object(edges: np.ndarray) -> tuple[float, float]:
    """Area over perimeter (px) of the main object, and width over height of its bounding box."""
    contours, _ = cv2.findContours(edges, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_SIMPLE)
    areas = [cv2.contourArea(contour) for contour in contours]
    if not areas or max(areas) == 0:
        height, width = edges.shape
        return height * width / (2 * (height + width)), width / height
    main = contours[int(np.argmax(areas))]
    _, _, width, height = cv2.boundingRect(main)
    return max(areas) / cv2.arcLength(main, closed=True), width / height
