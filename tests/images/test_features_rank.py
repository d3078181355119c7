"""The small raster puts images in the order in which the full square would: Spearman's rank correlation per feature."""

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import spearmanr

from edgewise.drawn import scene
from edgewise.images.decode import decode
from edgewise.images.features import CANDIDATES, RASTER_PX, extract, of_raster
from edgewise.images.preprocess import centre_square

# The lowest rank correlation, by how a name begins.
ON_DRAWINGS = {
    "n_keypoints": 0.7,
    "avg_": 0.99,
    "brightness_rms": 0.99,
    "perceived_": 0.99,
    "contrast": 0.99,
    "edge_angle": 0.7,
    "area_by_perim": 0.85,
    "aspect_ratio": 0.85,
    "hue": 0.97,
}
ON_PHOTOGRAPHS = ON_DRAWINGS | {
    "n_keypoints": 0.85,
    "edge_length1": 0.6,
    "edge_length3": 0.3,
    "edge_length4": 0.3,
    "edge_length5": 0.25,
    "edge_angle": 0.65,
}
# The decoder averages 2 by 2: what it leaves is smoother than the full square.
ON_HALVED_PHOTOGRAPHS = ON_PHOTOGRAPHS | {
    "n_keypoints": 0.78,
    "contrast": 0.97,
    "edge_length1": 0.53,
    "edge_length5": 0.1,
    "area_by_perim": 0.78,
    "aspect_ratio": 0.8,
}
# Lengths are those of the raster at hand: bins 2, 6 and 7 hold other edges in the small raster than in the full square.
# A drawing has few edges, and which of them break is chance: there no bin keeps its order.
NO_CLAIM = ("edge_length2", "edge_length6", "edge_length7")
NO_CLAIM_ON_DRAWINGS = tuple(f"edge_length{bin}" for bin in range(1, 8))


def floor(name: str, floors: dict[str, float]) -> float:
    return next(value for start, value in floors.items() if name.startswith(start))


def agreement(small: np.ndarray, full: np.ndarray) -> dict[str, float]:
    return {name: float(spearmanr(small[:, i], full[:, i])[0]) for i, name in enumerate(CANDIDATES)}


def test_on_drawings(monkeypatch: pytest.MonkeyPatch) -> None:
    side = 3 * RASTER_PX
    monkeypatch.setattr(scene, "CANVAS_PX", side)
    monkeypatch.setattr(scene, "SIZE_PX", side)
    rng = np.random.default_rng(0)
    images = [scene.draw(i % 10, rng) for i in range(50)]
    assert images[0].shape == (side, side, 3)
    found = agreement(
        np.array([extract(image, CANDIDATES) for image in images]), np.array([of_raster(image) for image in images])
    )
    claimed = {name: rank for name, rank in found.items() if name not in NO_CLAIM_ON_DRAWINGS}
    assert len(claimed) == 22
    assert {name: rank for name, rank in claimed.items() if rank < floor(name, ON_DRAWINGS)} == {}


@pytest.mark.real
@pytest.mark.parametrize(("shrink_to_px", "floors"), [(None, ON_PHOTOGRAPHS), (RASTER_PX, ON_HALVED_PHOTOGRAPHS)])
def test_on_photographs(evaluation_data: Path, shrink_to_px: int | None, floors: dict[str, float]) -> None:
    """From the whole image, and from a JPEG that the decoder made half as large."""
    small, full = [], []
    for path in sorted((evaluation_data / "imagenet20" / "train").glob("*/*"))[::5]:
        content = path.read_bytes()
        square = centre_square(decode(content).pixels)
        if square.shape[0] < 320:
            continue
        decoded = decode(content, shrink_to_px=shrink_to_px)
        assert decoded.scale == (1 if shrink_to_px is None else 0.5)
        small.append(extract(decoded.pixels, CANDIDATES))
        full.append(of_raster(np.ascontiguousarray(square)))
    assert len(small) > 150
    found = agreement(np.array(small), np.array(full))
    claimed = {name: rank for name, rank in found.items() if name not in NO_CLAIM}
    assert {name: rank for name, rank in claimed.items() if rank < floor(name, floors)} == {}
