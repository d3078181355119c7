"""What the tests of learning share: a device with a real small network, drawn users, and networks made in no time.

What is made in no time are real tails of the user's classes, of which nothing was cut: only the head is restricted.
"""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewise.personal import making as making_module
from edgewise.personal.beliefs import Belief
from edgewise.personal.collected import read_collected
from edgewise.personal.generic import FOLDER, TAIL, GenericNetwork, GenericParts
from edgewise.personal.job import COLLECTED, JOB, Job
from edgewise.personal.learner import Learner
from edgewise.personal.learning import Learning
from edgewise.personal.observer import Enough
from edgewise.personal.pruning import Ended, Progressed
from edgewise.personal.remembered import Event
from edgewise.personal.reply import Reply
from edgewise.personal.shadow import Shadow
from edgewise.personal.smaller import read_smaller
from edgewise.personal.state import DeviceState
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_classes import outside
from edgewise.personal.user_tails import Measured, Tail, UserTails, tail_file, whole_file
from edgewise.prune.cost import Cost, Macs, StepCost
from edgewise.prune.guard import Guard
from edgewise.prune.taught import Taught
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.zoo.tiny import WEIGHTS
from tests.tiny_generic import images

ANNA, BERT, CARL = (1, 4, 7), (0, 2, 5), (3, 6, 8)  # the classes of three users
LEARNED = ["learned", "made", "swapped"]  # what happens until a user's own network serves
QUICK = Learning(
    enough=Enough(first=96, window=600),
    fewest_inputs=150,
    memory_mb=8.0,
    target_speedups=(1.3,),  # all that so small a network can be cut to, and one tail is made in half the time of two
    max_drop_points=3.0,
    collecting_share=0.9,
    niceness=0,
)


class Stream:
    """Drawn images of some classes, in an order of its own."""

    def __init__(self, seed: int = 0) -> None:
        self._random = np.random.default_rng(seed)
        self._pixels, self._labels = images()

    def next(self, classes: Sequence[int]) -> np.ndarray:
        return self._pixels[self._random.choice(np.flatnonzero(np.isin(self._labels, classes)))]


class Ready:
    """In the place of a pruning process: the network is there at once, or the problem."""

    problem = ""
    begun = 0

    def __init__(self, job: Path, generic: Path, out: Path, **_: Any) -> None:
        type(self).begun += 1
        if not self.problem:
            restricted_tail(job, generic, out)
        self._news: deque[Progressed | Ended] = deque([Progressed("cutting", 1, 2), Ended(self.problem)])

    def news(self) -> list[Progressed | Ended]:
        return [self._news.popleft()] if self._news else []

    def stop(self) -> None:
        self._news.clear()


def restricted_tail(job_folder: Path, generic: Path, out: Path) -> UserTails:
    """Carry out a job on ONNX files themselves: the rows of the user's classes stay, and a mean of all others' rows."""
    job, parts = Job.read(job_folder), GenericParts.read(generic)
    sample = read_collected(job_folder / COLLECTED, job.collected_sha256)
    logits, first = sample.logits, int(len(sample.logits) * (1 - job.held_out))

    def made(of: Path, path: Path, taken: np.ndarray, ms: float) -> Tail:
        path.parent.mkdir(parents=True)
        _restrict(of, job.classes, path)
        answers = OnnxPart(path).run(taken)
        evidence = Taught(logits[first:], job.classes).judge(Guard(job.max_drop_points, job.alpha), answers)
        own = Shadow.of([answers], logits[first:], evidence.posterior)
        scores, doubts, drops = (tuple(values[:, 0].tolist()) for values in (own.foreign, own.doubt, own.drops))
        cost = Cost((StepCost("cutting", 0.5, Macs(1)),))
        return Tail(ms, parts.tail_macs, scores, doubts, drops, evidence, cost)

    tail, wholes = made(generic / TAIL, out / tail_file(0), sample.entering[first:], 1.0), ()
    if sample.images is not None:
        prepared = np.stack([parts.preprocess.at_its_size.apply(image) for image in sample.images[first:]])
        wholes = (made(WEIGHTS / "l.onnx", out / whole_file(0), prepared, 1.2),)
    beliefs = [Belief.of(row) for row in logits[first:]]
    tails = UserTails(
        name=job.name,
        generic=job.generic,
        classes=job.classes,
        shares=job.shares,
        own_outside=tuple(outside(job.classes, job.shares, belief, logits.shape[1]) for belief in beliefs),
        generic_ms=1.5,
        generic_macs=parts.tail_macs,
        images=first,
        tails=(tail,),
        enter_ms=2.0,
        smaller=tuple(Measured(one.name, one.fingerprint, 0.5) for one in read_smaller(generic)),
        wholes=wholes,
    )
    tails.write(out)
    return tails


def _restrict(network: Path, classes: Sequence[int], path: Path) -> None:
    import onnx
    from onnx import numpy_helper

    model = onnx.load(network)
    last = {
        name: array for name in model.graph.node[-1].input for array in model.graph.initializer if array.name == name
    }
    for array in last.values():
        rows = numpy_helper.to_array(array)
        others = np.delete(rows, list(classes), axis=0).mean(axis=0, keepdims=True)
        array.CopyFrom(numpy_helper.from_array(np.concatenate([rows[list(classes)], others]), array.name))
    model.graph.output[0].type.tensor_type.shape.dim[1].dim_value = len(classes) + 1
    onnx.save(model, path)


class Served:
    """A device, as its service has it: all that a learner needs, and a stream of images."""

    def __init__(self, folder: Path, learning: Learning = QUICK) -> None:
        self.folder, self.learning = folder, learning
        self.generic = GenericNetwork(folder / FOLDER)
        self.state = DeviceState.open(folder, self.generic.parts.fingerprint)
        self.stream = Stream()

    def learner(self, user: str = "anna", **changed: Any) -> Learner:
        return Learner(user, self.state, self.generic, replace(self.learning, **changed))

    def give(self, learner: Learner, classes: Sequence[int], count: int = 1) -> Reply:
        """So many inputs of these classes; the last reply."""
        for _ in range(count):
            reply = learner.answer(self.stream.next(classes))
            learner.learn(reply)
            learner.poll()
        return reply

    def until(self, learner: Learner, classes: Sequence[int], phase: str, most: int = 1200) -> int:
        """Give inputs until a phase is reached; how many."""
        for count in range(most):
            if learner.session.phase == phase:
                return count
            self.give(learner, classes)
        raise AssertionError(f"{learner.session} after {most} inputs, and not {phase}: {self.kinds()}")

    def events(self) -> list[Event]:
        return self.state.events(limit=10_000)

    def kinds(self, user: str | None = None) -> list[str]:
        return [event.kind for event in self.state.events(user=user, limit=10_000)]

    def networks(self, user: str = "anna") -> dict[str, bool]:
        """Whether each is retired."""
        return {one.name: one.retired for one in self.state.networks(user)}

    def user_folder(self, user: str = "anna") -> Path:
        return self.folder / "users" / user

    def assert_consistent(self, learner: Learner) -> None:
        """What serves is stored, whole, and what the learner says."""
        kept, serving = self.state.session(learner.user)
        assert kept is not None
        assert serving == learner.session.serving == kept["session"]["serving"]
        if serving is not None:
            assert self.networks(learner.user)[serving] is False
            UserNetwork(self.folder / next(n.folder for n in self.state.networks(learner.user) if n.name == serving))

    def close(self) -> None:
        self.state.close()


@contextmanager
def served(folder: Path, learning: Learning = QUICK) -> Iterator[Served]:
    device = Served(folder, learning)
    try:
        yield device
    finally:
        device.close()


def settled_job(folder: Path, classes: Sequence[int], **changed: Any) -> Path:
    """The folder of a job as a learner writes it, for a user of these classes; on a device in `folder`."""

    class Nothing(Ready):
        def __init__(self, *_: Any, **__: Any) -> None:
            self._news = deque()

    with pytest.MonkeyPatch.context() as patched, served(folder, replace(QUICK, **changed)) as device:
        patched.setattr(making_module, "Pruning", Nothing)
        learner = device.learner("maker")
        device.until(learner, classes, "prune")
        job = folder / "users/maker/job"
        assert (job / JOB).is_file()
        learner.close()
    return job
