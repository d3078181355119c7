"""The shards of a profile, made by an executor's processes; this one alone writes into its folder."""

from collections import Counter
from collections.abc import Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace

from edgewise.executors.executor import Executor
from edgewise.images.remote import whole
from edgewise.profile import shard
from edgewise.profile.crew import none_left
from edgewise.profile.failures import note_failure, read_failures
from edgewise.profile.folder import shard_file
from edgewise.profile.messages import PROFILING, settings_to_json
from edgewise.profile.plan import Settings, read_plan
from edgewise.profile.shard_job import ShardDone, ShardJob, leave, make_shard
from edgewise.progress import Progress


@dataclass
class Made:
    """Who made what."""

    images_before: int = 0
    images: Counter[str] = field(default_factory=Counter[str])  # of each node
    cpus: dict[str, str] = field(default_factory=dict[str, str])  # node -> its processor


def make_shards(settings: Settings, executor: Executor, progress: Progress) -> Made:
    """Make all shards that are missing in a folder with a plan; what the workers had to leave out is noted there.

    Raises `ModelError` when no model is left, and what the executor and its workers raise.
    """
    plan = read_plan(settings.out)
    images, size = plan.values["data"]["images"], settings.shard_images
    sizes = {n: min(size, images - n * size) for n in range(shard.count(images, size))}
    missing = [n for n in sizes if not shard_file(settings.out, n).exists()]
    known = read_failures(settings.out)
    there = replace(settings, data=whole(settings.data), power_file=None, power_unit=None)
    jobs = [ShardJob(n, settings_to_json(there), plan.values, known) for n in missing]
    made = Made(images_before=images - sum(sizes[n] for n in missing))
    done = made.images_before
    progress(PROFILING, done, images)
    try:
        with closing(executor.run(make_shard, jobs)) as results:
            for job, found in results:
                _keep(settings, missing[job], found, plan.values)
                done += sizes[missing[job]]
                made.images[found.node] += sizes[missing[job]]
                made.cpus[found.node] = found.cpu
                progress(PROFILING, done, images)
    finally:
        leave()
    return made


def _keep(settings: Settings, number: int, found: ShardDone, plan: Mapping[str, object]) -> None:
    """Failures first: a shard that lacks a model is whole only where that model is known to have failed."""
    known = read_failures(settings.out)
    for failure in found.failures.beyond(known):
        known = note_failure(settings.out, failure)
    models = plan["models"]
    assert isinstance(models, list)
    if found.content is None or all(known.dropped(model["name"]) for model in models):
        raise none_left(known)
    shard.write_content(found.content, shard_file(settings.out, number))
