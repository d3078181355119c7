"""The premodel's 29 features on one page (Taylor et al. 2018, Table 1), for a square raster, pixel by pixel.

OpenCV's grey, hue, FAST corners, Canny edges and border following are the definitions themselves; the rest is written
out. Counts and sizes are in the units of a raster 112 px wide.
"""

from math import atan2, hypot, pi, sqrt

import cv2
import numpy as np

RASTER_PX = 112


def features(rgb: np.ndarray) -> dict[str, float]:
    """All 29, by name, of uint8 [side, side, 3]."""
    side = len(rgb)
    unit = RASTER_PX / side
    grey = cv2.cvtColor(rgb, cv2.COLOR_RGB2GRAY)
    levels = [float(value) for value in grey.ravel()]
    mean = sum(levels) / len(levels)
    corners = cv2.FastFeatureDetector.create(threshold=25).detect(grey)
    edges = cv2.Canny(grey, 50, 150)

    # Colours are read off the raster averaged 2 by 2.
    half = cv2.resize(rgb, ((side + 1) // 2, (side + 1) // 2), interpolation=cv2.INTER_AREA)
    colours = half.reshape(-1, 3).astype(float)
    perceived = [sqrt(0.241 * red**2 + 0.691 * green**2 + 0.068 * blue**2) for red, green, blue in colours]
    hues = cv2.cvtColor(half, cv2.COLOR_RGB2HSV)[:, :, 0].ravel()  # 0 to 179

    area, perimeter, aspect_ratio = main_object(grey)
    return {
        "n_keypoints": len(corners) * unit**2,
        "avg_brightness": mean,
        "brightness_rms": sqrt(sum(level**2 for level in levels) / len(levels)),
        "avg_perceived_brightness": sum(perceived) / len(perceived),
        "perceived_brightness_rms": sqrt(sum(value**2 for value in perceived) / len(perceived)),
        "contrast": sqrt(sum((level - mean) ** 2 for level in levels) / len(levels)),
        **shares("edge_length", [length_bin(length) for length in component_sizes(edges)]),
        **shares("edge_angle", [angle_bin(*gradient(grey, x, y)) for y, x in np.argwhere(edges).tolist()]),
        "area_by_perim": area / perimeter * unit,
        "aspect_ratio": aspect_ratio,
        **shares("hue", [int(hue) * 7 // 180 for hue in hues]),
    }


def shares(name: str, bins: list[int]) -> dict[str, float]:
    """The share of each of seven bins; all 0 where there is nothing to share."""
    return {f"{name}{bin + 1}": bins.count(bin) / max(1, len(bins)) for bin in range(7)}


def length_bin(length: int) -> int:
    """0 below 8 px, then a bin for each doubling, 6 from 256 px."""
    return sum(length >= bound for bound in (8, 16, 32, 64, 128, 256))


def angle_bin(right: int, down: int) -> int:
    """Which seventh of 180 degrees the gradient points in; opposite directions are one."""
    angle = atan2(down, right) % pi
    return int(angle / pi * 7) % 7


def gradient(grey: np.ndarray, x: int, y: int) -> tuple[int, int]:
    """Sobel's derivatives to the right and down at a pixel, the border repeated."""
    padded = np.pad(grey.astype(int), 1, mode="edge")[y : y + 3, x : x + 3]
    weights = np.array([1, 2, 1])
    return int(weights @ (padded[:, 2] - padded[:, 0])), int((padded[2] - padded[0]) @ weights)


def component_sizes(edges: np.ndarray) -> list[int]:
    """The number of pixels of each 8-connected component."""
    left = {(y, x) for y, x in np.argwhere(edges).tolist()}
    sizes: list[int] = []
    while left:
        edge, size = [left.pop()], 0
        while edge:
            y, x = edge.pop()
            size += 1
            near = {(y + dy, x + dx) for dy in (-1, 0, 1) for dx in (-1, 0, 1)} & left
            left -= near
            edge.extend(near)
        sizes.append(size)
    return sizes


def otsu(grey: np.ndarray) -> int:
    """The level that parts the grey levels, up to it and above, with the most variance between the two parts."""
    levels = sorted(grey.ravel().tolist())
    total, best, threshold, below = sum(levels), 0.0, 0, 0
    for count in range(1, len(levels)):
        below += levels[count - 1]
        above = len(levels) - count
        if levels[count - 1] != levels[count]:
            between = (below * above - (total - below) * count) ** 2 / (count * above)
            if between > best:
                best, threshold = between, levels[count - 1]
    return threshold


def main_object(grey: np.ndarray) -> tuple[float, float, float]:
    """Area, perimeter and width over height of the largest outline on the side that is rarer along the border."""
    bright = grey > otsu(grey)
    border = [*bright[0], *bright[-1], *bright[:, 0], *bright[:, -1]]
    rarer = ~bright if sum(border) > len(border) / 2 else bright
    outlines, _ = cv2.findContours(rarer.astype(np.uint8), cv2.RETR_EXTERNAL, cv2.CHAIN_APPROX_NONE)
    sized = [(shoelace(outline[:, 0].tolist()), len(outline), outline[:, 0]) for outline in outlines]
    area, _, main = max(sized, key=lambda item: item[:2], default=(0.0, 0, np.empty((0, 2), int)))
    if area == 0:  # nothing stands out: the whole raster
        return float(grey.size), 4.0 * len(grey), 1.0
    perimeter = sum(hypot(*(here - there)) for here, there in zip(main, np.roll(main, 1, axis=0), strict=True))
    width, height = main.max(axis=0) - main.min(axis=0) + 1
    return area, perimeter, float(width / height)


def shoelace(points: list[list[int]]) -> float:
    """The area in a closed line of points (x, y)."""
    steps = zip(points, [*points[1:], points[0]], strict=True)
    return abs(sum(x * next_y - next_x * y for (x, y), (next_x, next_y) in steps)) / 2
