"""A part of a profile: some images on every model, written at once or not at all."""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter_ns

import numpy as np

from edgewise.errors import ImageError, StoreError
from edgewise.images.dataset import Dataset, Item
from edgewise.images.decode import decode
from edgewise.images.features import CANDIDATES, extract
from edgewise.profile.crew import Crew, ModelFailed
from edgewise.profile.label_map import LabelMap
from edgewise.profile.position import Doing
from edgewise.store import atomic_path


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
    logits: Mapping[int, np.ndarray]  # model's number in the zoo -> float16 [n, classes]
    embeddings: Mapping[int, np.ndarray] = field(default_factory=dict[int, np.ndarray])
    """Model's number -> float16 [n, width]. Only of a shard just computed: later they stay in its file."""


def count(images: int, size: int) -> int:
    """How many shards there are of so many images."""
    return -(-images // size)


def items_of(number: int, dataset: Dataset, size: int) -> Sequence[Item]:
    """The images of one shard."""
    return dataset.items[number * size : (number + 1) * size]


def compute(items: Sequence[Item], labels: Sequence[int], crew: Crew, space: LabelMap) -> Shard:
    """Run every model on every image, one image at a time as the device will, so that answers agree to the bit.

    A model that fails is dropped from the crew; the rest goes on. Raises `ModelError` when no model is left.
    """
    images: list[ImageRow] = []
    skipped: list[Skipped] = []
    features: list[np.ndarray] = []
    decode_ms: list[float] = []
    logits: dict[int, list[np.ndarray]] = {model.number: [] for model in crew.models}
    embeddings: dict[int, list[np.ndarray]] = {model.number: [] for model in crew.models if model.embedding_width}
    known_bad = crew.failures.reasons()
    for item, label in zip(items, labels, strict=True):
        if item.name in known_bad:
            skipped.append(Skipped(item.name, known_bad[item.name]))
            continue
        crew.position.image(item.name)
        crew.position.note(Doing.READING)
        try:
            content = item.read()
            started = perf_counter_ns()
            decoded = decode(content, item.name)
            decode_ms.append((perf_counter_ns() - started) / 1e6)
        except ImageError as error:
            skipped.append(Skipped(item.name, error.reason))
            continue
        height, width = decoded.pixels.shape[:2]
        digest = hashlib.sha256(content).hexdigest()
        images.append(ImageRow(item.name, label, digest, width, height, len(content), decoded.converted))
        features.append(extract(decoded.pixels, CANDIDATES))
        for model in crew.models:
            try:
                found = model.infer(decoded.pixels)
            except ModelFailed as failed:
                crew.drop(failed, f"on {item.name}")
                continue
            logits[model.number].append(_stored(space.restrict(model.number, found.logits[None])[0]))
            if found.embedding is not None:
                embeddings[model.number].append(_as_float16(found.embedding))
    crew.position.note(Doing.OTHER)
    widths = {model.number: model.embedding_width for model in crew.models if model.embedding_width}
    return Shard(
        tuple(images),
        tuple(skipped),
        np.array(features).reshape(-1, len(CANDIDATES)),
        np.array(decode_ms),
        {m.number: np.array(logits[m.number], np.float16).reshape(-1, len(space.classes)) for m in crew.models},
        {number: np.array(embeddings[number], np.float16).reshape(-1, width) for number, width in widths.items()},
    )


def _stored(logits: np.ndarray) -> np.ndarray:
    """Logits as float16, which ends at 65,504 and is coarse far from 0; only differences between logits matter."""
    return _as_float16(logits - logits.max())


def _as_float16(values: np.ndarray) -> np.ndarray:
    """What it cannot hold becomes the nearest that it can."""
    bounds = np.finfo(np.float16)
    return np.clip(values, bounds.min, bounds.max).astype(np.float16)


def write(shard: Shard, path: Path) -> None:
    """Write a shard atomically."""
    write_content(to_content(shard), path)


def write_content(content: bytes, path: Path) -> None:
    """Write atomically what `to_content` gave, here or on another machine."""
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def to_content(shard: Shard) -> bytes:
    """A shard as the content of its file: safetensors, whose header carries the rows."""
    from safetensors.numpy import save

    arrays = {f"logits_{m}": rows for m, rows in shard.logits.items()}
    arrays |= {f"embedding_{m}": rows for m, rows in shard.embeddings.items()}
    arrays |= {"features": shard.features, "decode_ms": shard.decode_ms}
    rows = {"images": [asdict(row) for row in shard.images], "skipped": [asdict(row) for row in shard.skipped]}
    return save(arrays, metadata={"rows": json.dumps(rows)})


def read(path: Path, items: Sequence[Item], widths: Mapping[int, int | None]) -> Shard:
    """Read back the shard of `items`, but its embeddings, which may be large; those are seen to be there.

    `widths`: how long the embedding of each model is, None where it has none. Raises `StoreError` when the shard is
    broken, of other images, or lacks a model.
    """
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            rows = json.loads(stored.metadata()["rows"])
            shard = Shard(
                tuple(ImageRow(**{**row, "converted": tuple(row["converted"])}) for row in rows["images"]),
                tuple(Skipped(**row) for row in rows["skipped"]),
                stored.get_tensor("features"),
                stored.get_tensor("decode_ms"),
                {m: stored.get_tensor(f"logits_{m}") for m in widths},
            )
            shapes = {m: stored.get_slice(f"embedding_{m}").get_shape() for m, width in widths.items() if width}
    except (OSError, SafetensorError, ValueError, KeyError, TypeError) as error:
        raise _broken(path, error) from error
    count = len(shard.images)
    names = {row.image for row in (*shard.images, *shard.skipped)}
    lengths = {len(shard.features), len(shard.decode_ms), *map(len, shard.logits.values())}
    lengths |= {rows if width == widths[m] else -1 for m, (rows, width) in shapes.items()}
    if names != {item.name for item in items} or lengths != {count} or count + len(shard.skipped) != len(items):
        raise StoreError(f"The shard {path} is of other images.", "Delete it and run the profile again.")
    return shard


def read_embedding(path: Path, model: int) -> np.ndarray:
    """A model's embeddings in a shard that `read` accepted, float16 [n, width]."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(path, framework="numpy") as stored:
            return stored.get_tensor(f"embedding_{model}")
    except (OSError, SafetensorError) as error:
        raise _broken(path, error) from error


def _broken(path: Path, error: Exception) -> StoreError:
    return StoreError(f"The shard {path} is broken: {error}.", "Delete it and run the profile again.")
