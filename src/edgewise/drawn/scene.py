"""A picture of one object: its pose and colours, what lies behind and before it."""

import math
from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from edgewise.drawn.camera import photograph
from edgewise.drawn.objects import CLASSES, DRAWINGS
from edgewise.drawn.parts import Part, Points

SIZE_PX = 64
SUPERSAMPLE = 3
CANVAS_PX = SIZE_PX * SUPERSAMPLE
# Fixed-point bits that cv2 takes as fractions of a pixel.
_SHIFT = 3

Image = NDArray[np.uint8]


@dataclass(frozen=True)
class Hardness:
    """How much of each trouble an image gets, all 0..1 and all pulled up by one latent difficulty."""

    clutter: float
    pose: float
    distance: float
    camouflage: float
    occlusion: float
    light: float
    blur: float
    noise: float

    @staticmethod
    def draw(rng: np.random.Generator) -> "Hardness":
        """Draw the latent difficulty from a broad distribution, then every trouble around it."""
        difficulty = rng.beta(0.9, 1.4)
        return Hardness(*(float(trouble) for trouble in difficulty * rng.uniform(0.0, 1.0, 8) ** 0.5))


def draw(label: int, rng: np.random.Generator) -> Image:
    """Draw one picture of class `label`: uint8 [64, 64, 3] RGB.

    Raises ValueError for a label outside 0..9.
    """
    if not 0 <= label < len(CLASSES):
        raise ValueError(f"label {label} is no class; allowed: 0..{len(CLASSES) - 1}")
    hardness = Hardness.draw(rng)
    ground = _muted(rng.uniform(30.0, 225.0, 3), 0.5)
    canvas = _background(ground, hardness, rng)
    parts = DRAWINGS[CLASSES[label]](rng)
    pose, scale_px = _pose(CLASSES[label], hardness, rng)
    _paint(canvas, parts, pose, scale_px, _palette(ground, hardness, rng))
    _occlude(canvas, pose, scale_px, hardness, rng)
    small = np.asarray(cv2.resize(canvas, (SIZE_PX, SIZE_PX), interpolation=cv2.INTER_AREA), dtype=np.uint8)
    return photograph(small, hardness.light, hardness.blur, hardness.noise, rng)


def _background(ground: NDArray[np.float64], hardness: Hardness, rng: np.random.Generator) -> Image:
    """Blotches around one colour, then stripes, shapes and strokes that look like pieces of objects."""
    cells = int(rng.integers(2, 4 + int(8 * hardness.clutter)))
    spread = 9.0 + 32.0 * hardness.clutter
    blotches = np.clip(ground + rng.normal(0.0, spread, (cells, cells, 3)), 0, 255).astype(np.uint8)
    canvas = np.asarray(cv2.resize(blotches, (CANVAS_PX, CANVAS_PX), interpolation=cv2.INTER_LINEAR), dtype=np.uint8)
    if rng.random() < 0.5 * hardness.clutter:
        _stripes(canvas, ground, hardness, rng)
    for _ in range(rng.poisson(9.0 * hardness.clutter)):
        _distractor(canvas, ground, rng)
    return canvas


def _stripes(canvas: Image, ground: NDArray[np.float64], hardness: Hardness, rng: np.random.Generator) -> None:
    colour = np.clip(ground + rng.normal(0.0, 20.0 + 30.0 * hardness.clutter, 3), 0, 255).tolist()
    pitch, turn = rng.uniform(14.0, 40.0), rng.uniform(0.0, math.pi)
    along = np.array([math.cos(turn), math.sin(turn)]) * 1.5 * CANVAS_PX
    across = np.array([-math.sin(turn), math.cos(turn)]) * pitch
    for stripe in range(-8, 9):
        centre = CANVAS_PX / 2 + stripe * across
        start, stop = (centre - along).astype(int).tolist(), (centre + along).astype(int).tolist()
        cv2.line(canvas, start, stop, colour, max(1, int(pitch * 0.35)))


def _distractor(canvas: Image, ground: NDArray[np.float64], rng: np.random.Generator) -> None:
    """A stray polygon, ring, disc or stroke of the sizes that objects' parts have."""
    colour = np.clip(ground + rng.normal(0.0, 60.0, 3), 0, 255).tolist()
    centre = rng.uniform(0.0, CANVAS_PX, 2)
    reach = rng.uniform(8.0, 40.0)
    kind = rng.integers(4)
    if kind == 0:
        corners = centre + rng.uniform(-reach, reach, (int(rng.integers(3, 5)), 2))
        cv2.fillPoly(canvas, [corners.astype(np.int32)], colour)
    elif kind == 1:
        cv2.circle(canvas, centre.astype(int).tolist(), int(reach * 0.7), colour, int(rng.integers(2, 8)))
    elif kind == 2:
        axes = rng.uniform(0.3, 0.9, 2) * reach
        cv2.ellipse(
            canvas, centre.astype(int).tolist(), axes.astype(int).tolist(), rng.uniform(0, 180), 0, 360, colour, -1
        )
    else:
        stroke = centre + np.cumsum(rng.uniform(-reach, reach, (int(rng.integers(2, 5)), 2)), axis=0)
        cv2.polylines(canvas, [stroke.astype(np.int32)], False, colour, int(rng.integers(2, 9)))


def _pose(name: str, hardness: Hardness, rng: np.random.Generator) -> tuple[NDArray[np.float64], float]:
    """The homography [3, 3] from the object's box to canvas pixels, and the size of half a box in pixels."""
    scale_px = CANVAS_PX * (0.47 - 0.25 * hardness.distance) * rng.uniform(0.92, 1.0)
    # A key lies on a table any way round; the others mostly stand upright.
    freedom = 180.0 if name == "key" else 6.0 + 40.0 * hardness.pose
    turn = math.radians(rng.uniform(-freedom, freedom))
    shear, squeeze = rng.uniform(-0.35, 0.35, 2) * hardness.pose
    mirror = -1.0 if rng.random() < 0.5 else 1.0
    cosine, sine = math.cos(turn), math.sin(turn)
    rotation = np.array([[cosine, -sine, 0.0], [sine, cosine, 0.0], [0.0, 0.0, 1.0]])
    shape = np.array([[mirror * (1.0 + squeeze), shear, 0.0], [0.0, 1.0 - squeeze, 0.0], [0.0, 0.0, 1.0]])
    tilt = np.eye(3)
    tilt[2, :2] = rng.uniform(-0.3, 0.3, 2) * hardness.pose
    room = (CANVAS_PX / 2 - scale_px) + 0.12 * scale_px * hardness.pose
    shift = CANVAS_PX / 2 + rng.uniform(-1.0, 1.0, 2) * max(room, 0.0)
    place = np.array([[scale_px, 0.0, shift[0]], [0.0, scale_px, shift[1]], [0.0, 0.0, 1.0]])
    return place @ tilt @ rotation @ shape, scale_px


def _palette(ground: NDArray[np.float64], hardness: Hardness, rng: np.random.Generator) -> NDArray[np.float64]:
    """Colours [4, 3] of body, trim, dark and light parts; camouflage pulls them towards the background."""
    body = _muted(rng.uniform(10.0, 245.0, 3), 0.2)
    # A body of the background's own colour would hide even an easy object.
    if np.abs(body - ground).max() < 90.0:
        body = np.where(ground > 127.0, ground - rng.uniform(90.0, 125.0, 3), ground + rng.uniform(90.0, 125.0, 3))
    trim = np.clip(body + rng.choice([-1.0, 1.0]) * rng.uniform(40.0, 100.0) + rng.normal(0.0, 25.0, 3), 0, 255)
    dark, light = rng.uniform(5.0, 60.0, 3), rng.uniform(190.0, 250.0, 3)
    colours = np.stack([body, trim, dark, light])
    return colours + (ground - colours) * 0.55 * hardness.camouflage


def _muted(colour: NDArray[np.float64], share: float) -> NDArray[np.float64]:
    """The colour [3] moved towards its own grey: rooms and streets are seldom neon."""
    return colour + (colour.mean() - colour) * share


def _paint(
    canvas: Image, parts: list[Part], pose: NDArray[np.float64], scale_px: float, palette: NDArray[np.float64]
) -> None:
    colours = np.clip(palette, 0, 255).tolist()
    for part in parts:
        fixed = np.rint(_project(part.points, pose) * (1 << _SHIFT)).astype(np.int32)
        colour = colours[part.paint]
        if part.width == 0.0:
            cv2.fillPoly(canvas, [fixed], colour, lineType=cv2.LINE_8, shift=_SHIFT)
        else:
            thickness = max(1, round(part.width * scale_px))
            cv2.polylines(canvas, [fixed], part.closed, colour, thickness, lineType=cv2.LINE_8, shift=_SHIFT)


def _project(points: Points, pose: NDArray[np.float64]) -> Points:
    """Points [k, 2] through the homography [3, 3]."""
    flat = points @ pose[:, :2].T + pose[:, 2]
    return flat[:, :2] / flat[:, 2:]


def _occlude(
    canvas: Image, pose: NDArray[np.float64], scale_px: float, hardness: Hardness, rng: np.random.Generator
) -> None:
    """Lay discs, blocks and bars over the object, never over most of it."""
    for _ in range(rng.poisson(2.2 * hardness.occlusion)):
        centre = _project(rng.uniform(-0.9, 0.9, (1, 2)), pose)[0]
        colour = rng.uniform(10.0, 245.0, 3).tolist()
        reach = scale_px * rng.uniform(0.15, 0.2 + 0.22 * hardness.occlusion)
        kind = rng.integers(3)
        if kind == 0:
            cv2.circle(canvas, centre.astype(int).tolist(), int(reach), colour, -1)
        elif kind == 1:
            corners = centre + np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * reach + rng.normal(0.0, 3.0, (4, 2))
            cv2.fillPoly(canvas, [corners.astype(np.int32)], colour)
        else:
            turn = rng.uniform(0.0, math.pi)
            along = np.array([math.cos(turn), math.sin(turn)]) * CANVAS_PX
            ends = (centre - along).astype(int).tolist(), (centre + along).astype(int).tolist()
            cv2.line(canvas, *ends, colour, max(2, int(reach * 0.5)))
