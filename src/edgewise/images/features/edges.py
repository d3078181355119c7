"""Edges: where they are, how long they are and which way they run."""

import cv2
import numpy as np

_CANNY = (50, 150)
_LENGTHS = np.array([8, 16, 32, 64, 128, 256])  # between the seven bins, px
_ANGLES = np.pi / 7 * np.arange(6, 0, -1)
_COTANGENTS = np.cos(_ANGLES) / np.sin(_ANGLES)  # between the seven bins of 180 degrees, rising

Gradients = tuple[np.ndarray, np.ndarray]


def gradients(grey: np.ndarray) -> Gradients:
    """int16 [side, side] twice: Sobel's 3 x 3 derivatives to the right and down, the border repeated."""
    across, down = cv2.spatialGradient(grey, borderType=cv2.BORDER_REPLICATE)
    return across, down


def edge_map(derivatives: Gradients) -> np.ndarray:
    """uint8 [side, side], 255 on an edge: Canny's, with thresholds 50 and 150."""
    return cv2.Canny(*derivatives, *_CANNY)


def edge_lengths(edges: np.ndarray) -> list[float]:
    """The share of edges whose length is in [1, 8), [8, 16), [16, 32), ..., [256, inf); all 0 without an edge.

    Reading: an edge is an 8-connected component of the edge map, its length the number of its pixels, in pixels of the
    raster as it is.
    """
    # 8-connected components are at most about a quarter as many as pixels.
    labels = cv2.CV_16U if edges.size < 200_000 else cv2.CV_32S
    count, _, statistics, _ = cv2.connectedComponentsWithStatsWithAlgorithm(edges, 8, labels, cv2.CCL_SPAGHETTI)
    lengths = statistics[1:, cv2.CC_STAT_AREA]  # the first is the background
    return _shares(np.searchsorted(_LENGTHS, lengths, side="right"), count - 1)


def edge_angles(derivatives: Gradients, edges: np.ndarray) -> list[float]:
    """The share of edge pixels whose gradient points in each seventh of 180 degrees; all 0 without an edge.

    The first bin begins at a gradient to the right, which is a vertical edge; angles turn towards the gradient down.
    """
    places = np.flatnonzero(edges)
    across, down = (derivative.ravel()[places].astype(np.float64) for derivative in derivatives)
    # An angle is at least theta where its cotangent is at most theta's; of a horizontal gradient it is infinite.
    cotangents = np.full_like(across, np.inf)
    np.divide(across, down, out=cotangents, where=down != 0)
    return _shares(6 - np.searchsorted(_COTANGENTS, cotangents), len(places))


def _shares(bins: np.ndarray, total: int) -> list[float]:
    return (np.bincount(bins, minlength=7) / max(1, total)).tolist()
