"""The features say what their names say, see the raster alone, and are finite for every image."""

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.images.features import CANDIDATES, FEATURES, RASTER_PX, STEPS, extract, time_steps

MIDDLE = RASTER_PX // 2


def feature(pixels: np.ndarray, name: str) -> float:
    return float(extract(pixels, [name])[0])


def bins(pixels: np.ndarray, name: str) -> list[float]:
    return extract(pixels, [f"{name}{bin}" for bin in range(1, 8)]).tolist()


def flat(*rgb: int) -> np.ndarray:
    return np.full((RASTER_PX, RASTER_PX, 3), rgb, np.uint8)


def test_the_papers_29_and_its_seven() -> None:
    assert len(CANDIDATES) == len(set(CANDIDATES)) == 29
    assert len(FEATURES) == 7
    assert set(FEATURES) < set(CANDIDATES)


def test_flat_image_has_no_structure() -> None:
    values = dict(zip(CANDIDATES, extract(flat(100, 100, 100), CANDIDATES), strict=True))
    expected = dict.fromkeys(CANDIDATES, 0.0) | {
        "avg_brightness": 100,
        "brightness_rms": 100,
        "avg_perceived_brightness": 100,
        "perceived_brightness_rms": 100,
        "area_by_perim": RASTER_PX / 4,  # the whole raster is the object
        "aspect_ratio": 1,
        "hue1": 1,
    }
    assert values == pytest.approx(expected, abs=1e-5)


def test_perceived_brightness_weighs_green_most() -> None:
    red, green, blue = (feature(flat(*rgb), "avg_perceived_brightness") for rgb in np.eye(3, dtype=int) * 200)
    assert green > red > blue
    assert green == pytest.approx(200 * 0.691**0.5, rel=1e-4)


def test_half_black_half_white() -> None:
    halves = flat(0, 0, 0)
    halves[:, MIDDLE:] = 200
    assert feature(halves, "avg_brightness") == pytest.approx(100)
    assert feature(halves, "contrast") == pytest.approx(100)
    assert feature(halves, "brightness_rms") == pytest.approx(200 / 2**0.5)
    assert feature(halves, "avg_perceived_brightness") == pytest.approx(100)
    assert feature(halves, "perceived_brightness_rms") == pytest.approx(200 / 2**0.5)
    assert feature(halves, "aspect_ratio") == 0.5
    assert bins(halves, "edge_angle") == [1, 0, 0, 0, 0, 0, 0]
    assert bins(halves, "edge_length") == [0, 0, 0, 0, 1, 0, 0]


@pytest.mark.parametrize(("degrees", "bin"), [(13, 0), (39, 1), (64, 2), (90, 3), (116, 4), (141, 5), (167, 6)])
@pytest.mark.parametrize("turned", [0, 180])
def test_edge_angles_turn_from_right_to_down(degrees: int, bin: int, turned: int) -> None:
    """A straight border whose bright side lies in the given direction."""
    angle = np.deg2rad(degrees + turned)
    y, x = np.mgrid[:RASTER_PX, :RASTER_PX] - MIDDLE
    ramp = np.clip(128 + 60 * (x * np.cos(angle) + y * np.sin(angle)), 0, 255).astype(np.uint8)
    assert bins(np.stack([ramp] * 3, axis=-1), "edge_angle")[bin] > 0.9


@pytest.mark.parametrize(("side", "bin"), [(3, 0), (6, 1), (12, 2), (24, 3), (48, 4), (95, 5)])
def test_edge_lengths_double_from_bin_to_bin(side: int, bin: int) -> None:
    """A bright square in a corner has an edge about twice as long as its side."""
    corner = flat(0, 0, 0)
    corner[:side, -side:] = 255
    assert bins(corner, "edge_length")[bin] == 1


def test_edge_lengths_are_shares_of_edges_not_of_pixels() -> None:
    scene = flat(0, 0, 0)
    scene[20:110, 20:110] = 255
    scene[:3, :3] = 255
    assert bins(scene, "edge_length") == [0.5, 0, 0, 0, 0, 0, 0.5]


def test_hues_go_around_the_circle() -> None:
    wheel = cv2.cvtColor(np.uint8([[[180 * (i + 0.5) / 7, 255, 255] for i in range(7)]]), cv2.COLOR_HSV2RGB)[0]
    for bin, colour in enumerate(wheel.tolist()):
        assert bins(flat(*colour), "hue")[bin] == 1
    half = flat(200, 20, 20)
    half[:, MIDDLE:] = (20, 200, 20)
    assert feature(half, "hue1") == 0.5


@pytest.mark.parametrize(("ground", "ink"), [(20, 230), (230, 20)])
def test_main_object_stands_out_from_the_border(ground: int, ink: int) -> None:
    scene = flat(ground, ground, ground)
    scene[40:70, 15:95] = ink
    scene[5:10, 5:10] = ink
    assert feature(scene, "aspect_ratio") == 80 / 30
    # Borders run through the middle of pixels.
    assert feature(scene, "area_by_perim") == pytest.approx(79 * 29 / (2 * (79 + 29)))


def test_clutter_has_more_keypoints_and_smaller_objects() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (28, 28, 3), dtype=np.uint8)
    clutter, plain = cv2.resize(noise, (RASTER_PX, RASTER_PX), interpolation=cv2.INTER_CUBIC), flat(128, 128, 128)
    cv2.circle(plain, (MIDDLE, MIDDLE), 35, (250, 250, 250), -1, cv2.LINE_AA)
    assert feature(clutter, "n_keypoints") > 50
    assert feature(plain, "n_keypoints") < 10
    assert feature(clutter, "area_by_perim") < feature(plain, "area_by_perim")


def test_shape_and_size_of_the_file_cannot_be_seen() -> None:
    """What lies outside the centre square, and how large the file was, changes nothing."""
    coarse = np.random.default_rng(1).integers(0, 256, (14, 14, 3), dtype=np.uint8)
    square = coarse.repeat(RASTER_PX // 14, axis=0).repeat(RASTER_PX // 14, axis=1)
    expected = extract(square, CANDIDATES)
    wide = np.pad(square, ((0, 0), (80, 80), (0, 0)), mode="reflect")
    np.testing.assert_array_equal(extract(wide, CANDIDATES), expected)
    for times in (2, 8):  # sampled; averaged first
        larger = square.repeat(times, axis=0).repeat(times, axis=1)
        np.testing.assert_array_equal(extract(larger, CANDIDATES), expected)


def test_a_small_image_counts_in_the_units_of_the_raster() -> None:
    scene = flat(20, 20, 20)
    scene[40:70, 20:90] = 230
    small = scene[::2, ::2]
    assert feature(small, "aspect_ratio") == pytest.approx(feature(scene, "aspect_ratio"))
    assert feature(small, "area_by_perim") == pytest.approx(feature(scene, "area_by_perim"), rel=0.03)
    assert feature(small, "n_keypoints") % (RASTER_PX / small.shape[0]) ** 2 == 0


@given(st.integers(1, 90), st.integers(1, 90), st.integers(1, 256), st.integers(0, 2**32 - 1))
@example(1, 1, 1, 0)
@example(1, 90, 256, 0)
@example(1300, 600, 256, 0)
def test_any_image_has_finite_features(height: int, width: int, levels: int, seed: int) -> None:
    pixels = np.random.default_rng(seed).integers(0, levels, (height, width, 3), dtype=np.uint8)
    values = extract(pixels, CANDIDATES)
    assert np.isfinite(values).all()
    assert (values >= 0).all()
    for name in ("edge_length", "edge_angle", "hue"):
        assert sum(bins(pixels, name)) == pytest.approx(1) or not any(bins(pixels, name))


def test_any_selection_in_any_order_gives_the_same_values(photo: np.ndarray) -> None:
    everything = dict(zip(CANDIDATES, extract(photo, CANDIDATES), strict=True))
    for names in ((), ("hue7",), ("edge_angle3", "edge_length2", "contrast"), FEATURES, CANDIDATES[::-1]):
        assert extract(photo, names).tolist() == [everything[name] for name in names]


def test_the_image_is_left_as_it_is(photo: np.ndarray) -> None:
    before = photo.copy()
    photo.flags.writeable = False  # as a decoder may hand it over
    extract(photo, CANDIDATES)
    np.testing.assert_array_equal(photo, before)


def test_a_feature_needs_its_own_steps_alone(photo: np.ndarray) -> None:
    assert STEPS["hue1"] == ("raster", "colour raster", "hue")
    assert STEPS["edge_length1"] == ("raster", "grey", "gradients", "edge map", "edge lengths")
    assert list(STEPS) == list(CANDIDATES)
    times_ms = time_steps(photo)
    assert set(times_ms) == {step for steps in STEPS.values() for step in steps}
    assert min(times_ms.values()) > 0


def test_steps_that_are_not_needed_do_not_run(photo: np.ndarray, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cv2, "Canny", None)
    monkeypatch.setattr(cv2, "findContours", None)
    extract(photo, ["n_keypoints", "contrast", "avg_perceived_brightness", "hue1"])
    with pytest.raises(TypeError):
        extract(photo, ["edge_length1"])


def test_an_unknown_feature_is_named(photo: np.ndarray) -> None:
    with pytest.raises(UsageError, match="no feature sharpness") as raised:
        extract(photo, ["contrast", "sharpness"])
    assert "hue7" in str(raised.value.hint)
