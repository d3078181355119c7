"""The end of a profile: shards become tables and arrays, and the manifest says that all is there."""

import hashlib
import shutil
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

import edgewise
from edgewise.images.dataset import Dataset
from edgewise.images.features import CANDIDATES
from edgewise.machine import fingerprint
from edgewise.profile.costs import Costs
from edgewise.profile.crew import Crew
from edgewise.profile.folder import SHARDS
from edgewise.profile.manifest import IMAGES, KIND, LATENCY, MANIFEST, OUTCOMES, SCHEMA, embedding_file, logits_file
from edgewise.profile.plan import Plan
from edgewise.profile.shard import ImageRow, Shard, read_embedding
from edgewise.profile.tables import image_columns, latency_columns, outcome_columns
from edgewise.store import describe_files, write_array, write_json, write_table


def finish(
    out: Path,
    plan: Plan,
    shards: Sequence[Shard],
    shard_files: Sequence[Path],
    costs: Costs,
    crew: Crew,
    dataset: Dataset,
) -> None:
    """Merge the shards into tables, and write the manifest last. Models that failed are in the manifest's `failed`."""
    images = [row for shard in shards for row in shard.images]
    names: list[str] = []
    columns: list[dict[str, Any]] = []
    for m, model in enumerate(crew.models):
        logits = np.concatenate([shard.logits[model.number] for shard in shards])
        names.append(logits_file(m))
        write_array(out / names[-1], logits)
        columns.append(outcome_columns(images, model.card.name, logits))
        if model.embedding_width:
            names.append(embedding_file(m))
            write_array(out / names[-1], np.concatenate([read_embedding(path, model.number) for path in shard_files]))
    write_table(out / OUTCOMES, {key: _joined([c[key] for c in columns]) for key in columns[0]})
    features = np.concatenate([shard.features for shard in shards])
    decode_ms = np.concatenate([shard.decode_ms for shard in shards])
    write_table(out / IMAGES, image_columns(images, features, CANDIDATES, decode_ms))
    write_table(out / LATENCY, latency_columns(costs.times))
    manifest = _manifest(plan, images, shards, costs, crew, dataset)
    manifest["files"] = describe_files(out, [*names, OUTCOMES, IMAGES, LATENCY])
    write_json(out / MANIFEST, KIND, SCHEMA, manifest)
    shutil.rmtree(out / SHARDS, ignore_errors=True)


def _manifest(
    plan: Plan, images: Sequence[ImageRow], shards: Sequence[Shard], costs: Costs, crew: Crew, dataset: Dataset
) -> dict[str, Any]:
    content = hashlib.sha256(
        "".join(f"{r.image}\t{r.label}\t{r.sha256}\n" for r in images).encode("utf-8", "surrogateescape")
    )
    kept = [model.number for model in crew.models]
    cards = [model.card for model in crew.models]
    failed = crew.failures.models
    return {
        **plan.values,
        "models": [plan.values["models"][number] for number in kept],
        "outputs": [plan.values["outputs"][number] for number in kept],
        "cards": [
            {"macs": macs, "params": card.params, "licence": card.licence}
            for card, macs in zip(cards, costs.macs, strict=True)
        ],
        "energy": asdict(costs.energy),
        "failed": [{"name": f.name, "source": f.source, "reason": f.reason} for f in failed],
        "edgewise": edgewise.__version__,
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": asdict(fingerprint()),
        "images": len(images),
        "duplicates": len(images) - len({row.sha256 for row in images}),
        "skipped": [asdict(row) for shard in shards for row in shard.skipped],
        "unread": [asdict(row) for row in dataset.unread],
        "data_sha256": content.hexdigest(),
    }


def _joined(parts: list[Any]) -> Any:
    """One column out of one part per model."""
    return np.concatenate(parts) if isinstance(parts[0], np.ndarray) else [value for part in parts for value in part]
