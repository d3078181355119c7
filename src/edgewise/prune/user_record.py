"""What is stored of a user's network beside its plan and its weights: how fast it is, what let it in, what it cost.

PyTorch is not needed to read it.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NotRequired, TypedDict

from edgewise import store
from edgewise.machine import Machine
from edgewise.plugins import StoredPackage
from edgewise.prune.cost import Cost
from edgewise.prune.evidence import Evidence
from edgewise.prune.layer_widths import LayerWidth
from edgewise.restore import restore

Precision = Literal["fp32", "int8"]

KIND, SCHEMA = "user network", 1
RECORD = "user_network.json"
_AGAIN = "Name a folder that `edgewise prune` wrote, or make it again."


@dataclass(frozen=True)
class Candidate:
    """One of the networks that were tried on the way to the one that came out."""

    name: str
    ms: float
    expected_drop_points: float
    low_points: float
    high_points: float
    accepted: bool
    chosen: bool = False  # it is the one that came out


@dataclass(frozen=True)
class Recovery:
    """What one layer missed of what it should give before and after it was solved anew, as shares of its variance."""

    layer: str
    missed_before: float
    missed_after: float


@dataclass(frozen=True)
class Foretold:
    """What a device's table says of the network, where it was made for that device; `ms` beside it was measured here.

    The errors are those of networks that were left out of the table, as shares of their measured times.
    """

    device: str
    threads: int
    ms: float
    low_ms: float
    high_ms: float
    generic_ms: float
    networks: int
    median_error: float
    worst_error: float

    @property
    def speedup(self) -> float:
        return self.generic_ms / self.ms


@dataclass(frozen=True)
class FloatTwin:
    """The float32 network that one at int8 was made of: it lies beside it, and was judged by the same images."""

    model: str  # the name of its file
    ms: float
    file_bytes: int
    evidence: Evidence


class _StoredTwin(TypedDict):
    model: str
    ms: float
    file_bytes: int
    evidence: dict[str, Any]


class _Stored(TypedDict):
    """`user_network.json`; earlier versions wrote less."""

    classes: list[str]
    generic: str
    size_px: int
    engine: str
    threads: int
    ms: float
    generic_ms: float
    macs: int
    generic_macs: int
    images: int
    other_r_squared: float
    evidence: dict[str, Any]
    solved: list[Recovery]
    machine: Machine
    cost: Cost
    base: NotRequired[str]
    replaces: NotRequired[str]
    cut: NotRequired[bool]
    criterion: NotRequired[str]
    package: NotRequired[StoredPackage | None]
    layers: NotRequired[list[LayerWidth]]
    candidates: NotRequired[list[Candidate]]
    foretold: NotRequired[Foretold | None]
    precision: NotRequired[Precision]
    file_bytes: NotRequired[int]
    generic_file_bytes: NotRequired[int]
    generic_int8_ms: NotRequired[float]
    fp32: NotRequired[_StoredTwin]


@dataclass(frozen=True)
class UserRecord:
    """A user's network as its folder tells of it. What an earlier version did not note is empty."""

    classes: tuple[str, ...]
    generic: str  # the source of the network that it was made of
    base: str  # the name of that network
    replaces: str  # and of the one that it is to replace
    cut: bool  # or all of it but other classes is still there
    size_px: int
    engine: str
    threads: int
    ms: float
    generic_ms: float
    macs: int
    generic_macs: int
    images: int
    other_r_squared: float
    evidence: Evidence
    cost: Cost
    solved: tuple[Recovery, ...]
    layers: tuple[LayerWidth, ...]
    candidates: tuple[Candidate, ...]
    machine: Machine
    foretold: Foretold | None = None  # where it was made for another device
    precision: Precision = "fp32"  # of what serves: `ms` and `evidence` are of that
    file_bytes: int | None = None
    generic_file_bytes: int | None = None
    generic_int8_ms: float | None = None  # what the generic network takes at int8, where this one is int8
    float_twin: FloatTwin | None = None
    criterion: str = ""  # by which channels were ranked
    package: StoredPackage | None = None  # that the criterion is of, where that is another than edgewise

    @property
    def speedup(self) -> float:
        return self.generic_ms / self.ms


def read_user_record(folder: Path) -> UserRecord:
    """The record in a folder. Raises `StoreError` when it is missing, torn or another's."""
    path = folder / RECORD
    stored = restore(_Stored, store.read_json(path, KIND, SCHEMA, _AGAIN), path)
    return UserRecord(
        classes=tuple(stored["classes"]),
        generic=stored["generic"],
        base=stored.get("base", ""),
        replaces=stored.get("replaces", ""),
        cut=stored.get("cut", True),
        size_px=stored["size_px"],
        engine=stored["engine"],
        threads=stored["threads"],
        ms=stored["ms"],
        generic_ms=stored["generic_ms"],
        macs=stored["macs"],
        generic_macs=stored["generic_macs"],
        images=stored["images"],
        other_r_squared=stored["other_r_squared"],
        evidence=Evidence.from_values(stored["evidence"], path),
        cost=stored["cost"],
        solved=tuple(stored["solved"]),
        layers=tuple(stored.get("layers", ())),
        candidates=tuple(stored.get("candidates", ())),
        machine=stored["machine"],
        foretold=stored.get("foretold"),
        precision=stored.get("precision", "fp32"),
        file_bytes=stored.get("file_bytes"),
        generic_file_bytes=stored.get("generic_file_bytes"),
        generic_int8_ms=stored.get("generic_int8_ms"),
        float_twin=_float_twin(stored.get("fp32"), path),
        criterion=stored.get("criterion", ""),
        package=stored.get("package"),
    )


def _float_twin(stored: _StoredTwin | None, origin: Path) -> FloatTwin | None:
    if stored is None:
        return None
    evidence = Evidence.from_values(stored["evidence"], origin)
    return FloatTwin(stored["model"], stored["ms"], stored["file_bytes"], evidence)
