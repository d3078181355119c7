"""Make a user's tails of what inference left behind; the prefix never runs again. Needs the extra `torch`."""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from edgewise import store
from edgewise.errors import ModelError
from edgewise.personal.beliefs import Belief
from edgewise.personal.collected import read_collected
from edgewise.personal.generic import GenericNetwork, GenericParts
from edgewise.personal.job import COLLECTED, Job
from edgewise.personal.open_generic import tail_of
from edgewise.personal.shadow import Shadow
from edgewise.personal.user_classes import outside
from edgewise.personal.user_tails import TAIL, Measured, Tail, UserTails, tail_file
from edgewise.progress import Progress, silent
from edgewise.prune.chain import chain_of
from edgewise.prune.guard import Guard
from edgewise.prune.load import save_pruned
from edgewise.prune.make import UserNetwork, make_user_networks
from edgewise.prune.material import answers, made_from
from edgewise.prune.settings import Settings
from edgewise.prune.source import trained
from edgewise.prune.speed import taking_turns_ms
from edgewise.prune.taught import Taught
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.zoo.export import part_to_onnx
from edgewise.zoo.sources import from_description

_RUNS, _LEAST_S = 30, 0.4
_IMAGE = (480, 640, 3)  # what is timed with preparing it


def make_tails(job_folder: Path, generic_folder: Path, out: Path, progress: Progress = silent) -> UserTails:
    """Carry out the job in a folder; `out` then holds plan, weights and `tail.onnx` of each tail, and the record.

    That is written last. What the generic network said of the inputs when it served is what the guard holds the tails
    against. A speed that cannot be met is left out where another can. Raises what `make_user_networks` does, and
    `StoreError` for a job that is torn.
    """
    job, parts = Job.read(job_folder), GenericParts.read(generic_folder)
    entering, logits = read_collected(job_folder / COLLECTED, job.collected_sha256)
    tail = _generic_tail(parts)
    clock = _TailClock(tail, parts.entering, job.threads)
    activations = torch.from_numpy(entering)
    first = made_from(len(entering), job.held_out)
    made = make_user_networks(
        tail,
        activations,
        job.classes,
        job.target_speedups,
        Settings(held_out=job.held_out, temperature=job.temperature, seed=job.seed),
        Guard(job.max_drop_points, job.alpha),
        taught=Taught(logits[first:], job.classes),
        measured=clock.share,
        source=str(parts.source["source"]),
        progress=progress,
    )
    beliefs = [Belief.of(row, job.temperature) for row in logits[first:]]
    paths = [out / tail_file(place) for place in range(len(made))]
    for one, path in zip(made, paths, strict=True):
        _write(one, clock, path)
    generic = GenericNetwork(generic_folder, threads=job.threads)
    smaller = [one.facts for one in generic.smaller]
    enter_ms, generic_ms, *ms = clock.whole(generic, [OnnxPart(path, threads=job.threads) for path in paths])
    tails = UserTails(
        job.name,
        job.generic,
        job.classes,
        job.shares,
        tuple(outside(job.classes, job.shares, belief, logits.shape[1]) for belief in beliefs),
        generic_ms,
        made[0].macs_before,
        made[0].images,
        tuple(_judged(one, own, activations[first:], logits[first:]) for one, own in zip(made, ms, strict=False)),
        enter_ms,
        tuple(Measured(one.name, one.fingerprint, own) for one, own in zip(smaller, ms[len(made) :], strict=True)),
    )
    tails.write(out)
    return tails


def _generic_tail(parts: GenericParts) -> nn.Module:
    classifier, network = trained(from_description(parts.source))
    if classifier.fingerprint != parts.fingerprint:
        raise ModelError(
            f"{classifier.card.source} is not the network that serves any more; it has changed since.",
            "Put it back as it was, or begin with a new state folder.",
        )
    size_px = parts.preprocess.size_px
    return tail_of(chain_of(network, torch.zeros(1, 3, size_px, size_px)), parts.place)


def _write(made: UserNetwork, clock: "_TailClock", path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_pruned(path.parent, made.plan, made.network)
    with store.atomic_path(path) as temporary:
        temporary.write_bytes(clock.exported(made.network))


def _judged(made: UserNetwork, ms: float, held: Tensor, taught: np.ndarray) -> Tail:
    own = Shadow.of([answers(made.network, held)], taught, made.evidence.posterior)
    scores, doubts, drops = (tuple(values[:, 0].tolist()) for values in (own.foreign, own.doubt, own.drops))
    return Tail(ms, made.macs, scores, doubts, drops, made.evidence, made.cost)


class _TailClock:
    """Times tails on ONNX Runtime, in turns with the generic one.

    The service answers meanwhile, and takes the CPU from whatever runs: of small networks most runs are disturbed. What
    disturbs only adds, so the least time counts.
    """

    def __init__(self, generic: nn.Module, shape: tuple[int, ...], threads: int) -> None:
        self._values = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
        self._threads = threads
        self._generic = self._loaded(generic)

    def share(self, tail: nn.Module) -> float:
        """The tail's time, as a share of the generic one's."""
        generic_ms, ms = self._turns(self._loaded(tail))
        return ms / generic_ms

    def _turns(self, tail: OnnxPart) -> list[float]:
        """Milliseconds of the generic tail, and of this one."""
        runs = [partial(part.run, self._values) for part in (self._generic, tail)]
        return taking_turns_ms(runs, runs=_RUNS, pick=min, least_s=_LEAST_S)

    def whole(self, generic: GenericNetwork, tails: Sequence[OnnxPart]) -> list[float]:
        """Milliseconds of the generic network's first part, of its second, of these tails and of smaller networks."""
        image = np.random.default_rng(0).integers(256, size=_IMAGE, dtype=np.uint8)
        runs: list[Callable[[], object]] = [partial(generic.enter, image), partial(generic.answer, self._values)]
        runs += [partial(tail.run, self._values) for tail in tails]
        runs += [partial(one.answer, image) for one in generic.smaller]
        return taking_turns_ms(runs, runs=_RUNS, pick=min, least_s=_LEAST_S)

    def exported(self, tail: nn.Module) -> bytes:
        return part_to_onnx(tail, self._values.shape[1:], "The user's tail", ("entering", "logits"))

    def _loaded(self, tail: nn.Module) -> OnnxPart:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / TAIL
            path.write_bytes(self.exported(tail))
            return OnnxPart(path, threads=self._threads)
