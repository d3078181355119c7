"""An image as the few pixels that a small network can afford to look at."""

import numpy as np

from edgewise.images.preprocess import centre_square, resize_square

SIZE_PX = 32
NAMES = tuple(f"pixel_{i}" for i in range(SIZE_PX * SIZE_PX * 3))


def thumbnail_features(pixels: np.ndarray) -> np.ndarray:
    """uint8 RGB [h, w, 3] -> float64 [3072], whole numbers 0 to 255: the centre square, averaged down to 32 px.

    Row by row, and red, green, blue within a pixel; `NAMES` are the names of the values.
    """
    return resize_square(centre_square(pixels), SIZE_PX, "area").astype(np.float64).reshape(-1)
