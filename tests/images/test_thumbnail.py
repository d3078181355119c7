import numpy as np

from edgewise.images.thumbnail import NAMES, SIZE_PX, thumbnail_features


def test_the_centre_square_is_averaged() -> None:
    # 64 x 128: the centre square is columns 32 to 96, and each thumbnail pixel the mean of 2 x 2.
    pixels = np.random.default_rng(0).integers(0, 256, (64, 128, 3), dtype=np.uint8)
    thumbnail = thumbnail_features(pixels)
    mean = pixels[:, 32:96].reshape(32, 2, 32, 2, 3).astype(float).mean(axis=(1, 3))
    assert thumbnail.shape == (3072,) == (len(NAMES),)
    assert thumbnail.dtype == np.float64
    assert np.abs(thumbnail.reshape(32, 32, 3) - mean).max() <= 0.5


def test_values_are_whole_and_in_order() -> None:
    pixels = np.zeros((SIZE_PX, SIZE_PX, 3), np.uint8)
    pixels[0, 0], pixels[0, 1], pixels[1, 0] = (1, 2, 3), (4, 5, 6), (7, 8, 9)
    thumbnail = thumbnail_features(pixels)
    assert thumbnail[:6].tolist() == [1, 2, 3, 4, 5, 6]
    assert thumbnail[96:99].tolist() == [7, 8, 9]
    assert NAMES[96] == "pixel_96"


def test_a_tiny_image_is_enlarged() -> None:
    assert thumbnail_features(np.full((1, 3, 3), 9, np.uint8)).tolist() == [9.0] * 3072
