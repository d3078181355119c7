"""Small pictures inside the page, or the reason why there is none."""

import base64
import io
from dataclasses import dataclass

import numpy as np
from PIL import Image

from edgewise.errors import ImageError
from edgewise.images.decode import decode
from edgewise.profile.originals import Originals

SIDE_PX = 128
_JPEG_QUALITY = 82


@dataclass(frozen=True)
class Thumbnail:
    """A picture as a data URI with its size, or none and why."""

    uri: str
    width_px: int
    height_px: int
    missing: str = ""


def thumbnail(originals: Originals, row: int) -> Thumbnail:
    """Shrink an image of a profile to `SIDE_PX` at most and embed it as JPEG.

    The content must still be what was profiled: a picture of something else beside the answers would mislead.
    """
    try:
        pixels = decode(originals.read(row)).pixels
    except ImageError as error:
        return Thumbnail("", 0, 0, error.reason)
    return _embedded(pixels)


def _embedded(pixels: np.ndarray) -> Thumbnail:
    image = Image.fromarray(pixels)
    image.thumbnail((SIDE_PX, SIDE_PX))
    stream = io.BytesIO()
    image.save(stream, "JPEG", quality=_JPEG_QUALITY, optimize=True)
    encoded = base64.b64encode(stream.getvalue()).decode("ascii")
    return Thumbnail(f"data:image/jpeg;base64,{encoded}", image.width, image.height)
