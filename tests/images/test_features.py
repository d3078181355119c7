"""The seven features say what their names say, and see the raster alone."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.images.features import FEATURES, extract


def feature(pixels: np.ndarray, name: str) -> float:
    return float(extract(pixels)[FEATURES.index(name)])


def flat(*rgb: int) -> np.ndarray:
    return np.full((224, 224, 3), rgb, np.uint8)


def test_flat_image_has_no_structure() -> None:
    grey = flat(100, 100, 100)
    assert feature(grey, "n_keypoints") == 0
    assert feature(grey, "contrast") == pytest.approx(0, abs=1e-5)
    assert feature(grey, "edge_length1") == 0
    assert feature(grey, "aspect_ratio") == 1
    assert feature(grey, "area_by_perim") == 224 * 224 / (4 * 224)


def test_perceived_brightness_weighs_green_most() -> None:
    red, green, blue = (feature(flat(*rgb), "avg_perceived_brightness") for rgb in np.eye(3, dtype=int) * 200)
    assert green > red > blue
    assert green == pytest.approx(200 * 0.691**0.5, rel=1e-4)


def test_hue1_is_the_share_of_reds() -> None:
    half = flat(200, 20, 20)
    half[:, 112:] = (20, 200, 20)
    assert feature(half, "hue1") == pytest.approx(0.5)


def test_main_object_gives_aspect_ratio() -> None:
    scene = flat(20, 20, 20)
    cv2.rectangle(scene, (30, 80), (190, 140), (230, 230, 230), -1)
    assert feature(scene, "aspect_ratio") == pytest.approx(160 / 60, rel=0.05)
    assert feature(scene, "area_by_perim") == pytest.approx(160 * 60 / (2 * 220), rel=0.05)


def test_clutter_has_more_keypoints_and_smaller_objects() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (56, 56, 3), dtype=np.uint8)
    clutter, plain = cv2.resize(noise, (224, 224), interpolation=cv2.INTER_CUBIC), flat(128, 128, 128)
    cv2.circle(plain, (112, 112), 70, (250, 250, 250), -1, cv2.LINE_AA)
    assert feature(clutter, "n_keypoints") > 100
    assert feature(plain, "n_keypoints") < 10
    assert feature(clutter, "area_by_perim") < feature(plain, "area_by_perim")


def test_size_and_shape_of_the_file_cannot_be_seen() -> None:
    """What lies outside the centre square, and how large the file was, changes nothing."""
    rng = np.random.default_rng(1)
    square = cv2.resize(rng.integers(0, 256, (14, 14, 3), dtype=np.uint8), (224, 224), interpolation=cv2.INTER_NEAREST)
    wide = np.pad(square, ((0, 0), (80, 80), (0, 0)), mode="reflect")
    doubled = square.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(extract(square), extract(wide))
    np.testing.assert_array_equal(extract(square), extract(doubled))


@given(st.integers(1, 90), st.integers(1, 90), st.integers(0, 2**32 - 1))
def test_any_image_has_finite_features(height: int, width: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
    assert np.isfinite(extract(pixels)).all()
