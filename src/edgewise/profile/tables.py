"""The columns of the profile's Parquet tables: outcomes, images, latency."""

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from edgewise.profile.latency import StageTime
from edgewise.profile.shard import ImageRow

TOP = 5


def outcome_columns(images: Sequence[ImageRow], model: str, logits: np.ndarray) -> dict[str, Any]:
    """The rows of one model: top-5 classes and probabilities, margin of the first two, entropy in nats.

    Computed from the stored float16 logits [n, classes], so that the table and the arrays never disagree.
    """
    scores = logits.astype(np.float32)
    scores = scores - scores.max(axis=1, keepdims=True)
    probabilities = np.exp(scores)
    probabilities /= probabilities.sum(axis=1, keepdims=True)
    top = np.argsort(-scores, axis=1, kind="stable")[:, :TOP]
    top_probabilities = np.take_along_axis(probabilities, top, axis=1)
    logs = np.log(np.maximum(probabilities, np.finfo(np.float32).tiny))
    second = top_probabilities[:, 1] if top.shape[1] > 1 else np.zeros(len(top), np.float32)
    return {
        "image": [row.image for row in images],
        "label": [row.label for row in images],
        "model": [model] * len(images),
        "top5": list(top.astype(np.int32)),
        "top5_probability": list(top_probabilities),
        "margin": top_probabilities[:, 0] - second,
        "entropy": -(probabilities * logs).sum(axis=1),
    }


def image_columns(
    images: Sequence[ImageRow], features: np.ndarray, names: Sequence[str], decode_ms: np.ndarray
) -> dict[str, Any]:
    """One row per image: what the file was, and its features."""
    rows = [asdict(row) for row in images]
    columns: dict[str, Any] = {key: [row[key] for row in rows] for key in ImageRow.__dataclass_fields__}
    columns["decode_ms"] = decode_ms
    return columns | {f"feature_{name}": features[:, i] for i, name in enumerate(names)}


def latency_columns(times: Sequence[StageTime]) -> dict[str, Any]:
    rows = [asdict(time) for time in times]
    return {key: [row[key] for row in rows] for key in StageTime.__dataclass_fields__}
