"""Make a user's network of what inference left behind; the prefix never runs again. Needs the extra `torch`.

Where the owner let images be kept, the whole network is pruned as well.
"""

from collections.abc import Sequence
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
from edgewise.runtime.onnx_part import OnnxPart
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
    clock = PartClock(tail, parts.entering, job.threads, _TAIL)
    tails = maker.made(tail, torch.from_numpy(sample.entering), clock, job.target_speedups)
    paths = [out / tail_file(place) for place in range(len(tails))]
    for one, path in zip(tails, paths, strict=True):
        _write(one.made, clock, path)
    wholes: list[_Judged] = []
    if sample.images is not None:
        clock = PartClock(network, (3, size_px, size_px), job.threads, _WHOLE)
        with suppress(UsageError):  # the tails are there
            wholes = maker.made(network, _prepared(sample.images, parts), clock, job.target_speedups[:1])
    whole_paths = [out / whole_file(place) for place in range(len(wholes))]
    for one, path in zip(wholes, whole_paths, strict=True):
        _write(one.made, clock, path)
    generic = GenericNetwork(generic_folder, threads=job.threads)
    loaded = [[OnnxPart(path, threads=job.threads) for path in some] for some in (paths, whole_paths)]
    enter_ms, generic_ms, *ms = whole_inputs_ms(generic, *loaded)
    beliefs = [Belief.of(row, job.temperature) for row in sample.logits[first:]]
    of_tails, rest = ms[: len(tails)], ms[len(tails) :]
    of_wholes, of_smaller = rest[: len(wholes)], rest[len(wholes) :]
    found = UserTails(
        job.name,
        job.generic,
        job.classes,
        job.shares,
        tuple(outside(job.classes, job.shares, belief, sample.logits.shape[1]) for belief in beliefs),
        generic_ms,
        tails[0].made.macs_before,
        tails[0].made.images,
        tuple(one.told(own) for one, own in zip(tails, of_tails, strict=True)),
        enter_ms,
        tuple(
            Measured(one.facts.name, one.facts.fingerprint, own)
            for one, own in zip(generic.smaller, of_smaller, strict=True)
        ),
        tuple(one.told(own) for one, own in zip(wholes, of_wholes, strict=True)),
    )
    found.write(out)
    return found


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


def _write(made: UserNetwork, clock: PartClock, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    save_pruned(path.parent, made.plan, made.network)
    with store.atomic_path(path) as temporary:
        temporary.write_bytes(clock.exported(made.network))
