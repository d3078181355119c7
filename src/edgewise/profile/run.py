"""Make a profile: shard by shard, so that a killed run goes on where it stopped."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

import numpy as np

import edgewise
from edgewise.errors import DataError, LabelError
from edgewise.images.dataset import Dataset, read_dataset
from edgewise.images.decode import read_file
from edgewise.images.features import CANDIDATES
from edgewise.images.threads import use_threads
from edgewise.machine import fingerprint
from edgewise.profile.label_map import LabelMap, map_labels
from edgewise.profile.latency import StageTime, measure
from edgewise.profile.outcomes import KIND, MANIFEST, SCHEMA, Outcomes, open_profile
from edgewise.profile.plan import Settings, make_plan, start_or_resume
from edgewise.profile.shard import Shard, compute, read, write
from edgewise.profile.tables import image_columns, latency_columns, outcome_columns
from edgewise.progress import Progress, silent
from edgewise.store import atomic_path, write_json, write_table
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, find

_LATENCY_IMAGES = 16


def profile(settings: Settings, progress: Progress = silent) -> Outcomes:
    """Run every model of the zoo on every image and store what each answered and cost.

    A folder that holds part of the same profile is completed; one that holds all of it is opened. Raises `StoreError`
    when it holds another profile, `DataError` when no image can be read, and what loading the zoo raises.
    """
    use_threads(settings.threads)
    dataset = read_dataset(settings.data)
    sources = find(settings.zoo)
    models = _load(sources, settings.threads, progress)
    space = map_labels([model.card for model in models], dataset.labels, settings.classes)
    labels = _label_indices(dataset, space)
    plan = make_plan(settings, dataset, sources, models, space)
    start_or_resume(settings.out, plan)
    if not (settings.out / MANIFEST).exists():
        shards = _compute_shards(settings, dataset, labels, models, space, progress)
        _finish(settings, plan, shards, dataset, models, progress)
    return open_profile(settings.out)


def _load(sources: Sequence[Source], threads: int, progress: Progress) -> list[Classifier]:
    models: list[Classifier] = []
    for source in sources:
        progress("loading models", len(models), len(sources))
        models.append(load(source, threads=threads))
    progress("loading models", len(sources), len(sources))
    return models


def _label_indices(dataset: Dataset, space: LabelMap) -> list[int]:
    try:
        space.whole.indices(dataset.labels)  # names all that are unknown at once
        by_label = {label: space.index(label) for label in dataset.labels}
    except LabelError as error:
        raise LabelError(f"Labels of {dataset.root}: {error.message}", error.hint) from error
    return [by_label[item.label] for item in dataset.items]


def _compute_shards(
    settings: Settings,
    dataset: Dataset,
    labels: Sequence[int],
    models: Sequence[Classifier],
    space: LabelMap,
    progress: Progress,
) -> list[Shard]:
    total, size = len(dataset.items), settings.shard_images
    shards: list[Shard] = []
    for start in range(0, total, size):
        progress("profiling images", start, total)
        path = settings.out / "shards" / f"{start // size:06d}.safetensors"
        if not path.exists():
            write(compute(dataset.items[start : start + size], labels[start : start + size], models, space), path)
        shards.append(read(path))
    progress("profiling images", total, total)
    if not any(shard.images for shard in shards):
        first = shards[0].skipped[0]
        raise DataError(f"None of the {total} images of {dataset.root} can be used; {first.image}: {first.reason}.")
    return shards


def _finish(
    settings: Settings,
    plan: dict[str, Any],
    shards: Sequence[Shard],
    dataset: Dataset,
    models: Sequence[Classifier],
    progress: Progress,
) -> None:
    """Merge the shards into tables, measure latency, and write the manifest last: it says that all is there."""
    out = settings.out
    images = [row for shard in shards for row in shard.images]
    columns: list[dict[str, Any]] = []
    for m, model in enumerate(models):
        logits = np.concatenate([shard.logits[m] for shard in shards])
        with atomic_path(out / "logits" / f"{m:02d}.npy") as temporary, temporary.open("wb") as stream:
            np.save(stream, logits, allow_pickle=False)
        columns.append(outcome_columns(images, model.card.name, logits))
    write_table(out / "outcomes.parquet", {key: _joined([c[key] for c in columns]) for key in columns[0]})
    features = np.concatenate([shard.features for shard in shards])
    decode_ms = np.concatenate([shard.decode_ms for shard in shards])
    write_table(out / "images.parquet", image_columns(images, features, CANDIDATES, decode_ms))
    times = _latency(settings, dataset, [row.image for row in images], models, progress)
    write_table(out / "latency.parquet", latency_columns(times))
    content = hashlib.sha256(
        "".join(f"{r.image}\t{r.label}\t{r.sha256}\n" for r in images).encode("utf-8", "surrogateescape")
    )
    manifest = plan | {
        "edgewise": edgewise.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(fingerprint()),
        "images": len(images),
        "skipped": [asdict(row) for shard in shards for row in shard.skipped],
        "data_sha256": content.hexdigest(),
        "cards": [{"macs": m.card.macs, "params": m.card.params, "licence": m.card.licence} for m in models],
    }
    write_json(out / MANIFEST, KIND, SCHEMA, manifest)
    shutil.rmtree(out / "shards")


def _joined(parts: list[Any]) -> Any:
    """One column out of one part per model."""
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [value for part in parts for value in part]


def _latency(
    settings: Settings, dataset: Dataset, good: Sequence[str], models: Sequence[Classifier], progress: Progress
) -> tuple[StageTime, ...]:
    """Time the models on a seeded sample of the images that can be read."""
    paths = {item.name: item.path for item in dataset.items}
    chosen = np.random.default_rng(settings.seed).choice(len(good), min(_LATENCY_IMAGES, len(good)), False).tolist()
    contents = [read_file(paths[good[int(i)]]) for i in sorted(chosen)]
    return measure(contents, models, mode=settings.mode, seed=settings.seed, progress=progress)
