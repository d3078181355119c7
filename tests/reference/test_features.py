"""The fast features against the page that says what they are."""

import cv2
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewise.drawn import draw_split
from edgewise.images.features import CANDIDATES, RASTER_PX, extract, of_raster
from edgewise.reference.features import RASTER_PX as REFERENCE_PX
from edgewise.reference.features import features

RELATIVE = 1e-6  # sums in float32 and in another order
EXACT = [name for name in CANDIDATES if name.startswith(("n_", "edge_", "hue", "aspect"))]


def assert_alike(fast: np.ndarray, raster: np.ndarray) -> None:
    plain = features(raster)
    assert tuple(plain) == CANDIDATES
    values = dict(zip(CANDIDATES, fast.tolist(), strict=True))
    assert values == pytest.approx(plain, rel=RELATIVE, abs=1e-9)
    assert {name: values[name] for name in EXACT} == pytest.approx({name: plain[name] for name in EXACT}, rel=1e-12)


def test_on_drawn_images() -> None:
    assert REFERENCE_PX == RASTER_PX
    for image in draw_split("sample", 1)[0]:
        assert_alike(extract(image, CANDIDATES), image)  # 64 px: the image is the raster


@pytest.mark.parametrize("colour", [(1, 2, 0), (0, 1, 2), (2, 2, 1)])
def test_on_gradients(colour: tuple[int, int, int]) -> None:
    y, x = np.mgrid[:RASTER_PX, :RASTER_PX]
    ramps = np.stack([2 * x, 2 * y, (x * y) // 50, np.hypot(x, y)])
    image = np.stack([ramps[c] for c in colour], axis=-1).astype(np.uint8)
    assert_alike(extract(image, CANDIDATES), image)


@pytest.mark.parametrize("cells", [4, 14, 37])
def test_on_blotches(cells: int) -> None:
    noise = np.random.default_rng(cells).integers(0, 256, (cells, cells, 3), dtype=np.uint8)
    image = cv2.resize(noise, (RASTER_PX, RASTER_PX), interpolation=cv2.INTER_CUBIC)
    assert_alike(extract(image, CANDIDATES), image)


def test_on_a_square_larger_than_the_raster() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (20, 20, 3), dtype=np.uint8)
    image = cv2.resize(noise, (150, 150), interpolation=cv2.INTER_LINEAR)
    assert_alike(of_raster(image), image)


@given(st.integers(1, 16), st.integers(1, 256), st.integers(0, 2**32 - 1))
@settings(max_examples=40, deadline=None)
def test_on_small_noise(side: int, levels: int, seed: int) -> None:
    image = np.random.default_rng(seed).integers(0, levels, (side, side, 3), dtype=np.uint8)
    assert_alike(extract(image, CANDIDATES), image)
