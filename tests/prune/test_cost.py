"""What making a network has cost: formulas, a counter that agrees with them, and the point where it is paid for."""

import numpy as np
import pytest

from edgewise.prune.cost import Cost, Macs, StepCost, break_even, break_even_macs, gram_macs, solve_macs


def test_it_has_paid_for_itself_once_as_much_is_saved_as_was_spent() -> None:
    assert break_even(60.0, 20.0, 10.0) == 6000
    assert break_even(60.001, 20.0, 10.0) == 6001
    assert break_even_macs(1_000, 300, 200) == 10


@pytest.mark.parametrize("user_ms", [20.0, 20.1])
def test_a_network_that_is_no_faster_never_pays(user_ms: float) -> None:
    assert break_even(60.0, 20.0, user_ms) is None
    assert break_even_macs(10, 20, 20) is None


def test_a_cost_is_that_of_its_steps() -> None:
    uncounted = StepCost("reading", 1.5)
    cost = Cost((uncounted, StepCost("solving", 2.0, Macs(5, 4, 3, 2)), StepCost("asking", 0.5, Macs(forward=1))))
    assert cost.seconds == 4.0
    assert cost.macs == Macs(6, 4, 3, 2)
    assert cost.macs is not None
    assert cost.macs.total == 15
    assert Cost((uncounted,)).macs is None


def test_the_formulas_are_the_counts_of_loops() -> None:
    inputs, places, outputs = 5, 7, 3
    ones = np.ones((places, inputs))
    assert gram_macs(inputs, places) == (ones.T @ ones).sum()
    assert gram_macs(inputs, places, outputs) == (ones.T @ np.ones((places, inputs + outputs))).sum()
    large = 60
    factored = sum(column for row in range(large) for column in range(row + 1))
    assert solve_macs(large, 0) == pytest.approx(factored, rel=0.06)
    assert solve_macs(inputs, outputs) - solve_macs(inputs, 0) == outputs * inputs**2
