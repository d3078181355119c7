import json
from typing import Any

import numpy as np
import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.personal.change import Alarm, ChangeDetector

AUDITED = 0.02


def _begun(rng: np.random.Generator, alpha: float = 0.05, seed: int = 0) -> ChangeDetector:
    return ChangeDetector.begin(rng.normal(size=150), rng.beta(0.6, 1.4, 150), alpha, seed)


def _served(
    detector: ChangeDetector, rng: np.random.Generator, inputs: int, shift: float = 0.0, outside: float | None = None
) -> ChangeDetector:
    """Inputs that score higher by `shift`; audits of them leave 0.3 outside on average, or `outside`."""
    masses = rng.beta(0.6, 1.4, inputs) if outside is None else np.full(inputs, outside)
    audited = rng.random(inputs) < AUDITED
    scores = rng.normal(size=inputs) + shift
    for score, mass, seen in zip(scores.tolist(), masses.tolist(), audited.tolist(), strict=True):
        detector = detector.update(score, mass if seen else None)
    return detector


def _share_of_alarms(streams: int, inputs: int, alpha: float) -> float:
    rng = np.random.default_rng(0)
    served = [_served(_begun(rng, alpha, seed), rng, inputs) for seed in range(streams)]
    return float(np.mean([detector.alarm is not None for detector in served]))


def test_alarms_without_a_change_are_as_rare_as_promised() -> None:
    assert _share_of_alarms(30, 1500, alpha=0.2) <= 0.2


@pytest.mark.slow
def test_alarms_without_a_change_are_rare_in_long_streams() -> None:
    """60 streams of 10,000 at alpha 10%: two standard errors of the share are 8 points."""
    assert _share_of_alarms(60, 10_000, alpha=0.1) <= 0.1 + 0.08


@pytest.mark.parametrize(("after", "most"), [(0, 25), (5000, 15)])
def test_foreign_inputs_are_noticed_by_their_scores(after: int, most: int) -> None:
    """At once the set that grows soon holds as many foreign scores as own ones; it is still quick."""
    rng = np.random.default_rng(1)
    before = _served(_begun(rng), rng, after)
    assert before.alarm is None
    alarms = [_served(before, rng, 400, shift=3.0, outside=0.98).alarm for _ in range(15)]
    assert {alarm and alarm.by for alarm in alarms} == {"scores"}
    assert np.median([alarm.at_input - after for alarm in alarms if alarm]) <= most


def test_inputs_that_the_network_is_wrongly_sure_of_are_noticed_by_audits() -> None:
    rng = np.random.default_rng(2)
    served = _served(_served(_begun(rng), rng, 5000), rng, 2500, shift=0.0, outside=0.98)
    assert served.alarm is not None
    assert served.alarm.by == "audits"
    assert 5000 < served.alarm.at_input < 7000


def test_an_alarm_stays() -> None:
    rng = np.random.default_rng(4)
    raised = _served(_begun(rng), rng, 200, shift=4.0)
    assert raised.alarm is not None
    assert raised.inputs == raised.alarm.at_input
    assert raised.update(-3.0, 0.0) is raised
    with pytest.raises(UsageError):
        raised.update(float("nan"))


def test_the_stored_goes_on_as_it_would_have() -> None:
    rng = np.random.default_rng(5)
    detector = _served(_begun(rng, seed=7), rng, 700)
    text = json.dumps(detector.to_values(), allow_nan=False)
    assert len(text) < 2000
    stored = ChangeDetector.from_values(json.loads(text))
    assert stored == detector
    seed = np.random.default_rng(6)
    gone_on = _served(detector, seed, 500, shift=1.5, outside=0.9)
    assert _served(stored, np.random.default_rng(6), 500, shift=1.5, outside=0.9) == gone_on
    assert gone_on.alarm is not None
    assert ChangeDetector.from_values(json.loads(json.dumps(gone_on.to_values()))) == gone_on


@pytest.mark.parametrize(
    "wrong",
    [
        {"alpha": 2.0},
        {"alpha": "often"},
        {"scores": {}},
        {"scores": None},
        {"audits": {"bound": 0.3, "money": {"staked": [-1.0], "steps": 0, "pace": 1.0}}},
        {"alarm": {"by": "nobody", "at_input": 1}},
        {"alarm": {"at": 1}},
        {"inputs": -1},
    ],
)
def test_what_cannot_have_been_stored(wrong: dict[str, Any]) -> None:
    values = _begun(np.random.default_rng(8)).to_values()
    with pytest.raises(StoreError, match="cannot be read") as error:
        ChangeDetector.from_values(values | wrong)
    assert "Calibrate it anew" in error.value.hint
    del values["inputs"]
    with pytest.raises(StoreError):
        ChangeDetector.from_values(values)


def test_edges_that_are_no_edges_cannot_have_been_stored() -> None:
    values = _begun(np.random.default_rng(8)).to_values()
    for wrong in ({"edges": values["scores"]["edges"][::-1]}, {"edges": [[1]]}, {"gaps": [1, 2]}):
        with pytest.raises(StoreError):
            ChangeDetector.from_values(values | {"scores": values["scores"] | wrong})


@pytest.mark.parametrize("alpha", [0.0, 1.0, -0.1, float("nan")])
def test_alpha_is_a_probability(alpha: float) -> None:
    with pytest.raises(UsageError, match="Alpha is"):
        _begun(np.random.default_rng(9), alpha)


def test_one_clear_error_for_each_wrong_value() -> None:
    detector = _begun(np.random.default_rng(10))
    with pytest.raises(UsageError, match="score is nan"):
        detector.update(float("nan"))
    with pytest.raises(UsageError, match="from 0 to 1"):
        detector.update(0.0, 1.5)
    with pytest.raises(UsageError, match="49 calibration scores"):
        ChangeDetector.begin(np.zeros(49), np.zeros(100))
    with pytest.raises(UsageError, match="49 calibration audits"):
        ChangeDetector.begin(np.zeros(100), np.zeros(49))
    with pytest.raises(UsageError, match="cannot be"):
        Alarm("scores", 0)
