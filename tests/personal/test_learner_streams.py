"""Streams that no user gives: what the learner makes of them, and what it leaves."""

import numpy as np
import pytest

from tests.personal.learned import ANNA, BERT, Served

pytestmark = pytest.mark.torch


class TestStreams:
    def test_one_class_alone_is_no_user(self, device: Served) -> None:
        learner = device.learner()
        device.give(learner, [3], 400)
        assert learner.session.phase == "observe"
        assert device.kinds() == []

    def test_what_the_generic_network_does_not_know(self, device: Served) -> None:
        learner, random = device.learner(), np.random.default_rng(0)
        for _ in range(300):
            learner.learn(learner.answer(random.integers(256, size=(64, 64, 3), dtype=np.uint8)))
            learner.poll()
        assert "failed" not in device.kinds()

    @pytest.mark.slow
    def test_users_who_take_turns_do_not_keep_it_swapping(self, device: Served) -> None:
        learner = device.learner()
        for turn in range(60):
            device.give(learner, (ANNA, BERT)[turn % 2], 50)
        swaps = [kind for kind in device.kinds() if kind in ("swapped", "returned")]
        assert len(swaps) <= 5
        device.assert_consistent(learner)

    @pytest.mark.slow
    def test_users_who_change_as_soon_as_they_are_known_are_followed_ever_more_slowly(self, device: Served) -> None:
        learner, swapped_at, classes = device.learner(), [], ANNA
        for count in range(3000):
            before = learner.session.serving
            device.give(learner, classes)
            if learner.session.serving is not None and before is None:
                swapped_at.append(count)
                classes = BERT if classes == ANNA else ANNA
        gaps = np.diff(swapped_at)
        assert 3 <= len(swapped_at) <= 7
        assert (gaps >= 128 * 2.0 ** np.arange(len(gaps))).all()
        device.assert_consistent(learner)
