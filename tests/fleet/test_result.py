"""What a fleet comes down to."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

from edgewise.executors.local import LocalExecutor
from edgewise.fleet.calibration import Calibration
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.headlines import best_fixed
from edgewise.fleet.result import FleetResult, result_of
from edgewise.fleet.simulate import Fleet, simulate
from edgewise.fleet.terms import Terms
from edgewise.fleet.ways import ways_of
from edgewise.fleet.words import figure_cells, headline, real_user_cells, verdict

TERMS = Terms(users=40, inputs=20_000, fewest_classes=3, most_classes=8, drift=0.05)


@pytest.fixture
def fleet(calibration: Calibration, device: FleetDevice) -> Fleet:
    return simulate(TERMS, calibration, device, LocalExecutor(1), left_out_users=20)


@pytest.fixture
def result(fleet: Fleet) -> FleetResult:
    return result_of(fleet)


def test_ways_and_figures_agree(fleet: Fleet, result: FleetResult) -> None:
    assert result.ways[0].times_as_fast == pytest.approx(result.figure("times_as_fast").value)
    assert result.ways[0].right == pytest.approx(result.figure("right").value)
    assert [one.way for one in result.ways] == list(ways_of(fleet.calibration))
    assert [one.times_as_fast for one in result.ways[1:]] == pytest.approx([1.0, 4.0, 1.0, 4.0])
    rival = result.rivals["classes"]
    points = 100 * (result.ways[0].right - result.ways[rival.place].right)
    assert result.figure("points_over_classes").value == pytest.approx(points, abs=1e-3)


def test_the_error_of_few_real_users_is_the_jackknife(fleet: Fleet, result: FleetResult) -> None:
    figure = result.figure("right")
    means = [float(rows["right"][:, 0].mean()) for rows in fleet.left_out.values()]
    assert len(means) == 3
    error = np.sqrt(2 / 3 * np.square(np.array(means) - np.mean(means)).sum())
    wide = t.ppf(0.975, 2) * error
    assert figure.over_real_users is not None
    assert figure.over_real_users.low == pytest.approx(max(0, figure.value - wide), abs=1e-5)
    assert figure.over_real_users.high == pytest.approx(min(1, figure.value + wide), abs=1e-5)
    assert figure.without_one is not None
    assert figure.without_one.low <= figure.value <= figure.without_one.high


def test_more_users_make_their_own_error_smaller_and_not_that_of_the_real_ones(
    calibration: Calibration, device: FleetDevice
) -> None:
    few, many = (
        result_of(simulate(replace(TERMS, users=users), calibration, device, LocalExecutor(1), left_out_users=users))
        for users in (20, 320)
    )
    wide = [one.figure("times_as_fast").over_users for one in (few, many)]
    assert wide[1].high - wide[1].low < 0.6 * (wide[0].high - wide[0].low)
    real = [one.figure("times_as_fast").over_real_users for one in (few, many)]
    assert real[0] is not None
    assert real[1] is not None
    assert real[1].high - real[1].low > 0.5 * (real[0].high - real[0].low)


def test_a_fixed_network_that_wins_is_said_to_win(calibration: Calibration, device: FleetDevice) -> None:
    able = [replace(one, right=(one.right[0], replace(one.right[1], told=0.95))) for one in calibration.learned]
    result = result_of(
        simulate(TERMS, replace(calibration, learned=tuple(able)), device, LocalExecutor(1), left_out_users=0)
    )
    rival = result.rivals["classes"]
    assert (rival.way.name, rival.as_right) == ("ResNet-18 at 224 px, the user's classes", True)
    assert headline(result).startswith("ResNet-18 at 224 px for everybody, told the user's classes, beats networks of")
    assert "not known by real users" in verdict(result)[1]


def test_what_the_real_users_leave_open_is_not_claimed(calibration: Calibration, device: FleetDevice) -> None:
    able = [replace(one, right=(one.right[0], replace(one.right[1], told=0.9))) for one in calibration.learned]
    wide = [replace(one, drop=drop) for one, drop in zip(calibration.made, (-0.04, 0.02, 0.08), strict=True)]
    whole = replace(calibration, learned=tuple(able), made=tuple(wide))
    result = result_of(simulate(TERMS, whole, device, LocalExecutor(1), left_out_users=40))
    real = result.figure("points_over_classes").over_real_users
    assert real is not None
    assert real.low < 0 < real.high
    assert headline(result).endswith("as often right, as far as 3 real users can tell.")


def test_networks_of_ones_own_that_win_are_said_to_win(calibration: Calibration, device: FleetDevice) -> None:
    slow = replace(device, times_as_fast=(1.0, 1.05))
    able = [replace(one, among_found=0.99) for one in calibration.learned]
    result = result_of(
        simulate(TERMS, replace(calibration, learned=tuple(able)), slow, LocalExecutor(1), left_out_users=0)
    )
    assert not result.rivals["classes"].as_right
    assert headline(result).startswith("Networks of one's own are 1.")


def test_the_best_fixed_way_is_the_fastest_as_right_or_the_most_right(calibration: Calibration) -> None:
    ways = ways_of(calibration)
    cost = np.array([[0.5, 1.0, 0.25, 1.0, 0.25]])
    right = np.array([[0.8, 0.7, 0.6, 0.9, 0.85]])
    found = best_fixed({"cost": cost, "right": right}, ways, "classes")
    assert (found.place, found.as_right) == (4, True)
    found = best_fixed({"cost": cost, "right": right}, ways, "nothing")
    assert (found.place, found.as_right) == (1, False)


def test_histograms_hold_all_users_who_have_a_figure(fleet: Fleet, result: FleetResult) -> None:
    for spread in result.spreads:
        assert sum(spread.counts) == spread.users <= spread.of == TERMS.users
        assert len(spread.edges) == len(spread.counts) + 1 or not spread.users
    served = next(one for one in result.spreads if one.name == "first_served")
    assert served.users == int((fleet.rows["first_served"] >= 0).sum()) > 0


def test_real_users_stand_beside_what_others_foretell(calibration: Calibration) -> None:
    cells = real_user_cells(calibration)
    assert [row[0] for row in cells] == ["first", "second", "third"]
    assert cells[1][2:4] == ("+3.00", "+1.00")  # it loses 3, the others 1 each
    assert len({len(row) for row in cells}) == 1


def test_cells_show_what_is_not_known(calibration: Calibration, device: FleetDevice) -> None:
    result = result_of(simulate(replace(TERMS, users=5), calibration, device, LocalExecutor(1), left_out_users=0))
    assert all(figure_cells(one)[3:] == ("not known", "not known") for one in result.figures)
