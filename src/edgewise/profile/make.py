"""Making a profile, shard by shard: what runs in the worker's process. Started again, it goes on where it stopped."""

import hashlib
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import cast

import numpy as np

from edgewise.errors import DataError, ImageError, ModelError, OutputError, StoreError
from edgewise.images.dataset import Dataset, Item, read_dataset
from edgewise.images.threads import use_threads
from edgewise.profile import shard
from edgewise.profile.crew import Crew, ModelFailed, Watched, none_left
from edgewise.profile.failures import ModelFailure, note_failure, read_failures
from edgewise.profile.finish import finish
from edgewise.profile.folder import SHARDS
from edgewise.profile.latency import StageTime, measure
from edgewise.profile.manifest import MANIFEST
from edgewise.profile.messages import PROFILING
from edgewise.profile.plan import Plan, Settings, asked, resume, see_that_it_fits, start
from edgewise.profile.position import Doing, Position
from edgewise.profile.shard import Shard
from edgewise.progress import Progress
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, find

_LATENCY_IMAGES = 16
Zoo = Sequence[tuple[str, str]]  # name and source of each model


@dataclass(frozen=True)
class Worksite:
    """What a worker works with."""

    settings: Settings
    position: Position
    progress: Progress
    tell_zoo: Callable[[Zoo], None]  # called before anything is loaded, so that numbers have names


def make(site: Worksite) -> None:
    """Complete the profile in the folder of the settings; see that it is the same one where it is complete already."""
    settings = site.settings
    use_threads(settings.threads)
    dataset = read_dataset(settings.data)
    sources = find(settings.zoo, settings.weights)
    site.tell_zoo([(source.name, source.text) for source in sources])
    wanted = asked(settings, dataset, sources)
    plan = resume(settings.out, wanted)
    models = _load(sources, site, new=plan is None)
    if plan is None:
        plan = start(settings, wanted, dataset, models)
    else:
        see_that_it_fits(settings.out, plan, dataset, models)
    if (settings.out / MANIFEST).exists():
        shutil.rmtree(settings.out / SHARDS, ignore_errors=True)  # of a run that was killed right at its end
        return
    crew = Crew(settings.out, models, read_failures(settings.out), site.position)
    shards = _compute_shards(site, plan, dataset, crew)
    times = _latency(site, dataset, shards, crew)
    finish(settings.out, plan, shards, times, crew, dataset)


def _load(sources: Sequence[Source], site: Worksite, *, new: bool) -> list[Watched]:
    """The models that have not failed; one whose outputs are not numbers is left out of a new profile."""
    failures = read_failures(site.settings.out)
    models: list[Watched] = []
    for number, source in enumerate(sources):
        site.progress("loading models", number, len(sources))
        if failures.dropped(source.name):
            continue
        site.position.note(Doing.LOADING, number)
        try:
            model = load(source, threads=site.settings.threads)
        except MemoryError as error:
            raise ModelError(f"{source.text} needs more memory than there is to load.", "Leave it out.") from error
        except SystemExit as error:
            raise ModelError(f"{source.text} tried to end the process while it was loaded.", "Correct it.") from error
        except OutputError as error:
            if not new:
                raise
            reason = f"failed while it was loaded: {error.message}"
            failures = note_failure(site.settings.out, ModelFailure(source.name, source.text, reason))
        else:
            models.append(Watched(number, model, source.text, site.position))
        site.position.note(Doing.OTHER)
    site.progress("loading models", len(sources), len(sources))
    if not models:
        raise none_left(failures)
    return models


def _compute_shards(site: Worksite, plan: Plan, dataset: Dataset, crew: Crew) -> list[Shard]:
    """All shards; those that an earlier run finished are read, and progress starts at their images."""
    total, size = len(dataset.items), site.settings.shard_images
    parts = [dataset.items[start : start + size] for start in range(0, total, size)]
    paths = [site.settings.out / SHARDS / f"{i:06d}.safetensors" for i in range(len(parts))]
    numbers = [model.number for model in crew.models]
    found = [_read_if_whole(path, items, numbers) for path, items in zip(paths, parts, strict=True)]
    done = sum(len(items) for items, known in zip(parts, found, strict=True) if known)
    site.progress(PROFILING, done, total)
    shards: list[Shard] = []
    for path, items, known in zip(paths, parts, found, strict=True):
        if known is None:
            labels = [plan.class_of_label[item.label] for item in items]
            known = shard.compute(items, labels, crew, plan.space)
            shard.write(known, path)
            done += len(items)
            site.progress(PROFILING, done, total)
        shards.append(known)
    if not any(known.images for known in shards):
        first = shards[0].skipped[0]
        raise DataError(f"None of the {total} images of {dataset.root} can be used; {first.image}: {first.reason}.")
    return shards


def _read_if_whole(path: Path, items: Sequence[Item], models: Sequence[int]) -> Shard | None:
    """A shard that an earlier run finished; None where there is none, or not this one: then it is made again."""
    if not path.exists():
        return None
    try:
        return shard.read(path, items, models)
    except StoreError:
        return None


def _latency(site: Worksite, dataset: Dataset, shards: Sequence[Shard], crew: Crew) -> tuple[StageTime, ...]:
    """Time the models on a seeded sample of the images that can be read."""
    contents = _sample(site.settings.seed, dataset, shards)
    site.position.image("")
    while True:
        models = cast("Sequence[Classifier]", crew.models)  # it asks for no more than their cards and answers
        try:
            return measure(contents, models, mode=site.settings.mode, seed=site.settings.seed, progress=site.progress)
        except ModelFailed as failed:
            crew.drop(failed, "while its latency was measured")


def _sample(seed: int, dataset: Dataset, shards: Sequence[Shard]) -> list[bytes]:
    """The contents of some image files, if they are still what was profiled."""
    items = {item.name: item for item in dataset.items}
    good = [row for known in shards for row in known.images]
    chosen = np.random.default_rng(seed).choice(len(good), min(_LATENCY_IMAGES, len(good)), False).tolist()
    contents: list[bytes] = []
    for row in (good[int(i)] for i in sorted(chosen)):
        try:
            content = items[row.image].read()
        except ImageError:
            continue
        if hashlib.sha256(content).hexdigest() == row.sha256:
            contents.append(content)
    if not contents:
        raise DataError(
            f"The images of {dataset.root} have gone or changed since they were profiled.",
            "Profile the data set as it is now, into another --out.",
        )
    return contents
