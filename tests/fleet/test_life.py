"""One user's life, counted by hand."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from edgewise.fleet.accounts import Abilities, Own, OwnAccount, fixed_among_all, fixed_among_found
from edgewise.fleet.calibration import Calibration
from edgewise.fleet.chances import Chances
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.life import Life, Stretch, milder
from edgewise.fleet.pruning_law import Drawn
from edgewise.fleet.terms import Terms
from edgewise.fleet.user import Drift, User
from tests.fleet.conftest import calibration_of, made

TERMS = Terms(users=1, inputs=10_000, fewest_classes=5, most_classes=5, drift=0.0, rate=2.0)
DEVICE = FleetDevice("a test", "", 100.0, (1.0, 4.0))
NETWORK = made("a")
OWN = Drawn(0.01, 2.0, 1000.0, NETWORK)


def lived(
    whole: Calibration, drifts: tuple[Drift, ...] = (), terms: Terms = TERMS, network: Drawn | None = OWN
) -> list[Stretch]:
    user = User((0, 1, 2, 3, 4), (0.3, 0.2, 0.2, 0.2, 0.1), drifts, whole.learned[1])
    return list(Life(user, terms, Chances(whole), np.random.default_rng(0), network, 0.1).stretches())


def account(whole: Calibration, stretches: list[Stretch]) -> Own:
    return OwnAccount(Abilities(whole.learned[1]), DEVICE, whole).of(stretches)


def phases(stretches: list[Stretch]) -> list[tuple[str, int]]:
    return [(one.phase, one.inputs) for one in stretches if one.inputs]


def test_a_user_who_stays_is_learned_and_served() -> None:
    whole = calibration_of(NETWORK, made("b"))
    stretches = lived(whole)
    # 1,000 inferences of a tenth of a second, two inputs a second
    assert phases(stretches) == [("observe", 300), ("prune", 200), ("verify", 100), ("watch", 9400)]
    own = account(whole, stretches)
    each = 0.5 + 0.05 + 0.95 * 0.02  # its own time, what it turns away, and audits of the rest
    assert own.cost == pytest.approx(300 + 200 + 1000 + 150 + 9400 * each)
    assert own.right == pytest.approx(300 * 0.7 + 300 * 0.9 + 9400 * 0.90)
    assert (own.first_served, own.made, own.turned_down, own.alarms) == (600, 1, 0, 0)
    assert own.broke_even == 600 + int(np.ceil(1050 / (1 - each)))
    assert own.paid == 1000


def test_a_network_that_the_guard_refuses_is_paid_for_again_and_again() -> None:
    whole = calibration_of(made("a", passes=False), made("b", passes=False))
    stretches = lived(whole, network=Drawn(0.01, 2.0, 1000.0, whole.made[0]))
    own = account(whole, stretches)
    assert own.first_served is None
    assert own.broke_even is None
    assert own.made == own.turned_down == sum(one.ends == "turned down" for one in stretches)
    waits = [inputs for phase, inputs in phases(stretches) if phase == "observe"]
    assert waits[:-1] == [300, 128, 256, 512, 1024, 2048]  # the last one is cut off by the end
    assert own.paid == pytest.approx(own.made * 1000, abs=1000)
    assert sum(one.inputs for one in stretches) == 10_000


def test_each_refusal_asks_for_half_of_the_speed_beyond_one() -> None:
    assert [milder(OWN, attempts).times_as_fast for attempts in range(4)] == [2.0, 1.5, 1.25, 1.125]
    assert milder(OWN, 1).drop == 0.005


def test_a_change_is_noticed_and_a_network_is_made_for_the_new_classes() -> None:
    whole = calibration_of(NETWORK, made("b"))
    stretches = lived(whole, (Drift(5000, 0, 40),))
    assert phases(stretches) == [
        *(("observe", 300), ("prune", 200), ("verify", 100), ("watch", 4400)),
        ("watch", 50),  # until it is noticed
        *(("observe", 400), ("prune", 200), ("verify", 100), ("watch", 4250)),
    ]
    unnoticed = stretches[5]
    assert (unnoticed.foreign, unnoticed.ends) == (pytest.approx(0.3), "alarm")
    own = account(whole, stretches)
    assert (own.made, own.alarms, own.false_alarms) == (2, 1, 0)
    assert own.wrong_until_noticed == pytest.approx(50 * 0.3 * 0.25)
    assert not next(one for one in stretches[6:] if one.phase == "observe").told


def test_after_a_false_alarm_the_earlier_network_comes_back() -> None:
    whole = calibration_of(NETWORK, made("b"), false_alarm=2000)
    stretches = lived(whole, terms=replace(TERMS, inputs=3000))
    assert phases(stretches) == [
        *(("observe", 300), ("prune", 200), ("verify", 100), ("watch", 2000)),
        *(("observe", 60), ("watch", 340)),
    ]
    own = account(whole, stretches)
    assert (own.made, own.alarms, own.false_alarms) == (1, 0, 1)


def test_a_class_that_comes_back_before_anybody_noticed_ends_the_danger() -> None:
    whole = calibration_of(NETWORK, made("b"))
    stretches = lived(whole, (Drift(5000, 0, 40), Drift(5020, 0, 0)))
    assert account(whole, stretches).alarms == 0
    assert phases(stretches)[3:] == [("watch", 4400), ("watch", 20), ("watch", 4980)]


def test_without_a_guard_a_network_serves_at_once() -> None:
    whole = calibration_of(made("a", passes=False), made("b", passes=False))
    stretches = lived(whole, terms=replace(TERMS, max_drop_points=None))
    assert phases(stretches) == [("observe", 300), ("prune", 200), ("watch", 9500)]


def test_fixed_networks_are_told_the_classes_and_make_nothing() -> None:
    whole = calibration_of(NETWORK, made("b"))
    able = Abilities(whole.learned[1])
    stretches = lived(whole, (Drift(5000, 0, 40),), network=None)
    assert {one.phase for one in stretches} == {"observe", "watch"}
    found = fixed_among_found(stretches, able, DEVICE)
    told, untold, foreign = 10_000 - 300 - 400 - 50, 700, 0.3
    expected = untold * 0.7 + told * 0.9 + 50 * ((1 - foreign) * 0.9 + foreign * 0.6)
    assert found.right[0] == pytest.approx(expected)
    assert found.cost.tolist() == [10_000, 2500]
    assert fixed_among_all(able, DEVICE, 10_000).right.tolist() == [7000, 6000]


@pytest.mark.parametrize("seed", range(20))
def test_every_life_is_as_long_as_it_should_be(seed: int) -> None:
    whole = calibration_of(NETWORK, made("b", passes=False), false_alarm=700)
    rng = np.random.default_rng(seed)
    drifts = tuple(
        Drift(int(at), int(rng.integers(5)), int(rng.integers(5, 50))) for at in np.sort(rng.integers(0, 10_000, 12))
    )
    for network in (OWN, Drawn(0.01, 2.0, 1000.0, whole.made[1]), None):
        stretches = lived(whole, drifts, network=network)
        assert sum(one.inputs for one in stretches) == 10_000
        assert all(one.inputs >= 0 and 0 <= one.foreign <= 1 + 1e-9 for one in stretches)
