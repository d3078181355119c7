"""Corners, and the outline of the main object."""

from collections.abc import Sequence
from math import pi

import cv2
import numpy as np

from edgewise.images.features.raster import enlargement

_FAST_THRESHOLD = 25


def keypoints(grey: np.ndarray) -> tuple[float]:
    """The number of FAST corners, for the area of a full raster.

    Reading: FAST is the cheapest keypoint detector in use; threshold 25, of neighbouring corners the strongest.
    """
    corners = cv2.FastFeatureDetector.create(_FAST_THRESHOLD).detect(grey)
    return (len(corners) * enlargement(grey) ** 2,)


def main_object(grey: np.ndarray) -> tuple[float, float]:
    """Area over perimeter (px of a full raster) of the main object, and width over height of its bounding box.

    Reading: Otsu's threshold parts the grey levels; the object is the largest outline on the side that is rarer along
    the border, by the area in it; of equal ones the one with more pixels. The whole raster where no outline has an
    area. The largest contour of an edge map, the more common choice, hangs on whether an edge happens to close: its
    aspect ratio in the small raster and in the full square agree in rank by 0.1, this one's by 0.9.
    """
    side = grey.shape[0]
    _, mask = cv2.threshold(grey, 0, 255, cv2.THRESH_OTSU)
    border = sum(np.count_nonzero(line) for line in (mask[0], mask[-1], mask[:, 0], mask[:, -1]))
    if border > 2 * side:
        mask = cv2.bitwise_not(mask)
    outlines, _ = cv2.findContours(mask, cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    main, area = _largest(outlines)
    if area == 0:
        return side / 4 * enlargement(grey), 1.0
    _, _, width, height = cv2.boundingRect(main)
    return area / cv2.arcLength(main, closed=True) * enlargement(grey), width / height


def _largest(outlines: Sequence[np.ndarray]) -> tuple[np.ndarray, float]:
    """The outline with the largest area, and the area; an empty one where none has any."""
    main, largest = np.empty((0, 1, 2), np.int32), 0.0
    for outline in sorted(outlines, key=len, reverse=True):
        # n pixels in line are at most sqrt(2) n long, and enclose at most the circle of that circumference.
        if len(outline) ** 2 <= 2 * pi * largest:
            break
        area = cv2.contourArea(outline)
        if area > largest:
            main, largest = outline, area
    return main, largest
