"""What a network eats: geometry and normalisation."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.images.preprocess import Preprocess, centre_square


def test_normalises_as_the_formula_says(photo: np.ndarray) -> None:
    preprocess = Preprocess(60, 60, mean=(0.5, 0.4, 0.3), std=(0.2, 0.3, 0.4))
    expected = (photo[:, 10:70] / 255 - [0.5, 0.4, 0.3]) / [0.2, 0.3, 0.4]
    np.testing.assert_allclose(preprocess.apply(photo), expected.transpose(2, 0, 1), atol=1e-5)


def test_crop_before_scaling_is_scaling_before_crop() -> None:
    """The usual order, on a smooth image where the two may differ by interpolation alone."""
    y, x = np.mgrid[0:300, 0:400].astype(np.float64)
    smooth = (127 + 120 * np.sin(x / 60) * np.cos(y / 50)).astype(np.uint8)[:, :, None].repeat(3, axis=2)
    scaled = cv2.resize(smooth, (round(400 * 128 / 300), 128), interpolation=cv2.INTER_AREA)
    left, top = (scaled.shape[1] - 112) // 2, (128 - 112) // 2
    usual = scaled[top : top + 112, left : left + 112]
    ours = Preprocess(112, 128).raster(smooth)
    assert np.abs(usual.astype(int) - ours).mean() < 1.5


def test_squash_keeps_the_corners(photo: np.ndarray) -> None:
    marked = photo.copy()
    marked[:20, :20] = 255
    raster = Preprocess(30, 30, resize="squash").raster(marked)
    assert (raster[:5, :5] == 255).all()


def test_raster_of_right_size_is_untouched(photo: np.ndarray) -> None:
    square = np.ascontiguousarray(photo[:, :60])
    assert np.array_equal(Preprocess(60, 60, resize="squash").raster(square), square)


@given(st.integers(1, 300), st.integers(1, 300), st.sampled_from(["area", "bilinear", "bicubic"]))
def test_any_size_gives_the_square(height: int, width: int, interpolation: str) -> None:
    pixels = np.zeros((height, width, 3), np.uint8)
    out = Preprocess(32, 36, interpolation=interpolation).apply(pixels)  # type: ignore[arg-type]
    assert out.shape == (3, 32, 32)
    assert out.dtype == np.float32
    assert out.flags.c_contiguous


@pytest.mark.parametrize(("height", "width"), [(1, 500), (500, 1), (7, 7)])
def test_centre_square_never_vanishes(height: int, width: int) -> None:
    assert min(centre_square(np.zeros((height, width, 3), np.uint8), 0.1).shape[:2]) >= 1
