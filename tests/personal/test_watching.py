"""While a user's network serves."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import StoreError
from edgewise.personal.learning import Learning
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.watching import Watching

pytestmark = pytest.mark.torch


@pytest.fixture
def network(tail_once: Path) -> UserNetwork:
    return UserNetwork(tail_once)


def test_about_two_in_a_hundred_are_audited(network: UserNetwork) -> None:
    watching = Watching(network, Learning())
    assert 150 <= sum(watching.audits_next() for _ in range(10_000)) <= 250
    assert all(Watching(network, Learning(audit_share=1.0)).audits_next() for _ in range(50))


def test_it_goes_on_as_it_would_have(network: UserNetwork) -> None:
    random, learning = np.random.default_rng(0), Learning()
    watching = Watching(network, learning)
    own = np.array(network.own_scores)
    for count in range(100):
        watching.take(float(random.choice(own)), 0.01 if count % 10 == 0 else None)
    again = Watching.from_values(network, learning, watching.to_values())
    assert again.detector == watching.detector
    twin = Watching.from_values(network, learning, watching.to_values())
    assert [again.audits_next() for _ in range(200)] == [twin.audits_next() for _ in range(200)]
    for one in (watching, again):
        while one.alarm is None:
            one.take(float(own.max() + 1), 1.0)
    assert watching.alarm == again.alarm
    assert watching.alarm.at_input <= 110


def test_after_a_restart_other_inputs_are_audited(network: UserNetwork) -> None:
    """Or a device that is often restarted would audit the same places over and over."""
    learning = Learning(audit_share=0.5)
    watching = Watching(network, learning)
    first = [watching.audits_next() for _ in range(64)]
    for _ in range(32):
        watching.take(float(np.median(network.own_scores)), None)
    again = Watching.from_values(network, learning, watching.to_values())
    assert [again.audits_next() for _ in range(64)] != first


def test_other_values_are_refused(network: UserNetwork) -> None:
    for values in ({"alpha": 0.05}, {"inputs": "many"}):
        with pytest.raises(StoreError):
            Watching.from_values(network, Learning(), values)
