"""The manifest of a finished profile, written last: how it was made, and which files it is made of."""

from pathlib import Path
from typing import Any, NotRequired, TypedDict

from edgewise.errors import LabelError, StoreError
from edgewise.plugins import StoredPackage
from edgewise.restore import restore
from edgewise.select.trials import EnergySource
from edgewise.store import FileFacts, check_files, read_json
from edgewise.zoo.classes import ClassSet

KIND, SCHEMA = "profile", 2
MANIFEST = "manifest.json"
OUTCOMES, IMAGES, LATENCY = "outcomes.parquet", "images.parquet", "latency.parquet"
LOGITS, EMBEDDINGS = "logits", "embeddings"
AGAIN = "Profile again, into another --out."


class StoredSource(TypedDict):
    """What `edgewise.zoo.sources.describe` gives."""

    source: str
    card: dict[str, Any]
    origin: str
    package: NotRequired[StoredPackage]  # whose runtime reads it, where that is not edgewise's
    members: NotRequired[list["StoredSource"]]


class StoredModel(StoredSource):
    """One model that answered."""

    name: str
    fingerprint: str
    preprocess: dict[str, Any]
    embedding_width: NotRequired[int | None]  # of the penultimate vectors that the profile holds; None = it holds none


class StoredClasses(TypedDict):
    """A `ClassSet`."""

    names: list[str]
    ids: list[str]


class StoredData(TypedDict):
    """The data set."""

    path: str  # as it was given, made absolute
    root: str  # what the names of the images are relative to


class StoredMachine(TypedDict):
    """A `Machine`."""

    cpu: str
    cores: int
    memory_gib: float
    system: str
    python: str
    packages: dict[str, str]


class Licensed(TypedDict):
    """What is known of a model's size and its licence."""

    macs: int | None  # as its card says, else counted
    params: int | None
    licence: str


class StoredEnergy(TypedDict):
    """An `Energy`."""

    source: EnergySource | None
    energy_mj: list[float]
    how: str
    reason: str
    idle_w: float | None


class LeftOut(TypedDict):
    """A model that failed."""

    name: str
    source: str
    reason: str


class SkippedImage(TypedDict):
    """An image that could not be used."""

    image: str
    reason: str


class UnreadName(TypedDict):
    """Something in the data set that is not among its images."""

    name: str
    reason: str


class Manifest(TypedDict):
    """What is read of a manifest; more may be in it."""

    models: list[StoredModel]
    outputs: list[list[int] | None]  # of each model, for the classes; None = all, in order
    cards: list[Licensed]
    energy: NotRequired[StoredEnergy]  # earlier profiles have none
    classes: StoredClasses
    data: StoredData
    threads: int
    mode: str
    seed: int
    embeddings: NotRequired[str]  # as asked for, as are the next two; earlier profiles have none of them
    power_file: NotRequired[str | None]
    power_unit: NotRequired[str | None]
    edgewise: str
    created: str
    machine: StoredMachine
    images: int
    data_sha256: str
    failed: list[LeftOut]
    skipped: list[SkippedImage]
    unread: list[UnreadName]
    files: dict[str, FileFacts]


def logits_file(model: int) -> str:
    """The name of the logits of a model, by its place in the manifest."""
    return f"{LOGITS}/{model:02d}.npy"


def embedding_file(model: int) -> str:
    """The name of the penultimate vectors of a model, by its place in the manifest."""
    return f"{EMBEDDINGS}/{model:02d}.npy"


def read_manifest(folder: Path) -> Manifest:
    """The manifest of a profile, whose files are those that it names.

    Of the large arrays the sizes are compared, of the tables that are read the contents. Raises `StoreError` when it is
    missing, torn, changed by hand or of another schema, or a file is not the one that it names.
    """
    path = folder / MANIFEST
    manifest = restore(Manifest, read_json(path, KIND, SCHEMA, AGAIN), path)
    counts = {key: len(manifest[key]) for key in ("models", "outputs", "cards")}
    if len(set(counts.values())) > 1:
        raise StoreError(f"{path} has {counts['models']} models, but not as many outputs and cards.", AGAIN)
    energy = manifest.get("energy")
    if energy and not _is_energy_of(counts["models"], energy):
        raise StoreError(f"{path} has {counts['models']} models, but not as many energies above 0.", AGAIN)
    files = manifest["files"]
    arrays = [logits_file(m) for m in range(counts["models"])]
    arrays += [embedding_file(m) for m, model in enumerate(manifest["models"]) if model.get("embedding_width")]
    missing = {IMAGES, LATENCY, *arrays} - files.keys()
    if missing:
        raise StoreError(f"{path} does not name {', '.join(sorted(missing))}.", AGAIN)
    check_files(folder, files, path)
    check_files(folder, {name: files[name] for name in (IMAGES, LATENCY)}, path, contents=True)
    return manifest


def _is_energy_of(models: int, energy: StoredEnergy) -> bool:
    found = energy["energy_mj"]
    return len(found) == (models if energy["source"] else 0) and min(found, default=1.0) > 0


def class_set(stored: StoredClasses, origin: Path) -> ClassSet:
    """Stored classes as a `ClassSet`; `origin` is their file. Raises `StoreError` for classes that cannot be one."""
    try:
        return ClassSet(tuple(stored["names"]), tuple(stored["ids"]))
    except LabelError as error:
        raise StoreError(f"{origin}: {error.message}", AGAIN) from error
