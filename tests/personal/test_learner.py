"""A user's whole way, with the real networks; only what is made is made at once, and nothing is cut from it."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.personal.inference import Wish
from edgewise.personal.user_tails import RECORD
from tests.personal.learned import ANNA, BERT, LEARNED, Ready, Served

pytestmark = pytest.mark.torch


class TestTheWholeStory:
    def test_learned_served_lost_and_known_again(self, device: Served) -> None:
        learner = device.learner()
        assert device.until(learner, ANNA, "watch") < 400
        device.give(learner, ANNA, 100)
        assert device.until(learner, BERT, "observe") <= 10, "the change is seen within some inputs"
        assert device.until(learner, BERT, "watch") < 500
        device.give(learner, BERT, 100)
        device.until(learner, ANNA, "observe")
        device.until(learner, ANNA, "watch")
        assert device.kinds() == [*LEARNED, "alarm", *LEARNED, "alarm", "returned"]
        assert learner.session.serving == "network-1"
        assert set(learner.session.classes) == set(ANNA)
        device.assert_consistent(learner)

    def test_who_answers_and_why(self, watched: Served) -> None:
        learner = watched.learner()
        replies = [watched.give(learner, ANNA) for _ in range(60)]
        own = [reply for reply in replies if reply.model == "network-1"]
        assert len(own) > 50
        for reply in own:
            assert "own network" in reply.why
            assert reply.classes[0] in ANNA
            assert sum(reply.chances) == pytest.approx(1, abs=1e-4)
        foreign = learner.answer(watched.stream.next([2]))
        assert foreign.model == watched.generic.parts.name
        assert foreign.why == "network-1 turned it away; the generic network knows the user's classes"
        assert foreign.classes[0] == 2, "the generic network answers it at once"
        surest = learner.answer(watched.stream.next(ANNA), Wish(least_sure=1.0))
        assert surest.model == watched.generic.parts.name
        assert surest.why.startswith("network-1 is not sure of it")

    def test_once_the_users_classes_are_known_the_generic_network_is_told(self, device: Served) -> None:
        learner = device.learner()
        own, other = device.stream.next([1]).astype(float), device.stream.next([2]).astype(float)
        blends = ((own + share * (other - own)).astype(np.uint8) for share in np.linspace(0, 1, 200))
        unsure = next(one for one in blends if learner.answer(one).classes[0] not in ANNA)
        device.until(learner, ANNA, "verify")
        told = learner.answer(unsure)
        assert told.classes[0] in ANNA
        assert told.why.endswith("the generic network knows the user's classes")
        learner.learn(told)
        (kept,) = device.state.observations("anna", 1)
        assert kept.class_index in ANNA
        assert kept.top_classes[0] not in ANNA, "what is learned from is what it believed by itself"
        learner.close()
        assert device.learner().answer(unsure).classes == told.classes
        learner = device.learner()
        learner.use_generic()
        assert learner.answer(unsure).classes[0] not in ANNA

    def test_audits_are_few_and_kept(self, watched: Served) -> None:
        learner = watched.learner(audit_share=0.5, false_alarms=1e-6)
        watched.give(learner, ANNA, 60)
        kept = watched.state.observations("anna", 60)
        audited = [one for one in kept if one.outside is not None]
        assert 15 <= len(audited) <= 45
        assert np.mean([one.outside for one in audited]) < 0.3
        for one in kept:
            ran = one.model != "network-1" or one.outside is not None
            assert (len(one.top_classes) > 0) == ran, "what the generic network believed, wherever it ran"

    def test_two_answers_before_either_is_learned_from(self, verifying: Served) -> None:
        learner, replies = verifying.learner(), []
        while learner.session.phase == "verify":
            replies = [learner.answer(verifying.stream.next(ANNA)) for _ in range(2)]
            learner.learn(replies[0])
        learner.learn(replies[1])
        assert replies[1].inference.foreign is None
        assert learner.session.phase == "watch"

    def test_only_so_many_networks_are_kept(self, device: Served) -> None:
        learner = device.learner(most_networks=1)
        device.until(learner, ANNA, "watch")
        assert device.networks() == {"network-1": False}
        device.until(learner, BERT, "observe")
        device.until(learner, BERT, "watch")
        assert device.networks() == {"network-1": True, "network-2": False}
        assert not (device.user_folder() / "networks/network-1").exists()
        device.until(learner, ANNA, "observe")
        device.until(learner, ANNA, "verify")
        assert "returned" not in device.kinds()


class TestTheOwnersWishes:
    def test_what_comes_while_learning_is_paused_is_not_learned_from_even_after_a_restart(self, device: Served) -> None:
        learner = device.learner()
        device.give(learner, ANNA, 40)
        learner.pause(paused=True)
        device.give(learner, BERT, 100)
        learner.pause(paused=False)
        device.give(learner, ANNA, 10)
        assert learner.observing.observer.seen == 50
        learner.close()
        assert device.learner().observing.observer.seen == 50
        assert device.kinds() == ["paused", "resumed"]

    def test_no_change_is_heeded_while_paused(self, watched: Served) -> None:
        learner = watched.learner()
        learner.pause(paused=True)
        assert watched.give(learner, BERT, 50).model == watched.generic.parts.name
        assert learner.session.serving == "network-1"
        learner.pause(paused=False)
        assert watched.until(learner, BERT, "observe") <= 10

    def test_the_generic_network_is_chosen_while_another_serves(self, watched: Served) -> None:
        learner = watched.learner()
        learner.use_generic()
        assert "no network" in watched.give(learner, ANNA, 40).why
        assert (learner.session.phase, learner.session.paused) == ("observe", True)
        watched.assert_consistent(learner)
        learner.pause(paused=False)
        watched.until(learner, ANNA, "watch")
        assert watched.kinds()[-1] == "returned", "it was let in once, so it may come back"

    @pytest.mark.parametrize("phase", ["prune", "verify"])
    def test_the_generic_network_is_chosen_while_one_is_made_or_tried(
        self, device: Served, phase: str, at_once: type[Ready], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        if phase == "prune":
            monkeypatch.setattr(at_once, "news", lambda _: [])
        learner = device.learner()
        device.until(learner, ANNA, phase)
        learner.use_generic()
        assert not any(device.user_folder().glob("*/*")), "no job, and no network that nobody let in"
        monkeypatch.undo()
        learner.pause(paused=False)
        for _ in range(120):
            device.give(learner, ANNA)
            assert learner.session.serving is None, "the guard never let it in"
        assert all(device.networks().values())

    @pytest.mark.parametrize("phase", ["prune", "verify", "watch"])
    def test_of_a_forgotten_user_no_byte_stays(
        self, device: Served, phase: str, at_once: type[Ready], monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(at_once, "news", lambda _: []) if phase == "prune" else None
        learner = device.learner("secret-somebody")
        device.until(learner, ANNA, phase)
        device.give(learner, ANNA, 3)
        other = device.learner("other")
        device.give(other, BERT, 3)
        assert _mentions(device.folder, b"secret-somebody")
        learner.forget()
        assert _mentions(device.folder, b"secret-somebody") == []
        assert _mentions(device.folder, b"network-1") == []
        assert not device.user_folder("secret-somebody").exists()
        assert device.state.users() == ("other",)
        assert device.give(other, BERT).why
        assert device.learner("secret-somebody").session.phase == "observe"

    def test_nor_in_a_state_file_that_was_damaged(self, device: Served) -> None:
        learner = device.learner("secret-somebody")
        (device.folder / "state-damaged-20260101T000000Z.sqlite").write_bytes(b"torn: secret-somebody")
        learner.forget()
        assert _mentions(device.folder, b"secret-somebody") == []


def _mentions(folder: Path, text: bytes) -> list[Path]:
    return [
        path
        for path in folder.rglob("*")
        if path.is_file() and (text in path.read_bytes() or text.decode() in str(path))
    ]


class TestSeveralUsers:
    def test_two_at_once_keep_apart(self, device: Served) -> None:
        learners = {"anna": (device.learner("anna"), ANNA), "bert": (device.learner("bert"), BERT)}
        while any(learner.session.phase != "watch" for learner, _ in learners.values()):
            for learner, classes in learners.values():
                device.give(learner, classes)
        for user, (learner, classes) in learners.items():
            assert device.kinds(user) == LEARNED
            assert set(learner.session.classes) == set(classes)
            assert (device.user_folder(user) / "networks/network-1" / RECORD).is_file()
        anna, bert = learners["anna"][0], learners["bert"][0]
        anna.forget()
        assert device.give(bert, BERT).model in ("network-1", device.generic.parts.name)
        bert.close()
        assert device.learner("bert").session.serving == "network-1"
