"""A small profile on disk and fair tables with known answers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewise.images.features import CANDIDATES
from edgewise.profile.manifest import IMAGES, KIND, LATENCY, SCHEMA, logits_file
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.report import ImageDecision
from edgewise.select.judge.fair_table import FairTable, Interval, Kind, Row, Verdict
from edgewise.select.judge.mixing import mixing_accuracy, mixing_line
from edgewise.store import describe_files, write_json, write_table

MODELS = ("small_net", "middle_net", "large_net")
TIMES_MS = (1.0, 4.0, 16.0)
MakeRow = Callable[..., Row]
MakeTable = Callable[..., FairTable]


def _row(
    name: str,
    kind: Kind = "single",
    accuracy: float = 0.7,
    mean_ms: float = 5.0,
    gain: tuple[float, float, float] | None = None,
    verdict: Verdict = "",
    refusal_rate: float = 0.0,
    half: float = 0.03,
    shares: dict[str, float] | None = None,
) -> Row:
    return Row(
        name=name,
        kind=kind,
        accuracy=Interval(accuracy, max(0.0, accuracy - half), min(1.0, accuracy + half)),
        mean_ms=mean_ms,
        p90_ms=mean_ms * 1.4,
        choose_ms=0.0 if kind in ("single", "oracle") else 0.4,
        selection_accuracy=None if kind == "single" else 0.5,
        refusal_rate=refusal_rate,
        shares=shares if shares is not None else {name: 1.0},
        mixing_accuracy=None if gain is None else accuracy - gain[0],
        gain=None if gain is None else Interval(*gain),
        verdict=verdict,
    )


def _table(rows: Sequence[Row], images: int = 1000) -> FairTable:
    singles = [row for row in rows if row.kind == "single"]
    line = mixing_line(
        np.array([1.0, *(row.mean_ms for row in singles)]), np.array([0.0, *(row.accuracy.value for row in singles)])
    )
    return FairTable("top1", images, 5, 0, 2000, 1.0, 0.35, tuple(rows), line)


@pytest.fixture(scope="session")
def row() -> MakeRow:
    """Make one row of a fair table."""
    return _row


@pytest.fixture(scope="session")
def table() -> MakeTable:
    """Make a fair table from rows."""
    return _table


@pytest.fixture(scope="session")
def full_table() -> FairTable:
    """Ten rows: three models, four selectors that win, lose and cannot tell, two controls, the oracle."""
    singles = [_row(n, "single", a, t) for n, a, t in zip(MODELS, (0.62, 0.71, 0.80), (2.0, 5.0, 17.0), strict=True)]
    line = mixing_line(np.array([1.0, 2.0, 5.0, 17.0]), np.array([0.0, 0.62, 0.71, 0.80]))

    def chosen(name: str, kind: Kind, accuracy: float, ms: float, verdict: Verdict, shares: Sequence[float]) -> Row:
        gain = accuracy - mixing_accuracy(line, ms)
        return _row(
            name, kind, accuracy, ms, (gain, gain - 0.016, gain + 0.016), verdict, max(0.0, 1 - sum(shares)),
            shares=dict(zip(MODELS, shares, strict=True)),
        )  # fmt: skip

    rows = [
        *singles,
        chosen("premodel, refuses", "selector", 0.64, 6.1, "does not", (0.5, 0.2, 0.12)),
        chosen("premodel, falls back on large_net", "selector", 0.73, 8.2, "cannot tell", (0.5, 0.2, 0.3)),
        chosen("cascade", "selector", 0.772, 6.6, "beats the mixing line", (0.6, 0.25, 0.15)),
        chosen("cascade, answers averaged", "selector", 0.781, 6.6, "beats the mixing line", (0.6, 0.25, 0.15)),
        chosen("control: file size and shape", "control", 0.66, 4.9, "does not", (0.4, 0.5, 0.1)),
        chosen("control: chance", "control", 0.71, 5.9, "cannot tell", (0.4, 0.5, 0.1)),
        chosen("oracle", "oracle", 0.87, 4.3, "beats the mixing line", (0.62, 0.14, 0.11)),
    ]
    return _table(rows)


@pytest.fixture
def profile(tmp_path: Path) -> Callable[..., Outcomes]:
    """Write a profile of twelve drawn images and three models to disk, and open it."""

    def make(
        classes: tuple[str, ...] = ("cat", "dog, hound", "bird"), skipped: Sequence[tuple[str, str]] = ()
    ) -> Outcomes:
        root, folder = tmp_path / "photos", tmp_path / "profile"
        return _write_profile(root, folder, classes, skipped)

    return make


def _write_profile(root: Path, folder: Path, classes: tuple[str, ...], skipped: Sequence[tuple[str, str]]) -> Outcomes:
    count = 12
    labels = [i % len(classes) for i in range(count)]
    names = [f"class{label}/photo {i:02d}.png" for i, label in enumerate(labels)]
    generator = np.random.default_rng(0)
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(generator.integers(0, 255, (90, 160, 3), np.uint8)).save(root / name)
    (folder / "logits").mkdir(parents=True)
    for m in range(len(MODELS)):
        # Image i is right with every model from number i % 4 on; with none when that is 3.
        answers = [label if m >= i % 4 else (label + 1) % len(classes) for i, label in enumerate(labels)]
        np.save(folder / "logits" / f"{m:02d}.npy", np.eye(len(classes), dtype=np.float16)[answers] * 5)
    columns: dict[str, list[object]] = {
        "image": list(names),
        "label": list(labels),
        "sha256": [hashlib.sha256((root / name).read_bytes()).hexdigest() for name in names],
        "decode_ms": [1.0] * count,
    }
    write_table(folder / "images.parquet", columns | {f"feature_{name}": [0.0] * count for name in CANDIDATES})
    stages = [("decode", "", 1.0), ("features", "", 0.35)]
    for model, ms in zip(MODELS, TIMES_MS, strict=True):
        stages += [("prepare", model, 0.2 * ms), ("infer", model, 0.8 * ms), ("total", model, ms)]
    write_table(
        folder / "latency.parquet",
        {
            "stage": [stage for stage, _, _ in stages],
            "model": [model for _, model, _ in stages],
            "p50_ms": [ms for *_, ms in stages],
            "p90_ms": [1.3 * ms for *_, ms in stages],
            "mean_ms": [1.1 * ms for *_, ms in stages],
            "runs": [64] * len(stages),
        },
    )
    machine: dict[str, object] = {"cpu": "A CPU", "cores": 2, "memory_gib": 4.0, "system": "Linux", "python": "3.11"}
    machine["packages"] = {"numpy": "2"}
    manifest = {
        "models": [
            {"name": n, "source": f"onnx:/zoo/{n}.onnx", "card": {}, "origin": n, "fingerprint": "ab" * 32}
            | {"preprocess": {"size_px": 32}}
            for n in MODELS
        ],
        "cards": [{"macs": 41_000_000, "params": 470_000, "licence": "Apache-2.0"} for _ in MODELS],
        "classes": {"names": list(classes), "ids": []},
        "data": {"path": str(root), "root": str(root)},
        "outputs": [None] * len(MODELS),
        "threads": 1,
        "mode": "rapid",
        "seed": 7,
        "edgewise": "0.1.0",
        "created": "2026-01-02T03:04:05+00:00",
        "machine": machine,
        "images": count,
        "failed": [],
        "unread": [],
        "skipped": [{"image": image, "reason": reason} for image, reason in skipped],
        "files": describe_files(folder, [IMAGES, LATENCY, *map(logits_file, range(len(MODELS)))]),
        "data_sha256": "cd" * 32,
    }  # fmt: skip
    write_json(folder / "manifest.json", KIND, SCHEMA, manifest)
    return open_profile(folder)


@pytest.fixture(scope="session")
def decide() -> Callable[[Outcomes], list[ImageDecision]]:
    """Two selectors' decisions on every image: a premodel that refuses every fifth, a cascade that goes to the end."""

    def decisions(outcomes: Outcomes) -> list[ImageDecision]:
        trials = outcomes.trials()
        answers = np.stack([logits.argmax(axis=1) for logits in trials.logits], axis=1)
        found: list[ImageDecision] = []
        for i, image in enumerate(outcomes.images["image"]):
            label = int(trials.labels[i])
            for selector, chosen in (("premodel", -1 if i % 5 == 0 else i % 2), ("cascade", i % 3)):
                ran = (
                    ()
                    if chosen < 0
                    else trials.models[: chosen + 1]
                    if selector == "cascade"
                    else (trials.models[chosen],)
                )
                answer = -1 if chosen < 0 else int(answers[i, chosen])
                name = "" if chosen < 0 else trials.models[chosen]
                found.append(ImageDecision(image, label, selector, name, ran, answer, answer == label, 1.35 + len(ran)))
        return found

    return decisions
