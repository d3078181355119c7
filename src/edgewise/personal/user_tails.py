"""What is known of a user's network: tails behind the generic one's prefix, whole networks, and smaller ones beside."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from edgewise import store
from edgewise.personal.beliefs import Belief
from edgewise.personal.costs import Costs
from edgewise.personal.shadow import Shadow
from edgewise.personal.user_classes import outside
from edgewise.prune.cost import Cost
from edgewise.prune.evidence import Evidence
from edgewise.restore import restore
from edgewise.store import FileFacts

KIND, SCHEMA = "user tails", 2
RECORD, TAIL, WHOLE = "user_tails.json", "tail.onnx", "network.onnx"
_AGAIN = "The service makes it again."


@dataclass(frozen=True)
class Measured:
    """A smaller network of the device."""

    name: str
    fingerprint: str
    ms: float


class _StoredTail(TypedDict):
    """Of one of them."""

    ms: float
    macs: int
    own_scores: list[float]
    own_doubts: list[float]
    own_drops: list[float]
    evidence: dict[str, Any]
    cost: Cost


class _Stored(TypedDict):
    """`user_tails.json`."""

    name: str
    generic: str
    classes: list[int]
    shares: list[float]
    own_outside: list[float]
    generic_ms: float
    generic_macs: int
    images: int
    tails: list[_StoredTail]
    enter_ms: NotRequired[float]
    smaller: NotRequired[list[Measured]]
    wholes: NotRequired[list[_StoredTail]]
    files: dict[str, FileFacts]


@dataclass(frozen=True, eq=False)
class Tail:
    """One of a user's, or a whole network. What is its `own` is of the user's held-out inputs, in one order."""

    ms: float  # of a whole network from the image on
    macs: int
    own_scores: tuple[float, ...]  # how foreign they look to it (energy)
    own_doubts: tuple[float, ...]  # how much it doubts its answers
    own_drops: tuple[float, ...]  # what those are expected to lose
    evidence: Evidence  # did it answer alone
    cost: Cost

    def to_values(self) -> dict[str, Any]:
        return asdict(self) | {"evidence": self.evidence.to_values()}


@dataclass(frozen=True, eq=False)
class UserTails:
    """What is known of a user's network. Times were measured on the same machine, in turns; MACs are of the tails."""

    name: str
    generic: str  # fingerprint of the network whose prefix it shares
    classes: tuple[int, ...]
    shares: tuple[float, ...]  # of the inputs, when it was made
    own_outside: tuple[float, ...]  # how likely the generic network holds held-out inputs to be of other classes
    generic_ms: float  # of the generic tail
    generic_macs: int
    images: int  # that it was made from
    tails: tuple[Tail, ...]  # the quickest first
    enter_ms: float = 0.0  # of the generic network before its tail; 0: not known, as an earlier version made it
    smaller: tuple[Measured, ...] = ()  # networks that may answer in the place of all that
    wholes: tuple[Tail, ...] = ()  # the generic network pruned from its first layer on; made where images were kept

    @property
    def held_out(self) -> Shadow:
        """What the networks that were made of them made of the user's held-out inputs."""
        made = (*self.tails, *self.wholes)
        columns = ([getattr(one, name) for one in made] for name in ("own_doubts", "own_scores", "own_drops"))
        return Shadow(*(np.array(column).T for column in columns))

    @property
    def evidence(self) -> Evidence:
        """Of the most cautious tail, did it answer alone."""
        return self.tails[-1].evidence

    @property
    def seconds(self) -> float:
        """That making them took."""
        return sum(one.cost.seconds for one in (*self.tails, *self.wholes))

    @property
    def costs(self) -> Costs:
        """Of the tails, and after them of whole networks and of smaller ones."""
        members = (*self.tails, *self.wholes, *self.smaller)
        behind = tuple(place < len(self.tails) for place in range(len(members)))
        return Costs(self.enter_ms, self.generic_ms, tuple(one.ms for one in members), behind)

    def outside(self, belief: Belief, known: int) -> float:
        """0..1: the probability that an input is of none of its classes, of a generic network of `known` classes."""
        return outside(self.classes, self.shares, belief, known)

    def write(self, folder: Path) -> None:
        """Beside the tails' own folders, and after them: it names their hashes."""
        names = [tail_file(place) for place in range(len(self.tails))]
        names += [whole_file(place) for place in range(len(self.wholes))]
        tails, wholes = ([one.to_values() for one in made] for made in (self.tails, self.wholes))
        values = {"tails": tails, "wholes": wholes, "files": store.describe_files(folder, tuple(names))}
        store.write_json(folder / RECORD, KIND, SCHEMA, asdict(self) | values)

    @classmethod
    def read(cls, folder: Path) -> "UserTails":
        """Raises `StoreError` for what is missing, torn or another's."""
        path = folder / RECORD
        stored = restore(_Stored, store.read_json(path, KIND, SCHEMA, _AGAIN), path)
        store.check_files(folder, stored["files"], path, contents=True)
        return cls(
            stored["name"],
            stored["generic"],
            tuple(stored["classes"]),
            tuple(stored["shares"]),
            tuple(stored["own_outside"]),
            stored["generic_ms"],
            stored["generic_macs"],
            stored["images"],
            tuple(_tail(one, path) for one in stored["tails"]),
            stored.get("enter_ms", 0.0),
            tuple(stored.get("smaller", ())),
            tuple(_tail(one, path) for one in stored.get("wholes", ())),
        )


def tail_file(place: int) -> str:
    """Where one of the tails lies in its network's folder."""
    return f"{place + 1}/{TAIL}"


def whole_file(place: int) -> str:
    """Where one of the whole networks lies."""
    return f"whole-{place + 1}/{WHOLE}"


def _tail(stored: _StoredTail, path: Path) -> Tail:
    return Tail(
        stored["ms"],
        stored["macs"],
        tuple(stored["own_scores"]),
        tuple(stored["own_doubts"]),
        tuple(stored["own_drops"]),
        Evidence.from_values(stored["evidence"], path),
        stored["cost"],
    )
