import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.select.judge.folds import see_that_enough, stratified_folds


@given(st.lists(st.integers(0, 5), min_size=10, max_size=80), st.integers(2, 10), st.integers(0, 99))
def test_every_class_and_the_whole_are_spread_evenly(labels: list[int], folds: int, seed: int) -> None:
    array = np.array(labels)
    fold = stratified_folds(array, folds, seed)
    sizes = np.bincount(fold, minlength=folds)
    assert sizes.max() - sizes.min() <= 1
    for label in set(labels):
        members = np.bincount(fold[array == label], minlength=folds)
        assert members.max() - members.min() <= 1


def test_the_seed_decides() -> None:
    labels = np.repeat(np.arange(4), 25)
    assert (stratified_folds(labels, 5, 1) == stratified_folds(labels, 5, 1)).all()
    assert (stratified_folds(labels, 5, 1) != stratified_folds(labels, 5, 2)).any()


@pytest.mark.parametrize(("images", "folds"), [(10, 1), (3, 5)])
def test_too_few(images: int, folds: int) -> None:
    with pytest.raises(UsageError, match=str(folds)):
        stratified_folds(np.zeros(images, int), folds, 0)


@pytest.mark.parametrize(("folds", "fewest"), [((5, 5), 7), ((5, 5, 5), 9), ((2, 5, 5), 14), ((10, 5, 5), 10)])
def test_folds_within_folds_need_so_many_images(folds: tuple[int, ...], fewest: int) -> None:
    see_that_enough(fewest, *folds)
    with pytest.raises(UsageError, match=f"{fewest - 1} images are too few") as raised:
        see_that_enough(fewest - 1, *folds)
    assert raised.value.hint == f"Profile {fewest} or more."
