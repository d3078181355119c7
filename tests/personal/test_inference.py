"""Who answers one input."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import ModelError
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.inference import Wish, infer
from edgewise.personal.reply import Reply
from edgewise.personal.tail_network import UserNetwork
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.select.calibration import softmax
from tests.personal.learned import ANNA, BERT, Stream

pytestmark = pytest.mark.torch


class Counted:
    """How often each file ran."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.runs: list[str] = []
        plain = OnnxPart.run

        def run(part: OnnxPart, values: np.ndarray) -> np.ndarray:
            self.runs.append(f"{part.path.parent.name}/{part.path.stem}")
            return plain(part, values)

        monkeypatch.setattr(OnnxPart, "run", run)


@pytest.fixture
def generic(opened_once: Path) -> GenericNetwork:
    return GenericNetwork(opened_once / FOLDER)


@pytest.fixture
def user(tail_once: Path) -> UserNetwork:
    return UserNetwork(tail_once)


def test_without_a_network_of_the_users_own(generic: GenericNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    counted = Counted(monkeypatch)
    found = infer(generic, Stream().next(ANNA))
    assert counted.runs == ["generic/prefix", "generic/tail"]
    assert found.generic_logits is not None
    assert (found.foreign, found.by_user_network, found.rejected) == (None, False, False)
    chances = softmax(found.generic_logits[None])[0]
    assert found.classes == tuple(np.argsort(-chances)[:5])
    assert found.chances == pytest.approx(np.sort(chances)[::-1][:5])


def test_the_users_network_answers_what_it_knows_alone(
    generic: GenericNetwork, user: UserNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream, counted = Stream(), Counted(monkeypatch)
    found = [infer(generic, stream.next(ANNA), user) for _ in range(60)]
    own = [one for one in found if one.by_user_network]
    assert len(own) > 50
    assert counted.runs.count("generic/prefix") == 60
    assert counted.runs.count("generic/tail") == 60 - len(own)
    for one in own:
        assert one.generic_logits is None
        assert set(one.classes) == set(ANNA)
        assert sum(one.chances) == pytest.approx(1, abs=1e-5)
        logits = user.answer(0, one.run)
        assert one.classes[0] == user.tails.classes[logits[:-1].argmax()]


def test_what_is_turned_away_is_answered_from_the_same_activations(
    generic: GenericNetwork, user: UserNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = Stream()
    pixels = [stream.next(BERT) for _ in range(40)]
    expected = [infer(generic, one) for one in pixels]
    counted = Counted(monkeypatch)
    found = [infer(generic, one, user) for one in pixels]
    rejected = [(one, plain) for one, plain in zip(found, expected, strict=True) if one.rejected]
    assert len(rejected) > 30
    assert counted.runs.count("generic/prefix") == 40
    assert counted.runs.count("1/tail") == 40
    assert counted.runs.count("generic/tail") == len(rejected)
    for one, plain in rejected:
        assert one.foreign is not None
        assert one.foreign > user.chooser.most_foreign
        np.testing.assert_array_equal(one.run.entering, plain.run.entering)
        np.testing.assert_array_equal(one.generic_logits, plain.generic_logits)
        assert one.classes == plain.classes


def test_what_scores_just_at_the_threshold_is_the_users(generic: GenericNetwork, user: UserNetwork) -> None:
    pixels = Stream().next(ANNA)
    foreign = infer(generic, pixels, user).foreign
    assert foreign is not None
    user.chooser = replace(user.chooser, most_foreign=foreign)
    assert infer(generic, pixels, user).by_user_network
    user.chooser = replace(user.chooser, most_foreign=foreign - 1e-6)
    assert infer(generic, pixels, user).rejected


def test_a_network_that_fails_says_so(
    generic: GenericNetwork, user: UserNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(OnnxPart, "timed", lambda *_: (np.full((1, 4), np.nan, np.float32), 1.0))
    with pytest.raises(ModelError, match="not finite"):
        infer(generic, Stream().next(ANNA), user)


def _sure_half_the_time(generic: GenericNetwork, user: UserNetwork) -> tuple[list[np.ndarray], float]:
    """Images, and the doubt that half of their answers are within."""
    stream = Stream(4)
    pixels = [stream.next(ANNA) for _ in range(40)]
    doubts = [1 - infer(generic, one, user).chances[0] for one in pixels]
    return pixels, float(np.median(doubts))


def test_what_a_tail_doubts_is_the_generic_networks(generic: GenericNetwork, user: UserNetwork) -> None:
    user.chooser = replace(user.chooser, most_foreign=np.inf)
    pixels, most = _sure_half_the_time(generic, user)
    user.chooser = replace(user.chooser, most_doubt=(most,))
    found = [infer(generic, one, user) for one in pixels]
    assert sum(one.by_user_network for one in found) in (20, 21)
    for one in found:
        assert one.rejected == (one.generic_logits is not None)
        assert one.rejected or 1 - one.chances[0] <= most + 1e-6


def test_who_asks_for_more_certainty_gets_the_generic_network_sooner(
    generic: GenericNetwork, user: UserNetwork
) -> None:
    user.chooser = replace(user.chooser, most_foreign=np.inf)
    pixels, most = _sure_half_the_time(generic, user)
    found = [infer(generic, one, user, Wish(least_sure=1 - most)) for one in pixels]
    assert sum(one.by_user_network for one in found) in (20, 21)


def test_without_time_for_the_generic_network_the_tail_answers(generic: GenericNetwork, user: UserNetwork) -> None:
    user.chooser = replace(user.chooser, most_foreign=-np.inf)
    pixels = Stream().next(ANNA)
    assert infer(generic, pixels, user, Wish(most_ms=1e6)).rejected
    late = infer(generic, pixels, user, Wish(most_ms=1e-6))
    assert (late.member, late.late) == (0, True)
    assert Reply.of(late, "generic", "watch", user).why.endswith("there is no time for the generic network")
    assert infer(generic, pixels, None, Wish(most_ms=1e-6)).generic_logits is not None, "there is no other"
