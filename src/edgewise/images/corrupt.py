"""Images made worse: Gaussian blur and noise, JPEG compression, brightness and contrast at five severities.

Source: Hendrycks & Dietterich 2019, the ImageNet-C sets of these names, whose images are 224 px wide and high.
Reading: a length is so many pixels of an image whose short side is 224 px, and grows with the image. So blur reaches as
far across the object, and noise has grains of the size, that it has there; in an image that is smaller than 224 px a
grain stays one pixel. JPEG's blocks have 8 px of the image as it is: a larger image is shown to less harm by them, as
it is in life.
Differs: the noise of an image is one field, scaled by the severity, so that severities differ in nothing else.
"""

import io
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import cv2
import numpy as np
from PIL import Image

from edgewise.errors import UsageError

Kind = Literal["blur", "noise", "jpeg", "brightness", "contrast"]
KINDS: tuple[Kind, ...] = get_args(Kind)
SEVERITIES = (1, 2, 3, 4, 5)
_REFERENCE_PX = 224


@dataclass(frozen=True)
class Parameter:
    """What a kind turns up or down, and its value at each severity."""

    meaning: str
    values: tuple[float, float, float, float, float]


PARAMETERS: Mapping[Kind, Parameter] = {
    "blur": Parameter("standard deviation of the Gaussian, px of 224", (1, 2, 3, 4, 6)),
    "noise": Parameter("standard deviation of the noise, of pixels in 0..1", (0.08, 0.12, 0.18, 0.26, 0.38)),
    "jpeg": Parameter("quality", (25, 18, 15, 10, 7)),
    "brightness": Parameter("added to the value of HSV, which is in 0..1", (0.1, 0.2, 0.3, 0.4, 0.5)),
    "contrast": Parameter("factor of the distance to each channel's mean", (0.4, 0.3, 0.2, 0.1, 0.05)),
}


def corrupt(pixels: np.ndarray, kind: Kind, severity: int, seed: tuple[int, ...] = (0,)) -> np.ndarray:
    """uint8 RGB [h, w, 3] -> uint8 [h, w, 3]. `seed` decides the noise, and nothing else has chance in it.

    Raises `UsageError` for another kind or severity.
    """
    if kind not in KINDS or severity not in SEVERITIES:
        raise UsageError(
            f"There is no {kind!r} of severity {severity}.", f"Kinds: {', '.join(KINDS)}; severities: 1 to 5."
        )
    amount = PARAMETERS[kind].values[severity - 1]
    if kind == "blur":
        return _blur(pixels, amount)
    if kind == "noise":
        return _noise(pixels, amount, seed)
    if kind == "jpeg":
        return _jpeg(pixels, int(amount))
    return _brighten(pixels, amount) if kind == "brightness" else _flatten(pixels, amount)


def _blur(pixels: np.ndarray, amount: float) -> np.ndarray:
    sigma_px = amount * min(pixels.shape[:2]) / _REFERENCE_PX
    return cv2.GaussianBlur(pixels, (0, 0), sigma_px, borderType=cv2.BORDER_REPLICATE)


def _noise(pixels: np.ndarray, amount: float, seed: tuple[int, ...]) -> np.ndarray:
    height, width = pixels.shape[:2]
    grain_px = max(1.0, min(height, width) / _REFERENCE_PX)
    grains = (max(1, round(height / grain_px)), max(1, round(width / grain_px)), 3)
    field = np.random.default_rng(seed).standard_normal(grains, np.float32)
    if grains[:2] != (height, width):
        field = cv2.resize(field, (width, height), interpolation=cv2.INTER_NEAREST)
    return _as_bytes(pixels / 255.0 + amount * field)


def _jpeg(pixels: np.ndarray, quality: int) -> np.ndarray:
    content = io.BytesIO()
    Image.fromarray(pixels).save(content, "JPEG", quality=quality)
    with Image.open(content) as image:
        return np.asarray(image.convert("RGB"))


def _brighten(pixels: np.ndarray, amount: float) -> np.ndarray:
    """Hue and saturation stay when all channels are scaled alike; black has neither, and becomes grey."""
    scaled = pixels / 255.0
    value = scaled.max(axis=2, keepdims=True)
    wanted = np.minimum(value + amount, 1)
    return _as_bytes(np.where(value > 0, scaled * wanted / np.where(value > 0, value, 1), wanted))


def _flatten(pixels: np.ndarray, amount: float) -> np.ndarray:
    scaled = pixels / 255.0
    mean = scaled.mean(axis=(0, 1), keepdims=True)
    return _as_bytes((scaled - mean) * amount + mean)


def _as_bytes(scaled: np.ndarray) -> np.ndarray:
    return np.rint(255 * np.clip(scaled, 0, 1)).astype(np.uint8)
