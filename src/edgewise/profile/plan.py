"""What decides a profile, written down before the first image: two runs with one plan give one profile."""

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgewise.errors import StoreError
from edgewise.images.dataset import Dataset
from edgewise.images.features import CANDIDATES
from edgewise.profile.label_map import LabelMap
from edgewise.profile.latency import Mode
from edgewise.store import read_json, write_json
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.sources import Source, describe

KIND, SCHEMA = "profile-plan", 1
PLAN = "plan.json"
_WORDS = {"models": "zoo", "data": "data set", "classes": "class set", "outputs": "class set"}


@dataclass(frozen=True)
class Settings:
    """What a profile is made of, as the user named it."""

    zoo: tuple[str, ...]
    data: Path
    out: Path
    classes: tuple[str, ...] | None = None  # ("data",) = those of the data set
    threads: int = 1
    mode: Mode = "rapid"
    seed: int = 0
    shard_images: int = 50


def make_plan(
    settings: Settings, dataset: Dataset, sources: Sequence[Source], models: Sequence[Classifier], space: LabelMap
) -> dict[str, Any]:
    """All that decides the result, as JSON values."""
    plan = {
        "models": [
            {"name": m.card.name, "fingerprint": m.fingerprint, "preprocess": asdict(m.card.preprocess), **describe(s)}
            for m, s in zip(models, sources, strict=True)
        ],
        "classes": {"names": list(space.classes.names), "ids": list(space.classes.ids)},
        "outputs": [None if o is None else o.tolist() for o in space.outputs],
        "data": {
            "path": str(settings.data.absolute()),
            "root": str(dataset.root.absolute()),
            "images": len(dataset.items),
            "listing_sha256": dataset.listing_sha256(),
        },
        "threads": settings.threads,
        "mode": settings.mode,
        "seed": settings.seed,
        "shard_images": settings.shard_images,
        "features": list(CANDIDATES),
    }
    return json.loads(json.dumps(plan))  # tuples become lists, so that it compares with what was stored


def start_or_resume(out: Path, plan: dict[str, Any]) -> None:
    """Start the folder, or see that it was started with the same plan; else raises `StoreError`."""
    if out.exists() and not out.is_dir():
        raise StoreError(f"{out} is a file.", "Choose an empty or a new folder for --out.")
    path = out / PLAN
    if not path.exists():
        if out.exists() and any(out.iterdir()):
            raise StoreError(f"{out} holds other files.", "Choose an empty or a new folder for --out.")
        write_json(path, KIND, SCHEMA, plan)
        return
    stored = read_json(path, KIND, SCHEMA)
    differing = [key for key in plan if stored.get(key) != plan[key]]
    if differing:
        found = _difference(stored, plan, differing[0])
        raise StoreError(
            f"{out} holds a profile made with another {_WORDS.get(differing[0], differing[0])}: {found}.",
            "Choose another --out, or delete the folder.",
        )


def _difference(stored: dict[str, Any], plan: dict[str, Any], key: str) -> str:
    if key == "models":
        before, now = ({m["name"] for m in p["models"]} for p in (stored, plan))
        if before != now:
            return f"{', '.join(sorted(before))} there, {', '.join(sorted(now))} here"
        changed = [n["name"] for s, n in zip(stored[key], plan[key], strict=True) if s != n]
        return f"{', '.join(changed)} changed since, its weights, its card or its place"
    return f"{str(stored.get(key))[:120]} there, {str(plan[key])[:120]} here"
