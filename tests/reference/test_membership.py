"""The fast Algorithm 1 against the page in plain Python."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewise.reference.membership import choose
from edgewise.select.premodel.membership import MembersBy, choose_members


@given(
    right=hnp.arrays(bool, st.tuples(st.integers(1, 40), st.integers(1, 6))),
    theta=st.sampled_from([0.0, 0.5, 7.5]),
    method=st.sampled_from(["accuracy", "optimal", "alternate"]),
    seed=st.integers(0, 2**31),
)
def test_they_agree(right: np.ndarray, theta: float, method: MembersBy, seed: int) -> None:
    # Few different times, so that ratios tie.
    times = np.sort(np.random.default_rng(seed).integers(1, 4, right.shape[1])).astype(float)
    fast = choose_members(right, theta, method=method, times_ms=times)
    assert list(fast.models) == choose(right.tolist(), times.tolist(), theta, method)


@pytest.mark.parametrize(("method", "members"), [("accuracy", [0, 2]), ("optimal", [0, 1, 2]), ("alternate", [0, 2])])
def test_a_worked_example(method: str, members: list[int]) -> None:
    # Of the inputs that model 0 fails, model 1 repairs one in 1 ms, model 2 all three in 9 ms.
    right = [[True, False, False]] * 4 + [[False, True, True]] + [[False, False, True]] * 2
    assert choose(right, [1.0, 1.0, 9.0], 0.5, method) == members
