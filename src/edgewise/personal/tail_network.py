"""A user's network that shares the generic one's prefix: a smaller tail for the user's classes. No PyTorch needed."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, TypedDict

import numpy as np

from edgewise import store
from edgewise.errors import OutputError
from edgewise.personal.beliefs import Belief
from edgewise.personal.user_classes import outside
from edgewise.prune.cost import Cost
from edgewise.prune.evidence import Evidence
from edgewise.prune.foreign import foreign_scores
from edgewise.restore import restore
from edgewise.runtime.onnx_part import OnnxPart
from edgewise.store import FileFacts

KIND, SCHEMA = "user tail", 1
RECORD, TAIL = "user_tail.json", "tail.onnx"
OWN_REJECTION = 0.05
_AGAIN = "The service makes it again."
_TUPLES = ("classes", "shares", "own_scores", "own_outside")


class _Stored(TypedDict):
    """`user_tail.json`."""

    name: str
    generic: str
    classes: list[int]
    shares: list[float]
    own_scores: list[float]
    own_outside: list[float]
    ms: float
    generic_ms: float
    macs: int
    generic_macs: int
    images: int
    evidence: dict[str, Any]
    cost: Cost
    files: dict[str, FileFacts]


@dataclass(frozen=True, eq=False)
class UserTail:
    """What is known of it. Times and MACs are of the tails alone, both on the same machine, in turns."""

    name: str
    generic: str  # fingerprint of the network whose prefix it shares
    classes: tuple[int, ...]
    shares: tuple[float, ...]  # of the inputs, when it was made
    own_scores: tuple[float, ...]  # how foreign the user's own held-out inputs look to it (energy)
    own_outside: tuple[float, ...]  # how likely the generic network holds those to be of other classes
    ms: float
    generic_ms: float
    macs: int
    generic_macs: int
    images: int  # that it was made from
    evidence: Evidence
    cost: Cost

    @property
    def threshold(self) -> float:
        """What looks more foreign is turned away: one in twenty of the user's own held-out inputs does."""
        return float(np.quantile(self.own_scores, 1 - OWN_REJECTION, method="higher"))

    def outside(self, belief: Belief, known: int) -> float:
        """0..1: the probability that an input is of none of its classes, of a generic network of `known` classes."""
        return outside(self.classes, self.shares, belief, known)

    def write(self, folder: Path) -> None:
        """Beside `tail.onnx`, and after it: it names its hash."""
        own = {"evidence": self.evidence.to_values(), "files": store.describe_files(folder, (TAIL,))}
        store.write_json(folder / RECORD, KIND, SCHEMA, asdict(self) | own)

    @classmethod
    def read(cls, folder: Path) -> "UserTail":
        """Raises `StoreError` for what is missing, torn or another's."""
        path = folder / RECORD
        stored = restore(_Stored, store.read_json(path, KIND, SCHEMA, _AGAIN), path)
        store.check_files(folder, stored["files"], path, contents=True)
        plain = {key: value for key, value in stored.items() if key != "files"}
        plain |= {key: tuple(plain[key]) for key in _TUPLES}  # type: ignore[arg-type] - lists, restored above
        plain |= {"evidence": Evidence.from_values(stored["evidence"], path)}
        return cls(**plain)  # type: ignore[arg-type] - restored above


class UserNetwork:
    """It, loaded. Not safe to call from several threads at once."""

    def __init__(self, folder: Path, *, threads: int = 1) -> None:
        """Raises `StoreError` or `ModelError` for what cannot be loaded."""
        self.tail = UserTail.read(folder)
        self._part = OnnxPart(folder / TAIL, threads=threads)

    def warm_up(self) -> None:
        """The first run is slower than others."""
        self._part.run(np.zeros((1, *self._part.shape), np.float32))

    def answer(self, entering: np.ndarray) -> tuple[np.ndarray, float]:
        """Logits float32 [K + 1] of what entered the generic tail, float32 [1, ...], and the ms.

        Raises `ModelError` where it fails, or gives no numbers.
        """
        logits, ms = self._part.timed(entering)
        if not np.isfinite(logits).all():
            raise OutputError(f"{self.tail.name} gives values that are not finite.")
        return logits.reshape(-1), ms

    def foreign(self, logits: np.ndarray) -> float:
        """How foreign an input looks, of its logits float32 [K + 1]."""
        return float(foreign_scores("energy", logits[None])[0])
