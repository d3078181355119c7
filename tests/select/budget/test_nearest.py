import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewise.select.budget.budget import Budget
from edgewise.select.budget.nearest import Offered, nearest, refusal

OFFERED = (
    Offered({"max_mean_ms": 1.0, "max_p90_ms": 9.0, "max_energy_mj": 5.0}, 0.6),
    Offered({"max_mean_ms": 2.00004, "max_p90_ms": 3.0, "max_energy_mj": 8.0}, 0.8567),
)
costs = st.floats(1e-3, 1e4)


def keeps(one: Offered, budget: Budget) -> bool:
    within = all(one.costs[name] <= limit for name, limit in budget.limits.items())
    return within and one.accuracy >= (budget.min_accuracy or 0)


@pytest.mark.parametrize(
    ("budget", "changed"),
    [
        (Budget(max_mean_ms=3, max_p90_ms=3), {}),
        (Budget(max_mean_ms=0.5), {"max_mean_ms": 1.0}),
        (Budget(max_p90_ms=2, max_energy_mj=6), {"max_p90_ms": 3.0, "max_energy_mj": 8.0}),
        (Budget(max_mean_ms=1.5, max_p90_ms=4), {"max_p90_ms": 9.0}),
        (Budget(min_accuracy=0.9), {"min_accuracy": 0.856}),
        (Budget(max_mean_ms=0.5, min_accuracy=0.8), {"max_mean_ms": 1.0, "min_accuracy": 0.6}),
    ],
)
def test_what_must_change(budget: Budget, changed: dict[str, float]) -> None:
    assert nearest(budget, OFFERED) == changed


@given(
    st.lists(
        st.builds(lambda m, p, a: Offered({"max_mean_ms": m, "max_p90_ms": p}, a), costs, costs, st.floats(0, 1)),
        min_size=1,
        max_size=5,
    ),
    costs,
    costs,
    st.floats(0.01, 1),
)
def test_the_nearest_is_kept_and_changes_only_what_it_must(
    offered: list[Offered], mean: float, p90: float, least: float
) -> None:
    asked = Budget(max_mean_ms=mean, max_p90_ms=p90, min_accuracy=least)
    changed = nearest(asked, offered)
    found = Budget(**{**vars(asked), **{name: value or None for name, value in changed.items()}})
    assert any(keeps(one, found) for one in offered)
    assert (not changed) == any(keeps(one, asked) for one in offered)
    assert all(value > getattr(asked, name) for name, value in changed.items() if name != "min_accuracy")


def test_the_words() -> None:
    one = refusal("No selector can", Budget(max_mean_ms=0.5), OFFERED)
    assert one.message == "No selector can promise a mean of 0.5 ms, decoding included."
    assert one.hint == "The nearest feasible is --max-mean-ms 1."
    both = refusal("No selector can", Budget(max_mean_ms=1.5, max_p90_ms=4), OFFERED)
    assert both.message == "No selector can promise a p90 of 4 ms within the rest of the budget, decoding included."
    sure = refusal("This selector cannot", Budget(max_mean_ms=1.5, min_accuracy=0.99999), OFFERED)
    assert sure.message == "This selector cannot promise an accuracy of 99.999%."
    assert sure.hint == "The nearest feasible is --min-accuracy 0.6, or wider limits."
    nothing = refusal("No selector can", Budget(min_accuracy=0.5), [Offered({}, -0.2)])
    assert "profile more" in str(nothing.hint)
