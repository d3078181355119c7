import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.premodel.min_max import MinMax


def test_the_training_range_becomes_zero_to_one_and_nothing_is_clipped() -> None:
    scaling = MinMax.fit(np.array([[0.0, 10.0], [4.0, 30.0]]))
    assert scaling.apply(np.array([[1.0, 20.0], [8.0, 0.0]])).tolist() == [[0.25, 0.5], [2.0, -0.5]]


def test_a_constant_feature_is_zero_everywhere() -> None:
    assert MinMax.fit(np.array([[7.0], [7.0]])).apply(np.array([[-1e9]])).tolist() == [[0.0]]


@pytest.mark.parametrize("features", [[[np.nan]], [], [1.0], [[]]])
def test_a_range_needs_finite_rows(features: list[object]) -> None:
    with pytest.raises(UsageError, match="finite"):
        MinMax.fit(np.array(features))


@pytest.mark.parametrize("features", [[[np.inf]], [[1.0, 2.0]], [1.0]])
def test_features_that_do_not_fit_are_refused(features: list[object]) -> None:
    with pytest.raises(UsageError, match=r"[Ff]eature"):
        MinMax.fit(np.array([[0.0], [1.0]])).apply(np.array(features))
