import cv2
import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.images.corrupt import KINDS, PARAMETERS, SEVERITIES, Kind, corrupt


@pytest.mark.parametrize("kind", KINDS)
def test_each_severity_is_further_from_the_image(kind: Kind) -> None:
    image = np.random.default_rng(0).integers(0, 200, (120, 160, 3), np.uint8)
    kept = image.copy()
    worse = [corrupt(image, kind, severity) for severity in SEVERITIES]
    errors = [float(((one.astype(float) - image) ** 2).mean()) for one in worse]
    assert errors[0] > 0
    assert errors == sorted(errors)
    assert len(set(errors)) == 5
    assert {(one.shape, one.dtype.name) for one in worse} == {((120, 160, 3), "uint8")}
    assert (image == kept).all()


@pytest.mark.parametrize("kind", KINDS)
def test_the_seed_decides_noise_alone(photo: np.ndarray, kind: Kind) -> None:
    first, again, other = (corrupt(photo, kind, 3, seed) for seed in ((1, 2), (1, 2), (1, 3)))
    assert (first == again).all()
    assert (first == other).all() == (kind != "noise")


@pytest.mark.parametrize("short_px", [224, 448, 1000])
def test_noise_has_its_strength_at_any_size_and_looks_alike_when_shrunk(short_px: int) -> None:
    grey = np.full((short_px, short_px + 60, 3), 128, np.uint8)
    noisy = corrupt(grey, "noise", 1).astype(float) / 255
    assert noisy.std() == pytest.approx(0.08, rel=0.02)
    seen = cv2.resize(noisy, (round(224 * (short_px + 60) / short_px), 224), interpolation=cv2.INTER_AREA)
    assert seen.std() == pytest.approx(0.08, rel=0.25), "at the size of a network's input it is no weaker"


@pytest.mark.parametrize("scale", [1, 2, 4])
def test_blur_reaches_as_far_across_an_image_of_any_size(scale: int) -> None:
    edge = np.zeros((224 * scale, 224 * scale, 3), np.uint8)
    edge[:, 112 * scale :] = 255
    row = corrupt(edge, "blur", 4)[112 * scale, :, 0] / 255
    # A Gaussian's edge rises from 16% to 84% within two standard deviations: 4 px of 224 each.
    assert ((row > 0.16) & (row < 0.84)).mean() == pytest.approx(8 / 224, abs=1.5 / 224)


def test_brightness_adds_to_the_value_and_keeps_the_hue() -> None:
    image = np.array([[[100, 50, 25], [0, 0, 0], [255, 128, 0]]], np.uint8)
    brighter = corrupt(image, "brightness", 2)
    assert brighter[0, 0].tolist() == [151, 76, 38]
    assert brighter[0, 1].tolist() == [51, 51, 51]
    assert brighter[0, 2].tolist() == [255, 128, 0]


def test_contrast_draws_to_the_mean_of_each_channel(photo: np.ndarray) -> None:
    flat = corrupt(photo, "contrast", 5).astype(float)
    assert flat.mean(axis=(0, 1)) == pytest.approx(photo.mean(axis=(0, 1)), abs=0.5)
    assert flat.std(axis=(0, 1)) == pytest.approx(0.05 * photo.std(axis=(0, 1)), abs=0.3)


def test_jpeg_is_what_pillow_writes_at_that_quality(photo: np.ndarray) -> None:
    import io

    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(photo).save(content, "JPEG", quality=int(PARAMETERS["jpeg"].values[3]))
    assert (corrupt(photo, "jpeg", 4) == np.asarray(Image.open(content))).all()


@pytest.mark.parametrize("kind", KINDS)
def test_one_pixel_is_an_image_too(kind: Kind) -> None:
    assert corrupt(np.zeros((1, 1, 3), np.uint8), kind, 5).shape == (1, 1, 3)


@pytest.mark.parametrize(("kind", "severity"), [("fog", 1), ("blur", 0), ("blur", 6)])
def test_what_is_not_known_is_refused(photo: np.ndarray, kind: str, severity: int) -> None:
    with pytest.raises(UsageError, match=f"no '{kind}' of severity {severity}"):
        corrupt(photo, kind, severity)  # type: ignore[arg-type]
