"""The generic network as it serves: in two parts, so that what enters the second can be kept and shared.

Neither PyTorch nor the network's own code is needed to run it.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from edgewise import store
from edgewise.errors import ModelError
from edgewise.images.preprocess import Preprocess
from edgewise.personal.smaller import SmallerNetwork, read_smaller
from edgewise.restore import restore
from edgewise.runtime.engines import Engine
from edgewise.runtime.part import open_part
from edgewise.store import FileFacts
from edgewise.zoo.classes import ClassSet

KIND, SCHEMA = "generic network in two parts", 1
FOLDER, RECORD, PREFIX, TAIL = "generic", "generic.json", "prefix.onnx", "tail.onnx"
_AGAIN = "Remove the folder; the service makes it again."


@dataclass(frozen=True)
class GenericParts:
    """What is known of the network and of the place that it is opened at."""

    name: str
    source: dict[str, Any]  # as `zoo.sources.describe` has it
    fingerprint: str
    classes: ClassSet
    preprocess: Preprocess
    place: int  # the first segment of the tail
    entering: tuple[int, ...]  # shape of what enters the tail, of one image
    macs: int
    tail_macs: int
    files: dict[str, FileFacts]

    @property
    def tail_share(self) -> float:
        """Of the MACs."""
        return self.tail_macs / self.macs

    def write(self, folder: Path) -> None:
        """Written last: it names the hashes of both files. Raises `StoreError`."""
        store.write_json(folder / RECORD, KIND, SCHEMA, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "GenericParts":
        """Raises `StoreError` for what is missing, torn or another's."""
        path = folder / RECORD
        found = restore(cls, store.read_json(path, KIND, SCHEMA, _AGAIN), path)
        store.check_files(folder, found.files, path, contents=True)
        return found


class GenericNetwork:
    """Both parts loaded. Not safe to call from several threads at once."""

    def __init__(self, folder: Path, *, threads: int = 1, engine: Engine = Engine.ONNX_RUNTIME) -> None:
        """Raises `StoreError` or `ModelError` for what cannot be loaded."""
        self.parts, self.threads, self.engine = GenericParts.read(folder), threads, engine
        self._prefix = open_part(folder / PREFIX, threads=threads, engine=engine)
        self._tail = open_part(folder / TAIL, threads=threads, engine=engine)
        self.smaller = tuple(SmallerNetwork(folder, one, threads=threads) for one in read_smaller(folder))

    def enter(self, pixels: np.ndarray) -> tuple[np.ndarray, float]:
        """What enters the tail, float32 [1, *entering], for uint8 [h, w, 3], and the ms with preparing it."""
        started = perf_counter_ns()
        entering = self._prefix.run(self.parts.preprocess.apply(pixels)[None])
        return entering, (perf_counter_ns() - started) / 1e6

    def answer(self, entering: np.ndarray) -> tuple[np.ndarray, float]:
        """Logits, float32 [C], of what entered, and the ms."""
        logits, ms = self._tail.timed(entering)
        return logits.reshape(-1), ms

    def smaller_one(self, fingerprint: str) -> SmallerNetwork:
        """A smaller network that a user's network needs. Raises `ModelError` where the device has it no more."""
        for one in self.smaller:
            if one.facts.fingerprint == fingerprint:
                return one
        raise ModelError("A smaller network that was chosen is not on this device any more.", "Name it with --smaller.")
