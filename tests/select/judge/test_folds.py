import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.select.judge.folds import stratified_folds


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
