"""Grey values of more than 8 bits, brought to 8.

Reading: what 16-bit formats and 12-bit TIFF hold fills the range of their bits. 32-bit integers, signed 16-bit ones and
floats carry no such promise, and one wrong guess turns an image black. They are read as 0..1, 0..255 or 0..65535, the
first of these that holds every value; an image that none of them holds is refused.
"""

import numpy as np
from PIL import Image

from edgewise.errors import ImageError

MODES = frozenset({"I;16", "I;16B", "I;16L", "I;16N", "I", "F"})  # Pillow's names
_RANGES = (1, 255, 65535)


def to_8_bit(image: Image.Image, stored_as: str, name: object) -> tuple[np.ndarray, str]:
    """A loaded grey image of one of `MODES` -> uint8 [h, w], and what was done.

    `stored_as` is Pillow's raw mode of the file. Raises `ImageError` where no known range holds the values.
    """
    values = np.asarray(image)
    if image.mode.startswith("I;16") or (image.format == "PPM" and image.mode == "I"):
        bits = 12 if stored_as.startswith("I;12") else 16
        grey = np.clip(values >> (bits - 8), 0, 255).astype(np.uint8)
        done = f"{bits}-bit grey to 8-bit RGB"
    else:
        grey, top = _by_range(values, name)
        kind = "float" if image.mode == "F" else "wide integer"
        done = f"{kind} grey, read as 0..{top}, to 8-bit RGB"
    if _white_is_zero(image):
        grey = 255 - grey
    transparent = image.info.get("transparency")
    if isinstance(transparent, int):  # PNG's one transparent grey value
        grey = np.where(values == transparent, np.uint8(255), grey)
    return grey, done


def _by_range(values: np.ndarray, name: object) -> tuple[np.ndarray, int]:
    low, high = float(values.min()), float(values.max())
    for top in _RANGES:
        if low >= 0 and high <= top:
            return np.rint(values.astype(np.float64) * (255 / top)).astype(np.uint8), top
    found = f"run from {low:.6g} to {high:.6g}" if np.isfinite(low) and np.isfinite(high) else "are not all numbers"
    raise ImageError(
        str(name),
        f"its grey values {found}, and nothing in the file says which is black and which is white",
        "Save it as 8-bit or 16-bit grey.",
    )


def _white_is_zero(image: Image.Image) -> bool:
    """Pillow turns such TIFFs round at up to 8 bits only."""
    tags = getattr(image, "tag_v2", None)
    return tags is not None and tags.get(262) == 0  # PhotometricInterpretation
