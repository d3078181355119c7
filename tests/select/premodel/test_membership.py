import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewise.errors import UsageError
from edgewise.select.premodel.membership import MembersBy, choose_members


def _right(*columns: str) -> np.ndarray:
    """A column per model, a character per input: x = right."""
    return np.array([[mark == "x" for mark in column] for column in columns]).T


def test_a_worked_example() -> None:
    # Optimal (fastest right) for: model 0 4 inputs, 1 1 input, 2 2 inputs. On the 6 that 0 fails, 2 is right most.
    right = _right("xxxx......", "xx..x.....", "....xxx...")
    members = choose_members(right, theta_points=0.5)
    assert members.models == (0, 2)
    assert members.gains_points == (40.0, 30.0)
    assert members.stopped_by_points == 0.0
    assert members.ceiling_points == 70.0


def test_the_first_is_optimal_for_most_inputs_not_the_most_accurate() -> None:
    right = _right("xxx.......", "..xxxx....", ".xxxx.xxx.")
    # Fastest right: 0 for 3 inputs, 1 for 3, 2 for 3: a tie that the cheapest wins, though 2 is the most accurate.
    assert choose_members(right).models[0] == 0


@pytest.mark.parametrize(("theta", "models"), [(9.99, (0, 1)), (10.0, (0,)), (10.01, (0,))])
def test_a_gain_of_exactly_theta_is_not_kept(theta: float, models: tuple[int, ...]) -> None:
    right = _right("xxxxx.....", ".....x....")
    members = choose_members(right, theta_points=theta)
    assert members.models == models
    assert members.stopped_by_points == (None if len(models) == 2 else 10.0)


def test_keep_last_is_the_pseudo_code_to_the_letter() -> None:
    right = _right("xxxxx.....", ".....x....", "......x...")
    members = choose_members(right, theta_points=10.0, keep_last=True)
    assert members.models == (0, 1)
    assert members.gains_points == (50.0, 10.0)
    assert members.stopped_by_points == 10.0


def test_to_the_letter_a_worthless_model_is_kept_but_none_twice() -> None:
    members = choose_members(_right("xxxxx.....", "xx........"), keep_last=True)
    assert members.models == (0, 1)
    assert members.gains_points == (50.0, 0.0)


def test_of_equally_good_complements_the_cheapest_is_taken() -> None:
    right = _right("xxxx....", "....xx..", "......xx")
    assert choose_members(right).models == (0, 1, 2)


def test_no_model_is_ever_right() -> None:
    members = choose_members(np.zeros((5, 3), bool))
    assert (members.models, members.gains_points, members.stopped_by_points) == ((0,), (0.0,), 0.0)


@pytest.mark.parametrize("theta", [-0.1, float("nan")])
def test_theta_must_be_a_share_of_points(theta: float) -> None:
    with pytest.raises(UsageError, match="theta"):
        choose_members(np.ones((5, 3), bool), theta_points=theta)


@pytest.mark.parametrize("shape", [(0, 3), (3, 0), (3,)])
def test_without_inputs_or_models_there_is_nothing_to_choose(shape: tuple[int, ...]) -> None:
    with pytest.raises(UsageError, match="shape"):
        choose_members(np.zeros(shape, bool))


# Model 0 is right on 4 of 10 inputs. Of the other 6, model 1 (2 ms) repairs 2, model 2 (4 ms) 3, model 3 (24 ms) 5.
_ZOO = _right("xxxx......", "....xx....", "....xxx...", ".....xxxxx")
_TIMES_MS = np.array([1.0, 2.0, 4.0, 24.0])


def test_accuracy_takes_what_repairs_most_however_slow() -> None:
    # Model 3 repairs 50 points; 10 are left, which models 1 and 2 both repair, and 1 is cheaper.
    members = choose_members(_ZOO, method="accuracy", times_ms=_TIMES_MS)
    assert (members.models, members.gains_points) == ((0, 3, 1), (40.0, 50.0, 10.0))
    assert members == choose_members(_ZOO), "accuracy asks for no times"


def test_optimal_takes_what_repairs_most_for_its_time() -> None:
    # Points per ms: 20 / 2 = 10 against 30 / 4 = 7.5 and 50 / 24; then 10 / 4 = 2.5 against 40 / 24 = 1.7.
    members = choose_members(_ZOO, method="optimal", times_ms=_TIMES_MS)
    assert (members.models, members.gains_points) == ((0, 1, 2, 3), (40.0, 20.0, 10.0, 30.0))


def test_alternate_takes_turns_beginning_with_accuracy() -> None:
    # After model 0, by accuracy 3 (5 repaired); then by time 1 (1 input per ms against 2 in 5 ms); then 2 is left.
    right = _right("xxxxxx........", "......x.......", "......xx......", ".........xxxxx")
    times = np.array([1.0, 1.0, 5.0, 10.0])
    assert choose_members(right, method="alternate", times_ms=times).models == (0, 3, 1, 2)
    assert choose_members(right, method="optimal", times_ms=times).models == (0, 1, 3, 2)
    assert choose_members(right, method="accuracy").models == (0, 3, 2)


def test_models_not_worth_theta_do_not_compete_for_the_best_ratio() -> None:
    # Model 1 repairs 10 points in 1 ms, the best ratio, but theta is 15: model 2 is taken, and then nothing is left.
    right = _right("xxxx......", "....x.....", ".....xx...")
    members = choose_members(right, 15.0, method="optimal", times_ms=np.array([1.0, 1.0, 50.0]))
    assert (members.models, members.stopped_by_points) == ((0, 2), 10.0)


def test_ratios_need_times() -> None:
    for times in (None, np.array([1.0, 2.0]), np.array([0.0, 1.0, 2.0, 3.0])):
        with pytest.raises(UsageError, match="needs 4 times above 0"):
            choose_members(_ZOO, method="optimal", times_ms=times)


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UsageError, match="'luck'"):
        choose_members(_ZOO, method="luck")  # type: ignore[arg-type]


@given(
    hnp.arrays(bool, st.tuples(st.integers(1, 30), st.integers(1, 6))),
    st.sampled_from([0.0, 0.5, 5.0]),
    st.sampled_from(["accuracy", "optimal", "alternate"]),
)
def test_gains_are_what_a_perfect_choice_gains(right: np.ndarray, theta: float, method: MembersBy) -> None:
    members = choose_members(right, theta, method=method, times_ms=1.0 + np.arange(right.shape[1]))
    for count in range(1, len(members.models) + 1):
        perfect = 100 * right[:, list(members.models[:count])].any(axis=1).mean()
        assert sum(members.gains_points[:count]) == pytest.approx(perfect)
    assert len(set(members.models)) == len(members.models)
    assert all(gain > theta for gain in members.gains_points[1:])
    left_out = [model for model in range(right.shape[1]) if model not in members.models]
    for model in left_out:
        with_it = 100 * right[:, [*members.models, model]].any(axis=1).mean()
        assert with_it - members.ceiling_points <= theta + 1e-9, "nothing worth more than theta was left out"
