"""A user's tail made of what inference left behind."""

from pathlib import Path

import numpy as np
import pytest

from edgewise.personal.collected import read_collected
from edgewise.personal.generic import FOLDER, GenericParts
from edgewise.personal.job import COLLECTED, Job
from edgewise.personal.tail_network import RECORD, UserNetwork, UserTail
from edgewise.prune.foreign import foreign_scores

pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture(scope="module")
def made(job_once: Path, opened_once: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    from edgewise.personal.make_tail import make_tail

    out = tmp_path_factory.mktemp("made") / "network-1"
    make_tail(job_once, opened_once / FOLDER, out)
    return out


def test_it_answers_on_onnx_as_its_pytorch_module_does(made: Path, job_once: Path, opened_once: Path) -> None:
    from torch import from_numpy, no_grad, zeros

    from edgewise.personal.open_generic import tail_of
    from edgewise.prune.chain import chain_of
    from edgewise.prune.load import load_pruned
    from edgewise.zoo.tiny.nets import load

    parts, network = GenericParts.read(opened_once / FOLDER), UserNetwork(made)
    entering, _ = read_collected(job_once / COLLECTED, Job.read(job_once).collected_sha256)
    tail = tail_of(chain_of(load("tiny:l").eval(), zeros(1, 3, 64, 64)), parts.place)
    module = load_pruned(made, tail).eval()
    for row in entering[:20]:
        with no_grad():
            expected = module(from_numpy(row[None])).numpy()[0]
        found, _ = network.answer(row[None])
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def test_what_is_known_of_it_is_true(made: Path, job_once: Path) -> None:
    job, tail, network = Job.read(job_once), UserTail.read(made), UserNetwork(made)
    entering, logits = read_collected(job_once / COLLECTED, job.collected_sha256)
    held = len(tail.own_scores)
    assert tail.images + held == len(entering)
    assert held == tail.evidence.inputs == len(tail.own_outside) == 60
    answers = np.stack([network.answer(row[None])[0] for row in entering[-held:]])
    np.testing.assert_allclose(tail.own_scores, foreign_scores("energy", answers), rtol=1e-3, atol=1e-3)
    assert (tail.name, tail.classes, tail.generic) == (job.name, job.classes, job.generic)
    assert tail.macs < tail.generic_macs
    assert tail.cost.seconds > 0
    own = logits[-held:][:, list(job.classes)].argmax(axis=1)
    agreed = (answers[:, : len(job.classes)].argmax(axis=1) == own).sum()
    assert agreed == tail.evidence.agreed
    assert agreed >= 0.9 * held


def test_without_its_record_it_counts_for_nothing(made: Path) -> None:
    assert {path.name for path in made.iterdir()} == {"plan.json", "weights.safetensors", "tail.onnx", RECORD}
