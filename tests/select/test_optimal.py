import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.optimal import fastest_right


def test_the_cheapest_right_model_or_the_fail_class() -> None:
    right = np.array([[1, 1, 1], [0, 1, 1], [0, 0, 1], [0, 0, 0], [1, 0, 0], [0, 1, 0]], bool)
    labels = fastest_right(right)
    assert labels.tolist() == [0, 1, 2, 3, 0, 1]
    assert labels.dtype == np.int64


@pytest.mark.parametrize("shape", [(4,), (4, 0)])
def test_no_models_is_an_error_that_shows_the_shape(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match=r"\(4"):
        fastest_right(np.zeros(shape, bool))
