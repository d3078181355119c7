"""The drawn data set: the same on every call, disjoint splits, neither trivial nor hopeless."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from edgewise.drawn import CLASSES, draw, draw_split, write_split


def test_classes_are_ten_sorted_names() -> None:
    assert len(set(CLASSES)) == 10
    assert list(CLASSES) == sorted(CLASSES)


@pytest.mark.parametrize("label", range(10), ids=CLASSES)
def test_every_class_draws_varied_pictures(label: int) -> None:
    pictures = [draw(label, np.random.default_rng(seed)) for seed in range(20)]
    assert all(picture.shape == (64, 64, 3) and picture.dtype == np.uint8 for picture in pictures)
    assert len({picture.tobytes() for picture in pictures}) == 20
    assert all(picture.std() > 1.0 for picture in pictures)


@pytest.mark.parametrize("label", [-1, 10])
def test_draw_refuses_an_unknown_label(label: int) -> None:
    with pytest.raises(ValueError, match=rf"label {label} .*0\.\.9"):
        draw(label, np.random.default_rng(0))


def test_split_is_deterministic_and_independent_of_its_size() -> None:
    few, few_labels = draw_split("profile", 2)
    more, more_labels = draw_split("profile", 5)
    assert few_labels.dtype == np.int64
    assert np.bincount(more_labels).tolist() == [5] * 10
    for label in range(10):
        np.testing.assert_array_equal(few[few_labels == label], more[more_labels == label][:2])


def test_some_classes_alone_are_the_same_pictures() -> None:
    whole, labels = draw_split("sample", 2)
    some, some_labels = draw_split("sample", 2, [7, 3])
    assert some_labels.tolist() == [7, 7, 3, 3]
    np.testing.assert_array_equal(some, np.concatenate([whole[labels == 7], whole[labels == 3]]))


def test_splits_never_share_a_picture() -> None:
    seen = [{image.tobytes() for image in draw_split(split, 20)[0]} for split in ("train", "profile", "sample")]
    assert [len(pictures) for pictures in seen] == [200, 200, 200]
    assert len(set.union(*seen)) == 600


def test_split_refuses_nonsense() -> None:
    with pytest.raises(ValueError, match="per_class is 0"):
        draw_split("train", 0)
    with pytest.raises(ValueError, match="'test' is unknown; allowed: train, profile, sample"):
        draw_split("test", 1)  # pyright: ignore[reportArgumentType]


def test_written_files_hold_the_split(tmp_path: Path) -> None:
    write_split(tmp_path, "sample", 3)
    images, labels = draw_split("sample", 3)
    assert sorted(folder.name for folder in tmp_path.iterdir()) == list(CLASSES)
    assert len(list(tmp_path.rglob("*.png"))) == 30
    for row, label in enumerate(labels.tolist()):
        stored = cv2.imread(str(tmp_path / CLASSES[label] / f"{row % 3:04d}.png"), cv2.IMREAD_COLOR)
        assert stored is not None
        np.testing.assert_array_equal(stored[:, :, ::-1], images[row])


@pytest.mark.slow
def test_raw_pixels_say_something_but_far_from_all() -> None:
    """A linear fit of grey, shrunken pixels must beat chance (the labels mean something) and stay weak."""
    train, train_labels = draw_split("train", 100)
    test, test_labels = draw_split("profile", 30)
    features, held = _grey(train), _grey(test)
    gram = features.T @ features + 30.0 * np.eye(features.shape[1])
    weights = np.linalg.solve(gram, features.T @ np.eye(10)[train_labels])
    accuracy = float(((held @ weights).argmax(1) == test_labels).mean())
    assert 0.13 < accuracy < 0.5


def test_some_pictures_are_plain_and_some_are_not() -> None:
    """The share of strong edges, a rough measure of clutter and contrast, must spread widely over the split."""
    images, _ = draw_split("profile", 20)
    edges = [float(np.abs(np.diff(image.astype(np.int16), axis=1)).mean()) for image in images]
    low, high = np.percentile(edges, [10, 90])
    assert high > 2.0 * low


def _grey(images: np.ndarray) -> np.ndarray:
    small = np.stack([cv2.resize(image, (16, 16), interpolation=cv2.INTER_AREA) for image in images])
    flat = small.mean(axis=3).reshape(len(small), -1)
    return (flat - flat.mean(axis=1, keepdims=True)) / (flat.std(axis=1, keepdims=True) + 1e-6)
