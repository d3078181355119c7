"""Make a user's network of what inference left behind; the prefix never runs again. Needs the extra `torch`.

Where the owner let images be kept, the whole network is pruned as well.
"""

from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from edgewise import store
from edgewise.errors import ModelError, UsageError
from edgewise.personal.beliefs import Belief
from edgewise.personal.collected import read_collected
from edgewise.personal.generic import GenericNetwork, GenericParts
from edgewise.personal.job import COLLECTED, Job
from edgewise.personal.open_generic import tail_of
from edgewise.personal.part_clock import PartClock, whole_inputs_ms
from edgewise.personal.shadow import Shadow
from edgewise.personal.user_classes import outside
from edgewise.personal.user_tails import Measured, Tail, UserTails, tail_file, whole_file
from edgewise.progress import Progress, silent
from edgewise.prune.chain import chain_of
from edgewise.prune.guard import Guard
from edgewise.prune.load import save_pruned
from edgewise.prune.make import UserNetwork, make_user_networks
from edgewise.prune.material import answers, made_from
from edgewise.prune.settings import Settings
from edgewise.prune.source import trained
from edgewise.prune.taught import Taught
from edgewise.runtime.engines import Engine
from edgewise.runtime.part import open_part
from edgewise.zoo.sources import from_description

_TAIL = "The user's tail", "entering", "logits"
_WHOLE = "The user's network", "image", "logits"


def make_tails(job_folder: Path, generic_folder: Path, out: Path, progress: Progress = silent) -> UserTails:
    """Carry out the job in a folder; `out` then holds plan, weights and file of each network, and the record.

    That is written last. What the generic network said of the inputs when it served is what the guard holds the
    networks against. A speed that cannot be met is left out where another can. Where the job has images, the whole
    network is pruned to the first of these speeds as well, if that can be met. Raises what `make_user_networks` does,
    and `StoreError` for a job that is torn.
    """
    job, parts = Job.read(job_folder), GenericParts.read(generic_folder)
    sample = read_collected(job_folder / COLLECTED, job.collected_sha256)
    first = made_from(len(sample.logits), job.held_out)
    maker = _Maker(job, sample.logits, first, str(parts.source["source"]), progress)
    network, size_px = _generic_network(parts), parts.preprocess.size_px
    tail = tail_of(chain_of(network, torch.zeros(1, 3, size_px, size_px)), parts.place)
    clock = PartClock(tail, parts.entering, Engine(job.engine), job.threads, _TAIL)
    tails = maker.made(tail, torch.from_numpy(sample.entering), clock, job.target_speedups)
    _write(tails, clock, out, tail_file)
    wholes: list[_Judged] = []
    if sample.images is not None:
        clock = PartClock(network, (3, size_px, size_px), Engine(job.engine), job.threads, _WHOLE)
        with suppress(UsageError):  # the tails are there
            wholes = maker.made(network, _prepared(sample.images, parts), clock, job.target_speedups[:1])
        _write(wholes, clock, out, whole_file)
    beliefs = [Belief.of(row, job.temperature) for row in sample.logits[first:]]
    own_outside = tuple(outside(job.classes, job.shares, one, sample.logits.shape[1]) for one in beliefs)
    generic = GenericNetwork(generic_folder, threads=job.threads, engine=Engine(job.engine))
    found = _measured(job, generic, tails, wholes, own_outside, out)
    found.write(out)
    return found


def _measured(
    job: Job,
    generic: GenericNetwork,
    tails: "list[_Judged]",
    wholes: "list[_Judged]",
    own_outside: tuple[float, ...],
    out: Path,
) -> UserTails:
    """The record of networks that lie in their files: all are timed by turns, with the device's others."""
    files = [[name(place) for place in range(len(some))] for name, some in ((tail_file, tails), (whole_file, wholes))]
    loaded = [[open_part(out / file, threads=job.threads, engine=generic.engine) for file in some] for some in files]
    enter_ms, generic_ms, *rest = whole_inputs_ms(generic, *loaded)
    ms = iter(rest)
    return UserTails(
        job.name,
        job.generic,
        job.classes,
        job.shares,
        own_outside,
        generic_ms,
        tails[0].made.macs_before,
        tails[0].made.images,
        tails=tuple(one.told(next(ms)) for one in tails),
        enter_ms=enter_ms,
        wholes=tuple(one.told(next(ms)) for one in wholes),
        smaller=tuple(Measured(one.facts.name, one.facts.fingerprint, next(ms)) for one in generic.smaller),
    )


@dataclass(frozen=True, eq=False)
class _Judged:
    """One that was made, and what it makes of the inputs that were held out."""

    made: UserNetwork
    held: Shadow

    def told(self, ms: float) -> Tail:
        scores, doubts, drops = (
            tuple(values[:, 0].tolist()) for values in (self.held.foreign, self.held.doubt, self.held.drops)
        )
        return Tail(ms, self.made.macs, scores, doubts, drops, self.made.evidence, self.made.cost)


@dataclass(frozen=True, eq=False)
class _Maker:
    """What is the same for all of a job's networks."""

    job: Job
    logits: np.ndarray  # float32 [n, C]: what the generic network said
    first: int  # of the inputs that are held out
    source: str
    progress: Progress

    def made(self, generic: nn.Module, taken: Tensor, clock: PartClock, speedups: Sequence[float]) -> list[_Judged]:
        """Networks in the place of `generic`, of what it takes. Raises what `make_user_networks` does."""
        job, held = self.job, self.logits[self.first :]
        made = make_user_networks(
            generic,
            taken,
            job.classes,
            speedups,
            Settings(held_out=job.held_out, temperature=job.temperature, seed=job.seed),
            Guard(job.max_drop_points, job.alpha),
            taught=Taught(held, job.classes),
            measured=clock.share,
            source=self.source,
            progress=self.progress,
        )
        said = [answers(one.network, taken[self.first :]) for one in made]
        return [
            _Judged(one, Shadow.of([own], held, one.evidence.posterior)) for one, own in zip(made, said, strict=True)
        ]


def _generic_network(parts: GenericParts) -> nn.Module:
    classifier, network = trained(from_description(parts.source))
    if classifier.fingerprint != parts.fingerprint:
        raise ModelError(
            f"{classifier.card.source} is not the network that serves any more; it has changed since.",
            "Put it back as it was, or begin with a new state folder.",
        )
    return network


def _prepared(images: np.ndarray, parts: GenericParts) -> Tensor:
    """float32 [n, 3, side, side], of uint8 [n, side, side, 3] that is as large as the network takes it."""
    as_they_are = parts.preprocess.at_its_size
    return torch.from_numpy(np.stack([as_they_are.apply(image) for image in images]))


def _write(judged: Sequence[_Judged], clock: PartClock, out: Path, file_of: Callable[[int], str]) -> None:
    for place, one in enumerate(judged):
        path = out / file_of(place)
        path.parent.mkdir(parents=True, exist_ok=True)
        save_pruned(path.parent, one.made.plan, one.made.network)
        with store.atomic_path(path) as temporary:
            temporary.write_bytes(clock.exported(one.made.network))
