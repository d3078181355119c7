import json
import math

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.personal.audits import AuditTest, bound_on_mean


def _ever(test: AuditTest, masses: np.ndarray, money: float) -> int | None:
    """The audit at which it first had so much."""
    for place, mass in enumerate(masses.tolist(), 1):
        test = test.update(mass)
        if test.money.money >= money:
            return place
    return None


def _at_bound(kind: str, rng: np.random.Generator, count: int) -> np.ndarray:
    """Masses with a mean of 0.3, the most that is allowed."""
    return {
        "all or nothing": lambda: (rng.random(count) < 0.3).astype(float),
        "spread": lambda: rng.beta(0.6, 1.4, count),
        "the same": lambda: np.full(count, 0.3),
    }[kind]()


@pytest.mark.parametrize("kind", ["all or nothing", "spread", "the same"])
def test_alarms_at_the_bound_itself_are_as_rare_as_promised(kind: str) -> None:
    rng = np.random.default_rng(0)
    raised = [_ever(AuditTest.begin(0.3), _at_bound(kind, rng, 400), 1 / 0.25) is not None for _ in range(80)]
    assert np.mean(raised) <= 0.25


@pytest.mark.parametrize(("mean", "most"), [(0.99, 25), (0.65, 75)])
def test_a_late_change_is_noticed_in_few_audits(mean: float, most: int) -> None:
    """After 100 audits, of which 5,000 inputs have so many; at 1 / alpha of 80."""
    rng = np.random.default_rng(1)
    delays = []
    for _ in range(20):
        before = (rng.random(100) < 0.25).astype(float)
        test = AuditTest.begin(0.35)
        for mass in before.tolist():
            test = test.update(mass)
        delays.append(_ever(test, (rng.random(1000) < mean).astype(float), 80) or 1000)
    assert np.median(delays) <= most


def test_the_bound_holds_for_all_but_alpha_of_calibrations() -> None:
    rng = np.random.default_rng(2)
    over = [bound_on_mean(rng.beta(0.6, 1.4, 150), 0.1) for _ in range(60)]
    assert np.mean([bound < 0.3 for bound in over]) <= 0.1
    assert np.median(over) < 0.37, "three standard errors over the mean"
    assert bound_on_mean(np.zeros(150), 0.0125) == pytest.approx(math.log(80) / 150, rel=0.35)


def test_nothing_is_over_a_bound_of_one() -> None:
    assert _ever(AuditTest.begin(1.0), np.ones(200), 1.01) is None


def test_the_stored_goes_on_as_it_would_have() -> None:
    test = AuditTest.begin(0.3).update(0.4).update(1 / 3)
    stored = AuditTest.from_values(json.loads(json.dumps(test.to_values())))
    assert stored == test
    assert stored.update(0.9) == test.update(0.9)


@pytest.mark.parametrize("mass", [float("nan"), -0.01, 1.01])
def test_what_is_no_mass(mass: float) -> None:
    with pytest.raises(UsageError, match="must be from 0 to 1"):
        AuditTest.begin(0.3).update(mass)
    with pytest.raises(UsageError, match="must be from 0 to 1"):
        bound_on_mean(np.append(np.zeros(50), mass), 0.1)


def test_what_cannot_begin() -> None:
    with pytest.raises(UsageError, match="49 calibration audits; at least 50"):
        bound_on_mean(np.zeros(49), 0.1)
    with pytest.raises(UsageError, match=r"Alpha is 0\.5"):
        bound_on_mean(np.zeros(50), 0.5)
    for bound in (0.0, 1.01, float("nan")):
        with pytest.raises(UsageError, match="must be above 0 and at most 1"):
            AuditTest.begin(bound)
