"""A device that is started anew takes up its user where it was."""

import shutil

import pytest

from tests.personal.learned import ANNA, BERT, LEARNED, Ready, Served, served

pytestmark = pytest.mark.torch


class TestTakingUp:
    def test_observing_goes_on_where_it_was_but_rows_are_kept_anew(self, device: Served) -> None:
        learner = device.learner()
        device.give(learner, ANNA, 140)
        before = learner.observing.observer
        learner.close()
        again = device.learner()
        after = again.observing.observer
        assert (after.seen, after.proposal.classes) == (before.seen, before.proposal.classes)
        assert after.outside_at_most == pytest.approx(before.outside_at_most, abs=1e-3)
        assert len(again.observing.collected) == 0
        assert 140 <= device.until(again, ANNA, "prune") <= 170, "150 rows are needed again"

    def test_earlier_networks_are_tried_alike_after_a_restart(self, watched: Served) -> None:
        learner = watched.learner()
        watched.until(learner, BERT, "observe")
        watched.give(learner, ANNA, 60)
        (before,) = learner.observing._fits
        learner.close()
        (after,) = watched.learner().observing._fits
        assert (after.verdict, after._blocks, len(after._trial._waiting)) == (
            before.verdict,
            before._blocks,
            len(before._trial._waiting),
        )
        assert after.outside_at_most == pytest.approx(before.outside_at_most, abs=2e-3)

    def test_what_is_being_made_is_made_again(self, device: Served, at_once: type[Ready], monkeypatch) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        with monkeypatch.context() as patched:
            patched.setattr(at_once, "__init__", lambda self, *_, **__: setattr(self, "_news", []))
            learner.close()
            shutil.rmtree(device.user_folder() / "networks/network-1")
            patched.undo()
        again = device.learner()
        assert at_once.begun == 2
        device.until(again, ANNA, "watch")
        assert device.kinds() == LEARNED

    def test_what_was_made_while_nobody_listened_is_tried(self, device: Served) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        learner.close()  # the network is there, and nobody has noted it
        again = device.learner()
        assert again.session.phase == "verify"
        assert device.kinds() == ["learned", "made"]
        assert not (device.user_folder() / "job").exists()

    def test_a_job_that_is_gone_is_turned_down(self, device: Served) -> None:
        learner = device.learner()
        device.until(learner, ANNA, "prune")
        learner.close()
        shutil.rmtree(device.user_folder())
        assert device.learner().session.phase == "observe"
        assert device.events()[-1].text == "What network-1 was to be made of is gone."

    def test_evidence_goes_on(self, verifying: Served) -> None:
        learner = verifying.learner()
        verifying.give(learner, ANNA, 30)
        learner.close()
        again = verifying.learner()
        assert again.verifying is not None
        assert again.verifying.evidence == learner.verifying.evidence is not None
        assert again.verifying.chooser == learner.verifying.chooser
        assert verifying.until(again, ANNA, "watch") < 200

    def test_watching_goes_on(self, watched: Served) -> None:
        learner = watched.learner()
        watched.give(learner, ANNA, 50)
        before = learner.watching.detector
        learner.close()
        again = watched.learner()
        assert again.watching.detector == before
        assert again.session == learner.session
        assert watched.until(again, BERT, "observe") <= 10

    def test_a_network_that_a_lost_state_left_is_not_taken_for_a_new_one(
        self, watched: Served, at_once: type[Ready]
    ) -> None:
        watched.state.close()
        for path in watched.folder.glob("state.sqlite*"):
            path.unlink()
        at_once.begun = 0
        with served(watched.folder) as device:
            learner = device.learner()
            device.until(learner, BERT, "prune")
            learner.close()
            again = device.learner()
            device.until(again, BERT, "watch")
            assert set(again.watching.network.tails.classes) == set(BERT)
            assert at_once.begun == 1
