"""A user's tails made of what inference left behind."""

import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.personal.chooser import doubt
from edgewise.personal.collected import read_collected
from edgewise.personal.generic import FOLDER, GenericNetwork, GenericParts
from edgewise.personal.image_run import ImageRun
from edgewise.personal.job import COLLECTED, Job
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_tails import RECORD, UserTails, tail_file, whole_file
from edgewise.prune.foreign import foreign_scores
from edgewise.runtime.onnx_part import OnnxPart
from tests.personal.learned import ANNA, settled_job

pytestmark = [pytest.mark.torch, pytest.mark.slow]


@pytest.fixture
def job(job_once: Path, tmp_path: Path) -> Path:
    """For two tails, and one that cannot be."""
    folder = Path(shutil.copytree(job_once, tmp_path / "two"))
    replace(Job.read(folder), target_speedups=(1000.0, 1.3, 1.1)).write(folder)
    return folder


@pytest.mark.long
def test_tails_are_what_is_known_of_them(
    job: Path, opened_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """All in one test, so that they are made once."""
    from edgewise.personal import make_tails as module

    monkeypatch.setattr(module.PartClock, "share", _share_of_macs(opened_once))
    out = tmp_path / "network-1"
    made = module.make_tails(job, opened_once / FOLDER, out)
    assert len(made.tails) == 2, "what cannot be met is left out"
    _see_that_onnx_answers_as_the_pytorch_module(out, job, opened_once)
    _see_that_what_is_known_is_true(out, job)
    names = {str(path.relative_to(out)) for path in out.rglob("*") if path.is_file()}
    own = {f"{place}/{name}" for place in (1, 2) for name in ("plan.json", "weights.safetensors", "tail.onnx")}
    assert names == {RECORD, *own}


def _share_of_macs(opened_once: Path) -> Callable[[Any, Any], float]:
    """In the place of the clock: a busy machine may not tell 1.3x from 1.1x."""
    from torch import zeros

    from edgewise.prune.work import network_work

    parts = GenericParts.read(opened_once / FOLDER)

    def share(clock: Any, network: Any) -> float:
        shape = clock._values.shape[1:]
        of = parts.tail_macs if shape == parts.entering else parts.macs
        return network_work(network, zeros(1, *shape)).macs / of

    return share


@pytest.mark.long
def test_where_images_were_kept_the_whole_network_is_pruned_too(
    opened_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from torch import from_numpy, no_grad

    from edgewise.personal import make_tails as module
    from edgewise.prune.load import load_pruned
    from edgewise.zoo.tiny.nets import load

    device = Path(shutil.copytree(opened_once, tmp_path / "device"))
    folder, generic, out = settled_job(device, ANNA, keep_images=True), opened_once / FOLDER, tmp_path / "network-1"
    monkeypatch.setattr(module.PartClock, "share", _share_of_macs(opened_once))
    made = module.make_tails(folder, generic, out)
    (whole,) = made.wholes
    job, parts = Job.read(folder), GenericParts.read(generic)
    assert whole.macs < parts.macs / 1.15, "cut from its first layer on"
    sample = read_collected(folder / COLLECTED, job.collected_sha256)
    assert sample.images is not None
    prepared = np.stack([parts.preprocess.at_its_size.apply(image) for image in sample.images])
    again = GenericNetwork(generic)
    for image, logits in zip(sample.images[:5], sample.logits, strict=False):
        np.testing.assert_allclose(again.answer(again.enter(image)[0])[0], logits, atol=1e-3 * np.abs(logits).max())
    answers = OnnxPart(out / whole_file(0)).run(prepared)
    with no_grad():
        expected = load_pruned(out / "whole-1", load("tiny:l").eval()).eval()(from_numpy(prepared)).numpy()
    np.testing.assert_allclose(answers, expected, atol=1e-4 * np.abs(expected).max())
    held = len(made.own_outside)
    np.testing.assert_allclose(whole.own_doubts, doubt(answers[-held:]), rtol=1e-3, atol=1e-3)
    same = answers[-held:, :3].argmax(axis=1) == sample.logits[-held:][:, list(job.classes)].argmax(axis=1)
    assert whole.evidence.agreed == same.sum() >= 0.9 * held
    read = UserTails.read(out)
    assert [one.ms for one in (*read.tails, *read.wholes)] == [one.ms for one in (*made.tails, *made.wholes)]
    assert read.wholes[0].to_values() == whole.to_values()
    assert read.costs.need_entering == (True, False)
    own = UserNetwork(out)
    assert own.members == ("tail 1", "the whole network, pruned")
    run = ImageRun(again, sample.images[0])
    np.testing.assert_allclose(own.answer(1, run), answers[0], atol=1e-4 * np.abs(answers[0]).max())
    assert not run.has_entered


def _see_that_onnx_answers_as_the_pytorch_module(made: Path, job: Path, opened_once: Path) -> None:
    from torch import from_numpy, no_grad, zeros

    from edgewise.personal.open_generic import tail_of
    from edgewise.prune.chain import chain_of
    from edgewise.prune.load import load_pruned
    from edgewise.zoo.tiny.nets import load

    parts, own = GenericParts.read(opened_once / FOLDER), OnnxPart(made / tail_file(0))
    entering = read_collected(job / COLLECTED, Job.read(job).collected_sha256).entering
    tail = tail_of(chain_of(load("tiny:l").eval(), zeros(1, 3, 64, 64)), parts.place)
    module = load_pruned(made / "1", tail).eval()
    for row in entering[:20]:
        with no_grad():
            expected = module(from_numpy(row[None])).numpy()[0]
        found = own.run(row[None])[0]
        np.testing.assert_allclose(found, expected, atol=1e-4 * np.abs(expected).max())


def _see_that_what_is_known_is_true(made: Path, folder: Path) -> None:
    job, tails = Job.read(folder), UserTails.read(made)
    sample = read_collected(folder / COLLECTED, job.collected_sha256)
    entering, logits = sample.entering, sample.logits
    held = len(tails.own_outside)
    assert tails.images + held == len(entering)
    assert held == 60
    assert (tails.name, tails.classes, tails.generic) == (job.name, job.classes, job.generic)
    assert len(tails.tails) == 2
    assert tails.tails[0].macs < tails.tails[1].macs < tails.generic_macs
    own = logits[-held:][:, list(job.classes)].argmax(axis=1)
    for place, tail in enumerate(tails.tails):
        answers = OnnxPart(made / tail_file(place)).run(entering[-held:])
        np.testing.assert_allclose(tail.own_scores, foreign_scores("energy", answers), rtol=1e-3, atol=1e-3)
        np.testing.assert_allclose(tail.own_doubts, doubt(answers), rtol=1e-3, atol=1e-3)
        same = answers[:, : len(job.classes)].argmax(axis=1) == own
        assert tail.evidence.inputs == held
        assert same.sum() == tail.evidence.agreed >= 0.9 * held
        assert not np.array(tail.own_drops)[same].any()
        assert tail.evidence.drop_points == pytest.approx(100 * np.mean(tail.own_drops), abs=1e-6)
        assert tail.cost.seconds > 0


def test_speeds_that_cannot_be_met(job_once: Path, opened_once: Path, tmp_path: Path) -> None:
    from edgewise.personal.make_tails import make_tails

    job = Path(shutil.copytree(job_once, tmp_path / "job"))
    replace(Job.read(job), target_speedups=(1000.0,)).write(job)
    with pytest.raises(UsageError, match="cannot be met"):
        make_tails(job, opened_once / FOLDER, tmp_path / "none")
