"""The guard on live traffic."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgewise.errors import EdgewiseError
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.inference import infer
from edgewise.personal.learning import Learning
from edgewise.personal.tail_network import UserNetwork, UserTail
from edgewise.personal.verifying import Verifying
from edgewise.prune.confidence import ConfidenceSequence
from tests.personal.learned import ANNA, BERT, QUICK, Stream

pytestmark = pytest.mark.torch
KNOWN = 10


@pytest.fixture
def generic(opened_once: Path) -> GenericNetwork:
    return GenericNetwork(opened_once / FOLDER)


def _verifying(folder: Path) -> Verifying:
    return Verifying(UserNetwork(folder), QUICK, KNOWN)


def _take(verifying: Verifying, generic: GenericNetwork, classes: Sequence[int], most: int = 300) -> int:
    stream = Stream(1)
    for count in range(most):
        if verifying.passes or verifying.problem:
            return count
        verifying.take(infer(generic, stream.next(classes)))
    return most


def test_one_that_answers_alike_passes(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    held_out = verifying.evidence.inputs
    assert not verifying.passes
    assert held_out == 60
    count = _take(verifying, generic, ANNA)
    assert verifying.passes
    assert verifying.evidence.inputs == held_out + count
    assert verifying.problem == ""


def test_a_wrong_network_is_refused(generic: GenericNetwork, tail_once: Path, tmp_path: Path) -> None:
    folder = Path(shutil.copytree(tail_once, tmp_path / "wrong"))
    tail = UserTail.read(folder)
    turned = (*tail.classes[1:], tail.classes[0])  # it takes each class for another
    posterior = replace(tail.evidence.posterior, classes=turned)
    replace(tail, classes=turned, evidence=replace(tail.evidence, posterior=posterior)).write(folder)
    verifying = _verifying(folder)
    assert _take(verifying, generic, ANNA) < 100
    assert not verifying.passes
    assert verifying.problem.startswith("refused: an expected drop of ")


def test_a_user_who_has_changed_meanwhile_is_told(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    assert _take(verifying, generic, BERT) <= 48
    assert verifying.problem == "the user has changed meanwhile"
    assert not verifying.passes


def test_evidence_alone_does_not_let_it_in(tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    good = replace(verifying.evidence, sequence=replace(verifying.evidence.sequence, high=0.001))
    verifying = Verifying(UserNetwork(tail_once), QUICK, KNOWN, good)
    assert verifying.evidence.verdict == "passes"
    assert not verifying.passes, "whether the user is still the same is open"
    assert "did not become clear whether the user is still the same" in verifying.undecided


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


def test_evidence_comes_back(generic: GenericNetwork, tail_once: Path) -> None:
    verifying = _verifying(tail_once)
    stream = Stream(1)
    for _ in range(20):
        verifying.take(infer(generic, stream.next(ANNA)))
    values = verifying.to_values()
    again = Verifying.from_values(verifying.network, QUICK, KNOWN, values, Path("state"))
    assert again.evidence == verifying.evidence
    with pytest.raises(EdgewiseError):
        Verifying.from_values(verifying.network, Learning(), KNOWN, {"alpha": 2}, Path("state"))


def test_what_will_not_pass_is_given_up_early(tail_once: Path) -> None:
    network = UserNetwork(tail_once)
    begun = ConfidenceSequence.begin(0.1, least=0.0)

    def after(drops: np.ndarray) -> Verifying:
        evidence = replace(network.tail.evidence, max_drop_points=1.0, sequence=begun.update(drops))
        assert evidence.verdict == "undecided"
        return Verifying(network, QUICK, KNOWN, evidence)

    borderline = np.zeros(1000)
    borderline[::100] = 0.9  # 0.9 points of the one that is allowed: thousands of inputs would tell
    assert after(borderline).is_hopeless(4000)
    assert not after(borderline[:500]).is_hopeless(4000), "too early to tell"
    good = np.zeros(300)
    assert not after(good).is_hopeless(400)
    assert after(good).is_hopeless(300)
