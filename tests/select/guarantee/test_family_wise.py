import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.select.guarantee.family_wise import bonferroni, certified, fixed_sequence, multi_start

P_VALUES = np.array([0.5, 0.001, 0.02, 0.06, 0.012])


def test_a_sequence_ends_at_its_first_failure() -> None:
    assert fixed_sequence(P_VALUES, [1, 2, 3, 4, 0], 0.05) == [1, 2]
    assert fixed_sequence(P_VALUES, [0, 1, 2], 0.05) == []


def test_bonferroni_divides_and_needs_no_order() -> None:
    assert bonferroni(P_VALUES, 0.05) == [1]
    assert bonferroni(P_VALUES, 0.06) == [1, 4]


def test_one_failure_ends_one_walk_of_several() -> None:
    assert multi_start(P_VALUES, [0, 2, 1, 4, 3], 0.05, starts=1) == []
    assert multi_start(P_VALUES, [0, 2, 1, 4, 3], 0.05, starts=2) == [1, 4]
    assert multi_start(P_VALUES, [], 0.05, starts=2) == []


@pytest.mark.parametrize("rule", ["fixed sequence", "bonferroni", "multi-start"])
def test_false_certificates_are_as_rare_as_delta(rule) -> None:
    """Dependent p-values, as configurations on the same images have: the worst five of twenty are false."""
    rng, delta, repeats = np.random.default_rng(0), 0.1, 1500
    false = 0
    for _ in range(repeats):
        p_values = np.concatenate([rng.random(15) / 40, np.full(5, rng.random())])
        false += any(index >= 15 for index in certified(rule, p_values, range(20), delta))
    assert false / repeats <= delta + 3 * np.sqrt(delta / repeats)
    assert false > 0, "a rule that never certifies would pass, too"


def test_what_is_no_rule() -> None:
    with pytest.raises(UsageError, match="'guess'"):
        certified("guess", P_VALUES, [0], 0.05)  # type: ignore[arg-type]
    for delta in (0.0, 1.0):
        with pytest.raises(UsageError, match="Delta"):
            certified("bonferroni", P_VALUES, [0], delta)
    with pytest.raises(UsageError, match="0 starts"):
        multi_start(P_VALUES, [0], 0.05, 0)
