import json

import numpy as np
import pytest

from edgewise.errors import StoreError, UsageError
from edgewise.personal.cusum import Cusum


def _time_to_alarm(begun: Cusum, scores: np.ndarray) -> int:
    """Of Page's rule, without the class: the sum less its least so far."""
    sums = np.concatenate([[0.0], np.cumsum(begun.steps(scores))])
    over = np.flatnonzero(sums - np.minimum.accumulate(sums) >= begun.limit)
    return int(over[0]) if len(over) else len(scores)


@pytest.mark.parametrize("of", ["scores", "rejections"])
def test_the_mean_time_between_false_alarms_is_the_one_wanted(of: str) -> None:
    """Where the calibration knows the scores well; the standard error over 150 streams is 8%."""
    rng = np.random.default_rng(0)
    begun = Cusum.begin(rng.normal(size=100_000), 2000, of)  # type: ignore[arg-type]
    times = [_time_to_alarm(begun, rng.normal(size=20_000)) for _ in range(150)]
    assert np.mean(times) == pytest.approx(2000, rel=0.4)


def test_few_calibration_scores_leave_that_time_open() -> None:
    """Over 20 calibrations of 150, wanting 5,000, medians of 9 streams: far from each other, as the class says."""
    rng = np.random.default_rng(1)
    medians = []
    for seed in range(20):
        begun = Cusum.begin(rng.normal(size=150), 5000, "scores", seed)
        medians.append(np.median([_time_to_alarm(begun, rng.normal(size=30_000)) for _ in range(9)]))
    assert np.quantile(medians, 0.9) > 8 * np.quantile(medians, 0.1)


@pytest.mark.parametrize("of", ["scores", "rejections"])
def test_a_change_is_noticed_soon(of: str) -> None:
    rng = np.random.default_rng(2)
    begun = Cusum.begin(rng.normal(size=300), 20_000, of)  # type: ignore[arg-type]
    delays = [_time_to_alarm(begun, rng.normal(size=500) + 3) for _ in range(50)]
    assert np.median(delays) <= 6


def test_one_by_one_it_alarms_where_the_rule_does() -> None:
    rng = np.random.default_rng(3)
    begun = Cusum.begin(rng.normal(size=200), 1000)
    scores = np.concatenate([rng.normal(size=300), rng.normal(size=100) + 1])
    detector = begun
    for score in scores.tolist():
        detector = detector.update(score)
    assert detector.alarm_at == _time_to_alarm(begun, scores)
    assert detector.inputs == detector.alarm_at
    assert detector.update(9.0) is detector


def test_the_rarer_the_alarms_the_higher_the_limit() -> None:
    scores = np.random.default_rng(4).normal(size=200)
    limits = [Cusum.begin(scores, apart).limit for apart in (100, 1000, 20_000, 200_000)]
    assert limits == sorted(set(limits))
    assert Cusum.begin(scores, 1000, seed=1) == Cusum.begin(scores, 1000, seed=1)


def test_the_stored_goes_on_as_it_would_have() -> None:
    detector = Cusum.begin(np.random.default_rng(5).normal(size=200), 1000).update(1.7).update(0.9)
    stored = Cusum.from_values(json.loads(json.dumps(detector.to_values())))
    assert stored == detector
    assert stored.update(2.5) == detector.update(2.5)


def test_what_cannot_have_been_stored() -> None:
    values = Cusum.begin(np.arange(60.0), 1000).to_values()
    for wrong in ({"of": "all"}, {"unit": 0.0}, {"unit": "wide"}, {"limit": -1.0}, {"more": 1}):
        with pytest.raises(StoreError, match="stored CUSUM"):
            Cusum.from_values(values | wrong)


def test_one_clear_error_for_each_wrong_value() -> None:
    scores = np.arange(60.0)
    with pytest.raises(UsageError, match="49 calibration scores"):
        Cusum.begin(scores[:49])
    with pytest.raises(UsageError, match="99 inputs apart"):
        Cusum.begin(scores, 99)
    with pytest.raises(UsageError, match="'all'"):
        Cusum.begin(scores, 1000, "all")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="all the same"):
        Cusum.begin(np.zeros(60))
    with pytest.raises(UsageError, match="not all finite"):
        Cusum.begin(np.append(scores, np.nan))
    with pytest.raises(UsageError, match="must be a finite number"):
        Cusum.begin(scores, 1000).update(float("nan"))
