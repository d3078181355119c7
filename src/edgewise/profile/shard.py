"""A part of a profile: some images on every model, written at once or not at all."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from edgewise.errors import ImageError, StoreError
from edgewise.images.dataset import Item
from edgewise.images.decode import decode, read_file
from edgewise.images.features import CANDIDATES, extract
from edgewise.profile.label_map import LabelMap
from edgewise.store import atomic_path
from edgewise.zoo.classifier import Classifier


@dataclass(frozen=True)
class ImageRow:
    """One image of a profile that could be read."""

    image: str
    label: int
    sha256: str
    width_px: int
    height_px: int
    file_bytes: int
    converted: tuple[str, ...]


@dataclass(frozen=True)
class Skipped:
    """One image that could not be used, and why."""

    image: str
    reason: str


@dataclass(frozen=True)
class Shard:
    """What a few images gave."""

    images: tuple[ImageRow, ...]
    skipped: tuple[Skipped, ...]
    features: np.ndarray  # float64 [n, 29]
    decode_ms: np.ndarray  # float64 [n]
    logits: tuple[np.ndarray, ...]  # per model float16 [n, classes]


def compute(items: Sequence[Item], labels: Sequence[int], models: Sequence[Classifier], space: LabelMap) -> Shard:
    """Run every model on every image, one image at a time as the device will, so that answers agree to the bit."""
    images: list[ImageRow] = []
    skipped: list[Skipped] = []
    features: list[np.ndarray] = []
    decode_ms: list[float] = []
    logits: list[list[np.ndarray]] = [[] for _ in models]
    for item, label in zip(items, labels, strict=True):
        try:
            content = read_file(item.path)
            started = perf_counter_ns()
            decoded = decode(content, item.path)
            decode_ms.append((perf_counter_ns() - started) / 1e6)
        except ImageError as error:
            skipped.append(Skipped(item.name, error.reason))
            continue
        height, width = decoded.pixels.shape[:2]
        digest = hashlib.sha256(content).hexdigest()
        images.append(ImageRow(item.name, label, digest, width, height, len(content), decoded.converted))
        features.append(extract(decoded.pixels, CANDIDATES))
        for m, model in enumerate(models):
            scores = model.classify(decoded.pixels)[0]
            restricted = space.restrict(m, scores[None])[0]
            # Float16 ends at 65,504 and is coarse far from 0; only differences between logits matter.
            shifted = np.maximum(restricted - restricted.max(), np.finfo(np.float16).min)
            logits[m].append(shifted.astype(np.float16))
    width = len(space.classes)
    return Shard(
        tuple(images),
        tuple(skipped),
        np.array(features).reshape(-1, len(CANDIDATES)),
        np.array(decode_ms),
        tuple(np.array(rows, np.float16).reshape(-1, width) for rows in logits),
    )


def write(shard: Shard, path: Path) -> None:
    """Write a shard atomically: one safetensors file whose header carries the rows."""
    from safetensors.numpy import save_file

    arrays = {f"logits_{m}": rows for m, rows in enumerate(shard.logits)}
    arrays |= {"features": shard.features, "decode_ms": shard.decode_ms}
    rows = {"images": [asdict(row) for row in shard.images], "skipped": [asdict(row) for row in shard.skipped]}
    with atomic_path(path) as temporary:
        save_file(arrays, temporary, metadata={"rows": json.dumps(rows)})


def read(path: Path) -> Shard:
    """Read a shard back. Raises `StoreError` when it is broken."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            rows = json.loads(stored.metadata()["rows"])
            arrays = {name: stored.get_tensor(name) for name in stored.keys()}  # noqa: SIM118 - no mapping
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise StoreError(f"The shard {path} is broken: {error}.", "Delete it and run the profile again.") from error
    return Shard(
        tuple(ImageRow(**{**row, "converted": tuple(row["converted"])}) for row in rows["images"]),
        tuple(Skipped(**row) for row in rows["skipped"]),
        arrays["features"],
        arrays["decode_ms"],
        tuple(arrays[f"logits_{m}"] for m in range(len(arrays) - 2)),
    )
