"""From decoded pixels to what a network eats: resize, crop, normalise."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2
import numpy as np

Resize = Literal["crop", "squash"]
Interpolation = Literal["area", "bilinear", "bicubic"]
_SHRINK = {"area": cv2.INTER_AREA, "bilinear": cv2.INTER_LINEAR, "bicubic": cv2.INTER_CUBIC}


@dataclass(frozen=True)
class Preprocess:
    """How a network wants its square input made.

    `crop`: the short side is scaled to `resize_px`, then the centre `size_px` square is taken. `squash`: the whole
    image is scaled to the square, aspect ratio lost. `area` averages when it shrinks (no aliasing) and is bilinear
    when it enlarges.
    """

    size_px: int
    resize_px: int
    resize: Resize = "crop"
    interpolation: Interpolation = "area"
    mean: tuple[float, float, float] = (0.485, 0.456, 0.406)  # of pixels scaled to 0..1
    std: tuple[float, float, float] = (0.229, 0.224, 0.225)

    def at(self, size_px: int) -> "Preprocess":
        """The same share of the image at another size."""
        return replace(self, size_px=size_px, resize_px=round(self.resize_px * size_px / self.size_px))

    @property
    def at_its_size(self) -> "Preprocess":
        """For what `raster` gives: it is normalised alone."""
        return replace(self, resize_px=self.size_px)

    def raster(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [h, w, 3] -> uint8 [size_px, size_px, 3]."""
        if self.resize == "crop":
            pixels = centre_square(pixels, self.size_px / self.resize_px)
        return resize_square(pixels, self.size_px, self.interpolation)

    def apply(self, pixels: np.ndarray) -> np.ndarray:
        """uint8 [h, w, 3] -> float32 [3, size_px, size_px], normalised."""
        scale = (1.0 / (255.0 * np.asarray(self.std))).astype(np.float32)
        shift = (np.asarray(self.mean) / np.asarray(self.std)).astype(np.float32)
        channels_first = np.ascontiguousarray(self.raster(pixels).transpose(2, 0, 1), dtype=np.float32)
        channels_first *= scale[:, None, None]
        channels_first -= shift[:, None, None]
        return channels_first


def centre_square(pixels: np.ndarray, share: float = 1.0) -> np.ndarray:
    """The centre square of [h, w, 3] whose side is `share` of the short side; a view.

    Cropping before scaling gives the square that scaling before cropping gives, for less work.
    """
    height, width = pixels.shape[:2]
    side = max(1, round(min(height, width) * share))
    top, left = (height - side) // 2, (width - side) // 2
    return pixels[top : top + side, left : left + side]


def resize_square(pixels: np.ndarray, size_px: int, interpolation: Interpolation = "area") -> np.ndarray:
    """Scale uint8 [h, w, 3] to [size_px, size_px, 3]; the same array when it has that size already."""
    if pixels.shape[:2] == (size_px, size_px):
        return pixels
    enlarging = min(pixels.shape[:2]) < size_px
    method = cv2.INTER_LINEAR if enlarging and interpolation == "area" else _SHRINK[interpolation]
    return cv2.resize(np.ascontiguousarray(pixels), (size_px, size_px), interpolation=method)
