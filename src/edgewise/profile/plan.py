"""What decides a profile, written down before the first image: two runs with one plan give one profile."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from edgewise.energy.power_file import PowerUnit
from edgewise.errors import LabelError, StoreError, UsageError
from edgewise.images.dataset import Dataset
from edgewise.images.features import CANDIDATES
from edgewise.images.remote import whole
from edgewise.profile.crew import Watched
from edgewise.profile.label_map import LabelMap, has_outputs, map_labels
from edgewise.profile.latency import Mode
from edgewise.profile.manifest import AGAIN, StoredClasses, StoredSource, class_set
from edgewise.profile.versions import versions
from edgewise.restore import restore
from edgewise.store import read_json, write_json
from edgewise.zoo.sources import Source, describe

KIND, SCHEMA = "profile-plan", 2
PLAN = "plan.json"
_WORDS = {
    "data": "data set",
    "classes_asked": "choice of classes",
    "embeddings": "choice of embeddings",
    "power_file": "power file",
    "power_unit": "unit of the power file",
    "versions": "version",
}
ALL, _NO_EMBEDDINGS = ("all",), "none"


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
    weights: tuple[str, ...] = ()  # local files for networks that take some: NAME=FILE.safetensors
    model_timeout_s: float = 120.0  # a model, or the decoding of an image, that takes longer is dropped
    embeddings: tuple[str, ...] = ALL
    """The models whose penultimate vectors are kept, by name, where they have such; ("all",) = every model's.

    They come with the answers, so that what they cost is room: two bytes a number, 2.5 MB for 1,000 images of a network
    whose vectors have 1,280.
    """

    power_file: Path | None = None  # from which energy is measured; None = from the machine's own counters, if any
    power_unit: PowerUnit | None = None  # None = what the name of the power file stands for

    def keeps_embedding(self, model: str) -> bool:
        """Whether a model's vectors are kept."""
        return self.embeddings == ALL or model in self.embeddings


@dataclass(frozen=True)
class Plan:
    """All that decides the result: what was asked for, and what the loaded models turned out to be."""

    values: Mapping[str, Any]  # as stored in plan.json
    space: LabelMap  # its models are numbered as in the zoo
    class_of_label: Mapping[str, int]

    @property
    def sources(self) -> list[tuple[str, str]]:
        """Name and source of each model asked for."""
        return [(model["name"], model["source"]) for model in self.values["models"]]


def asked(settings: Settings, dataset: Dataset, sources: Sequence[Source]) -> dict[str, Any]:
    """What is known of a plan before any model is loaded, as JSON values.

    Raises `UsageError` when embeddings are asked of a model that is not in the zoo.
    """
    names = [source.name for source in sources]
    unknown = [name for name in settings.embeddings if settings.embeddings != ALL and name not in names]
    if unknown:
        raise UsageError(
            f"Embeddings are asked of {', '.join(unknown)}, which the zoo has not.", f"It has: {', '.join(names)}."
        )
    values = {
        "models": [{"name": source.name, **describe(source)} for source in sources],
        "data": {
            "path": str(whole(settings.data)),
            "root": str(whole(dataset.root)),
            "images": len(dataset.items),
            "listing_sha256": dataset.listing_sha256(),
        },
        "classes_asked": settings.classes,
        "threads": settings.threads,
        "mode": settings.mode,
        "seed": settings.seed,
        "shard_images": settings.shard_images,
        "embeddings": ", ".join(settings.embeddings) or _NO_EMBEDDINGS,
        "power_file": None if settings.power_file is None else str(settings.power_file.absolute()),
        "power_unit": settings.power_unit,
        "features": CANDIDATES,
        "versions": versions(sources),
    }
    return json.loads(json.dumps(values))  # tuples become lists, so that it compares with what was stored


def start(settings: Settings, asked: Mapping[str, Any], dataset: Dataset, models: Sequence[Watched]) -> Plan:
    """Make the plan of a new profile and write it down.

    Raises `LabelError` when the models' class sets do not meet, or a label of the data set is unknown to them.
    """
    space = map_labels([model.card for model in models], dataset.labels, settings.classes)
    class_of_label = _classes_of_labels(dataset, space)
    described = [dict(model) for model in asked["models"]]
    outputs: list[list[int] | None] = [None] * len(described)
    for model, chosen in zip(models, space.outputs, strict=True):
        described[model.number] |= _loaded(model)
        outputs[model.number] = None if chosen is None else chosen.tolist()
    values = {
        **asked,
        "models": described,
        "classes": {"names": list(space.classes.names), "ids": list(space.classes.ids)},
        "outputs": outputs,
        "labels": class_of_label,
    }
    write_json(settings.out / PLAN, KIND, SCHEMA, values)
    return plan_of(values, settings.out / PLAN)


def read_plan(out: Path) -> Plan:
    """The plan in a folder. Raises `StoreError` where there is none that can be read."""
    path = out / PLAN
    return plan_of(read_json(path, KIND, SCHEMA, AGAIN), path)


def resume(out: Path, asked: Mapping[str, Any]) -> Plan | None:
    """The plan that a folder was started with; None = a new folder.

    Raises `StoreError` when it is a plan for something else than what is asked for now.
    """
    if not (out / PLAN).exists():
        return None
    plan = read_plan(out)
    _see_that_it_is_the_same_zoo(out, plan, asked["models"])
    stored = {"embeddings": _NO_EMBEDDINGS, **plan.values}  # which earlier profiles had not, and said nothing of
    for key in asked:
        if key != "models" and stored.get(key) != asked[key]:
            found = difference(stored.get(key), asked[key])
            raise _another(out, _WORDS.get(key, key), found)
    return plan


def see_that_it_fits(out: Path, plan: Plan, dataset: Dataset, models: Sequence[Watched]) -> None:
    """Raises `StoreError` when a loaded model is not the one that the plan was made with, or the plan was changed."""
    changed = changed_since(plan, models)
    if changed:
        raise changed_models(out, changed)
    if plan.class_of_label.keys() != set(dataset.labels):
        raise _unfit(out / PLAN, "its labels are not those of its data set")
    for model in models:
        count = len(model.card.classes)
        if not has_outputs(count, plan.space.outputs[model.number], len(plan.space.classes)):
            raise _unfit(out / PLAN, f"{model.card.name} has {count} classes, not the outputs that it names")


def changed_since(plan: Plan, models: Sequence[Watched]) -> list[str]:
    """The names of loaded models that are not those that a plan was made with."""
    return [
        model.card.name
        for model in models
        if any(plan.values["models"][model.number].get(key) != value for key, value in _loaded(model).items())
    ]


def changed_models(out: Path, names: Sequence[str]) -> StoreError:
    """The error when models are no longer those that a profile was made with."""
    return _another(out, "zoo", f"{', '.join(names)} changed since, its weights or its preprocessing")


class _PlannedModel(StoredSource):
    """One model asked for; once it has been loaded, its `fingerprint` and `preprocess` are there too."""

    name: str


class _Stored(TypedDict):
    """What is read of a plan whatever was asked for."""

    models: list[_PlannedModel]
    classes: StoredClasses
    outputs: list[list[int] | None]
    labels: dict[str, int]


def plan_of(values: dict[str, Any], origin: Path) -> Plan:
    """The plan out of its stored values. Raises `StoreError`, with `origin`, for values that are no plan's."""
    stored = restore(_Stored, values, origin)
    classes, labels = class_set(stored["classes"], origin), stored["labels"]
    try:
        outputs = tuple(None if one is None else np.array(one, np.int64) for one in stored["outputs"])
    except OverflowError as error:
        raise _unfit(origin, "a model has no output of such a number") from error
    if len(outputs) != len(stored["models"]):
        raise _unfit(origin, f"it has {len(stored['models'])} models and {len(outputs)} outputs")
    if not all(0 <= index < len(classes) for index in labels.values()):
        raise _unfit(origin, f"a label means none of its {len(classes)} classes")
    return Plan(values, LabelMap(classes, classes, outputs), labels)


def _unfit(origin: Path, why: str) -> StoreError:
    return StoreError(f"{origin} contradicts itself: {why}.", f"It was changed by hand. {AGAIN}")


def _loaded(model: Watched) -> dict[str, Any]:
    """What is known of a model once it is loaded, as JSON values."""
    found = {
        "fingerprint": model.fingerprint,
        "preprocess": asdict(model.card.preprocess),
        "embedding_width": model.embedding_width,
    }
    return json.loads(json.dumps(found))


def _classes_of_labels(dataset: Dataset, space: LabelMap) -> dict[str, int]:
    try:
        space.whole.indices(dataset.labels)  # names all that are unknown at once
        return {label: space.index(label) for label in dataset.labels}
    except LabelError as error:
        raise LabelError(f"Labels of {dataset.root}: {error.message}", error.hint) from error


def _see_that_it_is_the_same_zoo(out: Path, plan: Plan, models: Sequence[Mapping[str, Any]]) -> None:
    stored = plan.values["models"]
    before, now = ([model["name"] for model in zoo] for zoo in (stored, models))
    if sorted(before) != sorted(now):
        raise _another(out, "zoo", f"{', '.join(sorted(before))} there, {', '.join(sorted(now))} here")
    if before != now:
        raise _another(out, "order of the zoo", f"{', '.join(before)} there, {', '.join(now)} here")
    changed = [
        model["name"]
        for was, model in zip(stored, models, strict=True)
        if any(was.get(key) != value for key, value in model.items())
    ]
    if changed:
        raise _another(out, "zoo", f"{', '.join(changed)} changed since, its card or its place")


def _another(out: Path, what: str, found: str) -> StoreError:
    return StoreError(
        f"{out} holds a profile made with another {what}: {found}.", "Choose another --out, or delete the folder."
    )


def difference(stored: object, now: object) -> str:
    """Both values; of objects only the entries that differ."""
    if isinstance(stored, dict) and isinstance(now, dict):
        keys = [key for key in now if stored.get(key) != now[key]]
        return "; ".join(f"{key} {str(stored.get(key))[:120]} there, {str(now[key])[:120]} here" for key in keys)
    return f"{str(stored)[:120]} there, {str(now)[:120]} here"
