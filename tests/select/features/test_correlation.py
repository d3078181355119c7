"""The correlation filter: which feature of a pair goes, and what it says about it."""

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.features.correlation import correlations, drop_correlated


def test_the_matrix_is_pearsons_r() -> None:
    features = np.random.default_rng(0).normal(size=(50, 4)) * [1, 1e-9, 1e9, 5] + [0, 1e-9, 1e12, -7]
    np.testing.assert_allclose(correlations(features), np.corrcoef(features.T), atol=1e-6)


def test_a_feature_that_never_varies_goes_first_and_correlates_with_nothing() -> None:
    rng = np.random.default_rng(0)
    features = np.column_stack([np.full(30, 1e-300), rng.random(30), rng.random(30)])
    found = drop_correlated(features, ["flat", "a", "b"])
    assert found.kept == ("a", "b")
    assert (found.dropped[0].name, found.dropped[0].because, found.dropped[0].r) == ("flat", "", 0.0)
    assert found.matrix[0].tolist() == [1.0, 0.0, 0.0]


def test_the_one_that_follows_the_others_more_goes() -> None:
    """`middle` follows both ends; it is in both strong pairs, and without it no pair is left."""
    rng = np.random.default_rng(1)
    left, right = rng.normal(size=(2, 4000))
    found = drop_correlated(np.column_stack([left, left + right, right]), ["left", "middle", "right"], 0.6)
    assert found.kept == ("left", "right")
    (dropped,) = found.dropped
    assert dropped.name == "middle"
    assert dropped.because in ("left", "right")
    assert dropped.r == pytest.approx(2**-0.5, abs=0.03)


def test_opposites_say_the_same_and_the_threshold_itself_is_not_above_it() -> None:
    x = np.arange(10.0)
    assert drop_correlated(np.column_stack([x, -x]), ["up", "down"]).kept == ("up",)
    assert drop_correlated(np.column_stack([x, -x]), ["up", "down"], 1.0).kept == ("up", "down")


@pytest.mark.parametrize(
    ("features", "names", "threshold", "words"),
    [
        (np.zeros((3, 2)), ["a"], 0.75, "1 features are named"),
        (np.zeros((0, 1)), ["a"], 0.75, "named"),
        (np.array([[np.nan], [1.0]]), ["a"], 0.75, "NaN"),
        (np.eye(2), ["a", "b"], 1.5, "1.5"),
    ],
)
def test_what_cannot_be_filtered_is_an_error(features, names, threshold, words) -> None:
    with pytest.raises(UsageError, match=words):
        drop_correlated(features, names, threshold)
