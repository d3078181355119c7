"""The guard on live traffic."""

import itertools
import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import EdgewiseError
from edgewise.personal import verifying as verifying_module
from edgewise.personal.chooser import Chooser
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.inference import infer
from edgewise.personal.learning import Learning
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_tails import UserTails
from edgewise.personal.verifying import Verifying
from edgewise.prune.confidence import ConfidenceSequence
from tests.personal.learned import ANNA, BERT, QUICK, Stream

pytestmark = pytest.mark.torch
KNOWN = 10


@pytest.fixture
def generic(opened_once: Path) -> GenericNetwork:
    return GenericNetwork(opened_once / FOLDER)


def _verifying(folder: Path, **changed: object) -> Verifying:
    return Verifying(UserNetwork(folder), replace(QUICK, **changed), KNOWN)


def _take(verifying: Verifying, generic: GenericNetwork, classes: Sequence[int], most: int = 300) -> int:
    stream = Stream(1)
    for count in range(most):
        if verifying.passes or verifying.problem:
            return count
        verifying.take(infer(generic, stream.next(classes)))
    return most


def _changed(tail_once: Path, tmp_path: Path, **values: object) -> Path:
    """The network, its tail changed."""
    folder = Path(shutil.copytree(tail_once, tmp_path / "changed"))
    tails = UserTails.read(folder)
    replace(tails, tails=(replace(tails.tails[0], **values),)).write(folder)
    return folder


def test_one_that_answers_alike_passes(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    assert not verifying.passes
    assert verifying.evidence is None
    count = _take(verifying, generic, ANNA)
    assert verifying.passes
    assert verifying.evidence is not None
    assert verifying.evidence.inputs == count
    assert verifying.problem == ""
    assert verifying.chooser is not None
    assert verifying.chooser.own_share > 0.5


def test_several_choices_are_judged_at_once(
    generic: GenericNetwork, tail_once: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The more cautious are slower; of those that pass the quickest is let in, and none waits for another."""
    choices = itertools.cycle(
        [Chooser((0,), (most,), 1e6, ms, 0.9) for most, ms in ((0.4, 3.0), (1.0, 2.9), (0.1, 3.2))]
    )
    monkeypatch.setattr(verifying_module, "fitted", lambda *_: next(choices))
    verifying, stream = _verifying(tail_once), Stream(1)
    assert [one.alpha for one in verifying._trials] == sorted([one.alpha for one in verifying._trials], reverse=True)
    assert sum(one.alpha for one in verifying._trials) < verifying.network.tails.evidence.alpha
    for _ in range(40):
        verifying.take(infer(generic, stream.next(ANNA)))
    assert [one.evidence.inputs for one in verifying._trials if one.evidence] == [40] * 3
    _take(verifying, generic, ANNA)
    assert verifying.passes
    passing = [one.chooser.mean_ms for one in verifying._trials if one.passes]
    assert verifying.chooser is not None
    assert verifying.chooser.mean_ms == min(passing)
    stored = Verifying.from_values(verifying.network, QUICK, KNOWN, verifying.to_values(), Path("state"))
    assert [one.chooser for one in stored._trials] == [one.chooser for one in verifying._trials]


def _wrong(tail_once: Path, tmp_path: Path) -> Path:
    """A network that takes each class for another, and was not found out by the inputs that were held out."""
    folder = _changed(tail_once, tmp_path)
    tails = UserTails.read(folder)
    turned = (*tails.classes[1:], tails.classes[0])
    posterior = replace(tails.evidence.posterior, classes=turned)
    tail = replace(tails.tails[0], evidence=replace(tails.evidence, posterior=posterior))
    replace(tails, classes=turned, tails=(tail,)).write(folder)
    return folder


def test_a_wrong_network_is_refused(generic: GenericNetwork, tail_once: Path, tmp_path: Path) -> None:
    verifying = _verifying(_wrong(tail_once, tmp_path), most_verified=40)
    assert _take(verifying, generic, ANNA) <= 40
    assert not verifying.passes
    assert verifying.problem


def test_after_a_choice_that_fails_a_more_cautious_one_is_tried(
    generic: GenericNetwork, tail_once: Path, tmp_path: Path
) -> None:
    """As all its answers are wrong, no choice is left once live inputs have told so."""
    verifying, stream = _verifying(_wrong(tail_once, tmp_path)), Stream(1)
    first = verifying.chooser
    assert first is not None
    while verifying.chooser == first:
        verifying.take(infer(generic, stream.next(ANNA)))
    assert verifying.chooser is None or verifying.chooser.own_share < first.own_share
    assert _take(verifying, generic, ANNA) < 300
    assert verifying.problem == "nothing that it answers surely enough is answered quicker than by the generic network"


def test_one_that_is_no_quicker_is_turned_down(generic: GenericNetwork, tail_once: Path, tmp_path: Path) -> None:
    verifying = _verifying(_changed(tail_once, tmp_path, ms=1.49))
    assert verifying.chooser is None
    assert verifying.problem
    assert verifying.to_values() == {}


def test_a_user_who_has_changed_meanwhile_is_told(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    assert _take(verifying, generic, BERT) <= 48
    assert verifying.problem == "the user has changed meanwhile"
    assert not verifying.passes


def test_evidence_alone_does_not_let_it_in(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    verifying.take(infer(generic, Stream(1).next(ANNA)))
    assert verifying.evidence is not None
    sequence = replace(verifying.evidence.sequence, high=0.001)
    verifying._trials[0].evidence = replace(verifying.evidence, sequence=sequence)
    assert verifying.evidence.verdict == "passes"
    assert not verifying.passes, "whether the user is still the same is open"
    assert "did not become clear whether the user is still the same" in verifying.so_far


def test_a_user_with_some_inputs_of_other_classes_passes(generic: GenericNetwork, tail_once: Path) -> None:
    """15% outside is within the 20% that a user is learned with."""
    verifying, own, other = _verifying(tail_once), Stream(2), Stream(3)
    for count in range(1500):
        pixels = other.next(BERT) if count % 20 in (0, 7, 13) else own.next(ANNA)
        verifying.fit.take(_belief(generic, pixels))
        if verifying.fit.verdict != "open":
            break
    assert verifying.fit.verdict == "fits"


def _belief(generic: GenericNetwork, pixels):
    from edgewise.personal.beliefs import Belief

    return Belief.of(infer(generic, pixels).generic_logits)


def test_a_test_comes_back(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    stream = Stream(1)
    for _ in range(20):
        verifying.take(infer(generic, stream.next(ANNA)))
    values = verifying.to_values()
    again = Verifying.from_values(verifying.network, QUICK, KNOWN, values, Path("state"))
    assert again.evidence == verifying.evidence is not None
    assert (
        Verifying.from_values(verifying.network, QUICK, KNOWN, {"chooser": {}, "round": 1}, Path("state")).passes
        is False
    )
    assert again.chooser == verifying.chooser
    assert again.to_values() == values
    with pytest.raises(EdgewiseError):
        Verifying.from_values(verifying.network, Learning(), KNOWN, {"alpha": 2}, Path("state"))


def test_what_will_not_pass_is_given_up_early(generic: GenericNetwork, tail_once: Path) -> None:
    """0.9 points of the one that may be: thousands of inputs would tell."""
    verifying, inference = _verifying(tail_once), infer(generic, Stream(1).next(ANNA))
    verifying.take(inference)
    assert verifying.evidence is not None
    borderline = np.zeros(1000)
    borderline[::100] = 0.9
    begun = replace(verifying.evidence, max_drop_points=1.0)

    def after(drops: np.ndarray, most_verified: int) -> Verifying:
        """In its last round."""
        found = _verifying(tail_once, most_verified=most_verified)
        found._round, found._inputs = 2, len(drops)
        for trial in found._trials:
            trial.evidence = replace(begun, sequence=ConfidenceSequence.begin(0.1, least=0.0).update(drops))
            assert trial.evidence.verdict == "undecided"
        return found

    assert after(borderline, 4000).problem.startswith("undecided")
    assert after(borderline[:200], 4000).problem == "", "too early to tell"
    assert after(np.zeros(200), 400).problem == ""
    assert after(np.zeros(200), 200).problem.startswith("undecided")
