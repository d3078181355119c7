import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.errors import UsageError
from edgewise.select.router import allocation as module
from edgewise.select.router.allocation import allocate, dual_price


def _case(images: int, models: int, seed: int) -> tuple[np.ndarray, np.ndarray, float]:
    rng = np.random.default_rng(seed)
    costs = np.sort(rng.uniform(0, 5, models))
    return rng.random((images, models)), costs, float(rng.uniform(costs[0], costs[-1]))


@given(images=st.integers(1, 60), models=st.integers(1, 6), seed=st.integers(0, 2**31))
def test_the_relaxation_loses_less_than_one_answer_and_keeps_the_budget(images: int, models: int, seed: int) -> None:
    p_right, costs, budget = _case(images, models, seed)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "_MOST_VARIABLES", 0)
        rounded = allocate(p_right, costs, budget)
    rows = np.arange(images)
    price = dual_price(p_right, costs, budget)
    bound = (p_right - price * costs).max(axis=1).sum() + price * images * budget  # weak duality
    assert costs[rounded].mean() <= budget * (1 + 1e-9)
    assert bound - 1 < p_right[rows, rounded].sum() <= bound + 1e-9


@pytest.mark.parametrize("seed", range(5))
def test_the_dual_price_spends_no_more_than_the_budget_and_nearly_all(seed: int) -> None:
    p_right, costs, budget = _case(4000, 5, seed)
    price = dual_price(p_right, costs, budget)
    at_price = costs[(p_right - (price + 1e-9) * costs).argmax(axis=1)].mean()
    assert at_price <= budget
    unbound = costs[p_right.argmax(axis=1)].mean()
    assert at_price == pytest.approx(min(budget, unbound), abs=0.01)
    assert (price == 0) == (unbound <= budget)


def test_a_budget_for_everything_gives_everyone_the_best() -> None:
    p_right, costs, _ = _case(40, 4, 3)
    assert (allocate(p_right, costs, 100.0) == p_right.argmax(axis=1)).all()
    assert dual_price(p_right, costs, 100.0) == 0


def test_a_budget_for_the_cheapest_alone_gives_it_to_everyone() -> None:
    p_right, costs, _ = _case(40, 4, 3)
    assert (allocate(p_right, costs, float(costs[0])) == 0).all()


def test_many_images_are_allocated_without_the_solver(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> np.ndarray:
        raise AssertionError("too many variables to solve outright")

    monkeypatch.setattr(module, "_solve", refuse)
    p_right, costs, budget = _case(5000, 10, 1)
    choice = allocate(p_right, costs, budget)
    assert costs[choice].mean() == pytest.approx(budget, rel=1e-3)


def test_no_images() -> None:
    assert allocate(np.zeros((0, 2)), np.array([1.0, 2.0]), 1.5).shape == (0,)


@pytest.mark.parametrize(
    ("p_right", "costs", "budget", "says"),
    [
        (np.zeros((3, 2)), np.array([1.0, 2.0]), 0.9, "mean cost of 0.9"),
        (np.zeros((3, 2)), np.array([1.0, 2.0]), float("nan"), "mean cost of nan"),
        (np.zeros((3, 2)), np.array([1.0]), 2.0, "shapes"),
        (np.zeros((3, 2)), np.array([-1.0, 1.0]), 2.0, "0 or more"),
        (np.zeros(3), np.array([1.0]), 2.0, "shapes"),
    ],
)
def test_what_cannot_be_allocated(p_right, costs, budget: float, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        allocate(p_right, costs, budget)


def test_the_solver_prints_nothing_and_is_never_worse_than_rounding(capfd, monkeypatch: pytest.MonkeyPatch) -> None:
    for seed in range(30):
        p_right, costs, budget = _case(3 + seed, 4, seed)
        solved = allocate(p_right, costs, budget)
        with monkeypatch.context() as patch:
            patch.setattr(module, "_MOST_VARIABLES", 0)
            rounded = allocate(p_right, costs, budget)
        rows = np.arange(len(p_right))
        assert p_right[rows, solved].sum() >= p_right[rows, rounded].sum()
    assert capfd.readouterr() == ("", "")
