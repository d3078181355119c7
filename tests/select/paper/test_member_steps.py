"""Algorithm 1's steps as the page tells them."""

import pytest

from edgewise.select.paper.member_steps import member_steps


def test_all_methods_and_the_theta_that_keeps_three(make_trials) -> None:
    trials = make_trials(images=1000, reach=(0.5, 0.7, 0.8, 0.85), specialists=True)
    found = member_steps(trials, theta_points=2.0)
    assert [one.method for one in found.by_method] == ["accuracy", "optimal", "alternate"]
    gains = 100 * trials.right().mean(axis=0)
    assert found.to_exhaustion.models == trials.models
    assert found.to_exhaustion.gains_points == pytest.approx(gains)
    assert found.to_exhaustion.stopped_by_points is None
    low, high = found.theta_for_three or (0.0, 0.0)
    assert (low, high) == pytest.approx((gains[3], gains[2]))
    for theta in (low, high - 1e-9):
        assert len(member_steps(trials, theta_points=theta).by_method[0].models) == 3
    assert len(member_steps(trials, theta_points=high).by_method[0].models) == 2


def test_fewer_than_three_models_have_no_such_theta(make_trials) -> None:
    assert member_steps(make_trials(reach=(0.5, 0.7))).theta_for_three is None
