"""Which classes a user meets, and when enough was seen."""

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.personal.beliefs import Belief, Beliefs
from edgewise.personal.observer import Enough, Observer
from edgewise.personal.user_classes import find_user_classes, outside
from edgewise.select.calibration import softmax

KNOWN = 100


def _beliefs(classes: list[int], count: int, seed: int = 0, sharpness: float = 4.0) -> list[Belief]:
    """Of inputs of these classes: one Gaussian value a class, so that the logits are calibrated by construction."""
    random = np.random.default_rng(seed)
    found = []
    for _ in range(count):
        values = random.normal(size=KNOWN)
        values[random.choice(classes)] += sharpness
        found.append(Belief.of(sharpness * values))
    return found


class TestBelief:
    def test_most_probable_first_and_the_rest_left_out(self) -> None:
        logits = np.random.default_rng(0).normal(size=1000) * 3
        belief = Belief.of(logits, temperature=2.0)
        chances = softmax(logits[None], 2.0)[0]
        assert len(belief.classes) == 64
        assert belief.classes[0] == logits.argmax()
        np.testing.assert_allclose(belief.chances, np.sort(chances)[::-1][:64], rtol=1e-6)
        own = list(belief.classes[:3])
        assert belief.outside(own) == pytest.approx(1 - chances[own].sum(), abs=1e-6)
        assert belief.outside([]) == 1.0

    def test_gathered_rows_sum_to_one_and_keep_what_occurs(self) -> None:
        gathered = Beliefs.gather(_beliefs([1, 2], 50), KNOWN)
        np.testing.assert_allclose(gathered.chances.sum(axis=1), 1)
        assert gathered.trained.sum() == pytest.approx(1)
        assert {1, 2} <= set(gathered.columns)

    def test_few_classes_leave_no_rest(self) -> None:
        gathered = Beliefs.gather([Belief.of(np.array([1.0, 0.0]))] * 3, 2)
        assert gathered.columns == (0, 1)
        np.testing.assert_allclose(gathered.chances[:, -1], 0, atol=1e-6)


class TestFinding:
    def test_classes_and_shares(self) -> None:
        found = find_user_classes(_beliefs([7, 40, 41, 42], 400), KNOWN)
        assert set(found.classes) == {7, 40, 41, 42}
        np.testing.assert_allclose(found.shares, 0.25, atol=0.08)
        assert min(found.stability) > 0.9

    def test_most_first_answers_are_of_other_classes_and_mislead_nobody(self) -> None:
        beliefs = _beliefs([7, 40], 400, sharpness=2.5)
        assert len({belief.classes[0] for belief in beliefs}) > 20
        assert set(find_user_classes(beliefs, KNOWN).classes) == {7, 40}

    def test_a_rare_class_is_less_stable_than_a_common_one(self) -> None:
        beliefs = _beliefs([7, 40], 392) + _beliefs([90], 8, seed=1)
        found = find_user_classes(beliefs, KNOWN, least=0.015)
        stability = dict(zip(found.classes, found.stability, strict=True))
        assert stability[7] == stability[40] == 1
        assert stability.get(90, 0) < 0.95

    @pytest.mark.parametrize(("least", "resamples"), [(0, 1), (1, 1), (0.1, 0)])
    def test_what_cannot_be_is_refused(self, least: float, resamples: int) -> None:
        with pytest.raises(UsageError):
            find_user_classes(_beliefs([1, 2], 3), KNOWN, least=least, resamples=resamples)
        with pytest.raises(UsageError, match="no inputs"):
            find_user_classes([], KNOWN)

    def test_outside_by_hand(self) -> None:
        belief = Belief((3, 5), (0.6, 0.3))
        # Class 3 is 50 times as frequent as in training, what is left of 0.5 is spread over 99 classes.
        other = 0.4 * 0.5 * 100 / 99
        assert outside((3,), (0.5,), belief, 100) == pytest.approx(other / (0.6 * 50 + other))
        assert outside((8,), (1.0,), belief, 100) == 1.0


class TestObserver:
    def test_a_plain_user_is_known_soon_after_the_first_search(self) -> None:
        observer = Observer(KNOWN)
        beliefs = _beliefs([7, 40, 41], 400)
        settled_at = next(number for number, belief in enumerate(beliefs, 1) if observer.add(belief))
        assert 256 < settled_at <= 320
        assert observer.settled is not None
        assert set(observer.settled.classes) == {7, 40, 41}
        assert observer.outside_at_most <= 0.2

    def test_a_user_of_all_classes_is_never_taken_for_one_of_few(self) -> None:
        observer = Observer(KNOWN, Enough(least_share=0.02))
        for belief in _beliefs(list(range(KNOWN)), 1200):
            observer.add(belief)
        assert observer.settled is None

    def test_a_class_that_comes_late_is_waited_for(self) -> None:
        observer = Observer(KNOWN)
        early, late = _beliefs([7, 40], 256), _beliefs([7, 40, 90], 1500, seed=3)
        for belief in early + late:
            if observer.add(belief):
                break
        assert observer.settled is not None
        assert set(observer.settled.classes) == {7, 40, 90}

    def test_replaying_gives_the_same(self) -> None:
        beliefs = _beliefs([7, 40, 41], 300)
        one, other = Observer(KNOWN), Observer(KNOWN)
        for belief in beliefs:
            one.add(belief)
            other.add(belief)
        assert one.settled == other.settled
        assert one.outside_at_most == other.outside_at_most

    @pytest.mark.parametrize("wrong", [{"first": 1}, {"window": 10}, {"most_outside": 0}, {"alpha": 1}])
    def test_settings_that_cannot_be_are_refused(self, wrong: dict[str, float]) -> None:
        with pytest.raises(UsageError):
            Enough(**wrong)  # type: ignore[arg-type]
