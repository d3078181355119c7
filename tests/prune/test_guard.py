import json
import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import DataError, GuardRefused, StoreError, UsageError
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.posterior import Posterior
from edgewise.select.calibration import softmax

CLASSES = (3, 0, 6, 2, 9)
POSTERIOR = Posterior(CLASSES)


def _drawn(inputs: int, seed: int, noise: float = 0.5) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """A calibrated teacher's logits [n, 10], a student's [n, 5], and labels as positions among the user's classes.

    The student is the teacher with noise that knows nothing of the truth.
    """
    rng = np.random.default_rng(seed)
    teacher = 2.5 * rng.normal(size=(inputs, 10))
    own = teacher[:, CLASSES]
    labels = (softmax(own).cumsum(axis=1) > rng.random((inputs, 1))).argmax(axis=1)
    return teacher, own + noise * rng.normal(size=own.shape), labels


def _true_drops(teacher: np.ndarray, student: np.ndarray, labels: np.ndarray) -> np.ndarray:
    """Per input, points: 100 where the teacher alone is right, -100 where the student alone is."""
    taught = teacher[:, CLASSES].argmax(axis=1) == labels
    return 100.0 * (taught.astype(int) - (student.argmax(axis=1) == labels))


def _alike(inputs: int) -> tuple[np.ndarray, np.ndarray]:
    teacher, _, _ = _drawn(inputs, 0)
    return teacher, teacher[:, CLASSES]


@pytest.mark.parametrize("noise", [0.2, 0.5, 1.5])
def test_the_expected_drop_is_the_true_one(noise: float) -> None:
    """Where the teacher is calibrated, within three standard errors of the labelled drop (0.1 to 0.2 points each)."""
    teacher, student, labels = _drawn(20_000, 1, noise)
    true = _true_drops(teacher, student, labels)
    evidence = Guard().judge(teacher, student, POSTERIOR)
    error = true.std() / math.sqrt(len(true))
    assert error < 0.5
    assert evidence.drop_points == pytest.approx(true.mean(), abs=3 * error)
    assert evidence.low_points < evidence.drop_points < evidence.high_points
    disagree = 100 - evidence.agreement_percent
    assert evidence.drop_points < disagree / 2  # agreement is not accuracy


def test_an_over_confident_teacher_makes_the_drop_look_larger() -> None:
    teacher, student, labels = _drawn(20_000, 2)
    true = _true_drops(teacher, student, labels)
    error = true.std() / math.sqrt(len(true))
    over = Guard().judge(2 * teacher, student, POSTERIOR)
    under = Guard().judge(teacher / 2, student, POSTERIOR)
    assert over.drop_points > true.mean() + 3 * error
    assert under.drop_points < true.mean() - 3 * error
    # Labels that were there beforehand put it right.
    logits, _, known = _drawn(4000, 3)
    calibrated = Posterior.calibrated(2 * logits, np.array(CLASSES)[known], CLASSES)
    assert Guard().judge(2 * teacher, student, calibrated).drop_points == pytest.approx(true.mean(), abs=3 * error)


def test_an_input_costs_what_the_posterior_says() -> None:
    teacher = np.full((4, 10), -50.0)
    teacher[:, CLASSES] = np.log([0.5, 0.3, 0.1, 0.06, 0.04])
    student = np.eye(6)[[0, 1, 3, 5]]  # the teacher's answer, the second, the fourth, all other classes
    restricted = Guard().judge(teacher, student, POSTERIOR)
    # Without other classes, the last is answered with what the student likes best of the first five: the teacher's.
    assert restricted.drop_points == pytest.approx(100 * (0 + 0.2 + 0.44 + 0) / 4, abs=1e-4)
    assert restricted.agreement_percent == 50
    with_other = Guard().judge(teacher, student, Posterior(CLASSES, other=True))
    assert with_other.drop_points == pytest.approx(100 * (0 + 0.2 + 0.44 + 0.5) / 4, abs=1e-4)
    assert with_other.agreement_percent == 25


def test_a_prior_lets_a_student_be_better() -> None:
    teacher, _ = _alike(2000)
    prior = (0.92, 0.02, 0.02, 0.02, 0.02)
    informed = Posterior(CLASSES, prior=prior)
    student = informed.of(teacher)
    evidence = Guard().judge(teacher, student, informed)
    assert evidence.drop_points < -1
    assert evidence.verdict == "passes"
    assert any("prior" in sentence for sentence in evidence.assumes)


@pytest.mark.parametrize(("inputs", "verdict"), [(351, "undecided"), (353, "passes")])
def test_one_point_takes_352_inputs_that_are_alike(inputs: int, verdict: str) -> None:
    evidence = Guard().judge(*_alike(inputs), POSTERIOR)
    assert evidence.verdict == verdict
    assert evidence.accepted == (verdict == "passes")
    assert evidence.inputs_needed in (352, 353)
    assert evidence.agreement_percent == 100


def test_a_student_that_loses_more_is_refused() -> None:
    teacher, student, _ = _drawn(600, 4, noise=2.0)
    evidence = Guard().judge(teacher, student, POSTERIOR)
    assert evidence.verdict == "refused"
    assert evidence.inputs_needed is None
    with pytest.raises(GuardRefused, match=r"refused: an expected drop of \d+\.\d\d points"):
        evidence.require()


def test_a_student_that_loses_too_much_seldom_passes() -> None:
    """120 students with a drop of about 2.1 points where 2 may be: 5% may pass, whatever the number of looks."""
    teacher, student, _ = _drawn(120 * 900, 5)
    guard = Guard(max_drop_points=2.0, alpha=0.05)
    assert guard.judge(teacher, student, POSTERIOR).drop_points > guard.max_drop_points
    passed = 0
    for part in np.split(np.arange(len(teacher)), 120):
        evidence = None
        for look in np.split(part, 6):
            evidence = guard.judge(teacher[look], student[look], POSTERIOR, evidence)
            if evidence.verdict != "undecided":
                break
        passed += evidence is not None and evidence.verdict == "passes"
    assert passed <= 6


def test_undecided_is_refused_or_goes_by_the_estimate() -> None:
    teacher, student, _ = _drawn(60, 6, noise=0.1)
    refusing = Guard().judge(teacher, student, POSTERIOR)
    assert refusing.verdict == "undecided"
    assert not refusing.accepted
    with pytest.raises(GuardRefused, match="undecided") as caught:
        refusing.require()
    assert "more fresh inputs" in caught.value.hint
    assert caught.value.exit_code == 5
    trusting = Guard(when_undecided="estimate").judge(teacher, student, POSTERIOR)
    assert trusting.drop_points < 1
    assert trusting.accepted
    trusting.require()
    noisy = Guard(max_drop_points=3.0, when_undecided="estimate").judge(*_drawn(20, 7, noise=1.0)[:2], POSTERIOR)
    assert noisy.verdict == "undecided"
    assert not noisy.accepted


def test_looking_again_goes_on_where_it_stopped() -> None:
    teacher, student, _ = _drawn(900, 8, noise=0.1)
    guard = Guard()
    evidence = None
    for part in np.split(np.arange(900), 6):
        evidence = guard.judge(teacher[part], student[part], POSTERIOR, evidence)
    at_once = guard.judge(teacher, student, POSTERIOR)
    assert evidence is not None
    assert evidence.inputs == at_once.inputs == 900
    assert evidence.agreed == at_once.agreed
    assert evidence.drop_points == pytest.approx(at_once.drop_points)
    assert evidence.high_points <= at_once.high_points + 1e-4


def test_many_networks_share_one_promise() -> None:
    one = Guard().judge(*_alike(597), POSTERIOR)
    ten = Guard(networks=10).judge(*_alike(597), POSTERIOR)
    assert one.verdict == "passes"
    assert ten.verdict == "undecided"
    assert ten.alpha == pytest.approx(0.005)
    assert ten.inputs_needed == 598


def test_a_stream_that_changes_is_refused() -> None:
    teacher, student = _alike(800)
    passed = Guard().judge(teacher, student, POSTERIOR)
    changed = Guard().judge(5 * teacher, -student, POSTERIOR, passed)
    assert passed.verdict == "passes"
    assert changed.verdict == "refused"
    assert "the stream has changed" in str(changed)


def test_evidence_is_stored_and_gone_on_from() -> None:
    teacher, student, _ = _drawn(300, 9, noise=0.1)
    posterior = Posterior(CLASSES, temperature=1.25, prior=(0.2, 0.2, 0.2, 0.2, 0.2))
    evidence = Guard().judge(teacher, student, posterior)
    stored = json.loads(json.dumps(evidence.to_values(), allow_nan=False))
    assert stored["found"]["verdict"] == "undecided"
    assert stored["found"]["inputs_needed"] > 300
    assert len(stored["found"]["assumes"]) == 5
    again = Evidence.from_values(stored, Path("evidence.json"))
    assert again == evidence
    more = _drawn(300, 10, noise=0.1)[:2]
    assert Guard().judge(*more, posterior, again) == Guard().judge(*more, posterior, evidence)
    del stored["posterior"]
    with pytest.raises(StoreError, match=r"evidence.json has no 'posterior'"):
        Evidence.from_values(stored, Path("evidence.json"))


def test_it_says_what_it_found_and_supposes() -> None:
    said = str(Guard().judge(*_alike(200), POSTERIOR))
    assert said.startswith("undecided: an expected drop of 0.00 points, 0.00 to 1.7")
    assert said.endswith("About 352 inputs like these would let it pass.")
    assumes = Guard().judge(*_alike(200), POSTERIOR).assumes
    for word in ("calibrated", "exchangeable", "nothing about the truth", "5 classes"):
        assert word in " ".join(assumes)
    assert len(assumes) == 4


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"max_drop_points": 0.0}, "greatest drop is 0"),
        ({"alpha": 0.5}, "Alpha is 0.5"),
        ({"networks": 0}, "judges 0 networks"),
        ({"when_undecided": "hope"}, "'hope'; it must be one of refuse, estimate"),
    ],
)
def test_guards_that_cannot_be(settings: dict[str, object], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        Guard(**settings)  # type: ignore[arg-type]


def test_what_cannot_be_judged() -> None:
    teacher, student = _alike(20)
    guard = Guard()
    with pytest.raises(UsageError, match=r"expected \[inputs, 5 or 6\]"):
        guard.judge(teacher, teacher, POSTERIOR)
    with pytest.raises(UsageError, match="19 inputs and the teacher 20"):
        guard.judge(teacher, student[1:], POSTERIOR)
    with pytest.raises(UsageError, match="no inputs to judge by"):
        guard.judge(teacher[:0], student[:0], POSTERIOR)
    with pytest.raises(DataError, match="student are not finite"):
        guard.judge(teacher, np.full_like(student, np.nan), POSTERIOR)
    with pytest.raises(DataError, match="generic model are not finite"):
        guard.judge(np.full_like(teacher, np.nan), student, POSTERIOR)
    evidence = guard.judge(teacher, student, POSTERIOR)
    for other in (Guard(alpha=0.1), Guard(max_drop_points=2.0), Guard(when_undecided="estimate"), Guard(networks=2)):
        with pytest.raises(UsageError, match="another guard or another posterior"):
            other.judge(teacher, student, POSTERIOR, evidence)
    with pytest.raises(UsageError, match="another guard or another posterior"):
        guard.judge(teacher, student, replace(POSTERIOR, temperature=2.0), evidence)
