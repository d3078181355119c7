"""Making a profile, shard by shard: what runs in the worker's process. Started again, it goes on where it stopped."""

import hashlib
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from edgewise.energy.find import find_meter
from edgewise.energy.meter import Meter, NoMeter
from edgewise.errors import DataError, ImageError, StoreError
from edgewise.images.dataset import Dataset, Item, read_dataset
from edgewise.images.threads import use_threads
from edgewise.profile import shard
from edgewise.profile.costs import Costs, measure_costs
from edgewise.profile.crew import Crew, ModelFailed
from edgewise.profile.failures import note_failure, read_failures
from edgewise.profile.finish import finish
from edgewise.profile.folder import SHARDS, shard_file
from edgewise.profile.load_models import load_models
from edgewise.profile.manifest import MANIFEST
from edgewise.profile.messages import PROFILING
from edgewise.profile.plan import Plan, Settings, asked, resume, see_that_it_fits, start
from edgewise.profile.position import Position
from edgewise.profile.shard import Shard, count, items_of
from edgewise.progress import Progress
from edgewise.zoo.sources import find

_LATENCY_IMAGES = 16
Zoo = Sequence[tuple[str, str]]  # name and source of each model


@dataclass(frozen=True)
class Worksite:
    """What a worker works with."""

    settings: Settings
    position: Position
    progress: Progress
    tell_zoo: Callable[[Zoo], None]  # called before anything is loaded, so that numbers have names


def make(site: Worksite, *, only_plan: bool = False) -> None:
    """Complete the profile in the folder of the settings; see that it is the same one where it is complete already.

    `only_plan`: see that its plan is there, and leave the rest to others.
    """
    settings = site.settings
    use_threads(settings.threads)
    dataset = read_dataset(settings.data)
    sources = find(settings.zoo, settings.weights)
    complete = (settings.out / MANIFEST).exists()
    meter = NoMeter("all is measured") if complete else find_meter(settings.power_file, settings.power_unit)
    site.tell_zoo([(source.name, source.text) for source in sources])
    wanted = asked(settings, dataset, sources)
    plan = resume(settings.out, wanted)
    note = partial(note_failure, settings.out) if plan is None else None
    models = load_models(sources, settings, site.position, read_failures(settings.out), note, site.progress)
    if plan is None:
        plan = start(settings, wanted, dataset, models)
    else:
        see_that_it_fits(settings.out, plan, dataset, models)
    if complete:
        shutil.rmtree(settings.out / SHARDS, ignore_errors=True)  # of a run that was killed right at its end
        return
    if only_plan:
        return
    crew = Crew(settings.out, models, read_failures(settings.out), site.position)
    parts = _parts(settings, dataset)
    shards = _compute_shards(site, plan, dataset, crew, parts)
    costs = _costs(site, dataset, shards, crew, meter)
    finish(settings.out, plan, shards, list(parts), costs, crew, dataset)


def _parts(settings: Settings, dataset: Dataset) -> dict[Path, Sequence[Item]]:
    """The file of each shard, and its images."""
    numbers = range(count(len(dataset.items), settings.shard_images))
    return {shard_file(settings.out, n): items_of(n, dataset, settings.shard_images) for n in numbers}


def _compute_shards(
    site: Worksite, plan: Plan, dataset: Dataset, crew: Crew, parts: Mapping[Path, Sequence[Item]]
) -> list[Shard]:
    """All shards; those that an earlier run finished are read, and progress starts at their images."""
    total = len(dataset.items)
    widths = {model.number: model.embedding_width for model in crew.models}
    found = {path: _read_if_whole(path, items, widths) for path, items in parts.items()}
    done = sum(len(items) for path, items in parts.items() if found[path])
    site.progress(PROFILING, done, total)
    shards: list[Shard] = []
    for path, items in parts.items():
        known = found[path]
        if known is None:
            labels = [plan.class_of_label[item.label] for item in items]
            known = shard.compute(items, labels, crew, plan.space)
            shard.write(known, path)
            known = replace(known, embeddings={})  # of many images they would fill the memory
            done += len(items)
            site.progress(PROFILING, done, total)
        shards.append(known)
    if not any(known.images for known in shards):
        first = shards[0].skipped[0]
        raise DataError(f"None of the {total} images of {dataset.root} can be used; {first.image}: {first.reason}.")
    return shards


def _read_if_whole(path: Path, items: Sequence[Item], widths: Mapping[int, int | None]) -> Shard | None:
    """A shard that an earlier run finished; None where there is none, or not this one: then it is made again."""
    if not path.exists():
        return None
    try:
        return shard.read(path, items, widths)
    except StoreError:
        return None


def _costs(site: Worksite, dataset: Dataset, shards: Sequence[Shard], crew: Crew, meter: Meter | NoMeter) -> Costs:
    """Measure the models on a seeded sample of the images that can be read."""
    contents = _sample(site.settings.seed, dataset, shards)
    site.position.image("")
    while True:
        try:
            return measure_costs(contents, crew, meter, site.settings, site.progress)
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
