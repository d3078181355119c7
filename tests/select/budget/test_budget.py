import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.budget.budget import Budget


def test_words() -> None:
    assert str(Budget()) == "the accuracy of the best single model"
    assert str(Budget(max_mean_ms=20, min_accuracy=0.9)) == "a mean of 20 ms and an accuracy of 90%"
    assert Budget(max_p90_ms=3.0, min_accuracy=0.5).limits == {"max_p90_ms": 3.0}
    assert Budget(max_energy_mj=1).demands
    assert not Budget().demands


@pytest.mark.parametrize("value", [0, -1.0, np.inf, np.nan])
@pytest.mark.parametrize("name", ["max_mean_ms", "max_p90_ms", "max_energy_mj", "min_accuracy"])
def test_a_limit_is_a_number_above_zero(name: str, value: float) -> None:
    with pytest.raises(UsageError, match="must be a number above 0") as raised:
        Budget(**{name: value})
    assert "--" + name.replace("_", "-") in raised.value.message


def test_an_accuracy_is_a_share() -> None:
    with pytest.raises(UsageError, match="share") as raised:
        Budget(min_accuracy=95)
    assert raised.value.hint == "For 95% write 0.95."
