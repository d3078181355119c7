"""Smaller generic networks that a device has beside its generic one: among a user's classes they may be sure enough.

They are files in the state folder, for ONNX Runtime or LiteRT; no PyTorch is needed to run them.
"""

from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np

from edgewise import store
from edgewise.errors import ModelError
from edgewise.restore import restore
from edgewise.store import FileFacts
from edgewise.zoo.card import CardFile
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source

KIND, SCHEMA = "smaller generic networks", 1
FOLDER, RECORD = "smaller", "smaller.json"
_AGAIN = "Remove the file; name them again with --smaller."


@dataclass(frozen=True)
class Smaller:
    """What is known of one."""

    name: str
    source: str  # as it was named
    kind: str  # of its file, as of a source: onnx or tflite
    file: str  # in the generic network's folder
    card: dict[str, Any]  # the keys that are given
    fingerprint: str
    outputs: tuple[int, ...]  # its outputs for the generic network's classes


@dataclass(frozen=True)
class _Stored:
    """`smaller.json`."""

    networks: tuple[Smaller, ...]
    files: dict[str, FileFacts]


def write_smaller(folder: Path, networks: tuple[Smaller, ...]) -> None:
    """After their files: it names their hashes. Raises `StoreError`."""
    files = store.describe_files(folder, tuple(one.file for one in networks))
    store.write_json(folder / RECORD, KIND, SCHEMA, asdict(_Stored(networks, files)))


def read_smaller(folder: Path) -> tuple[Smaller, ...]:
    """Those of a generic network's folder; a device may have none. Raises `StoreError` for what is torn."""
    path = folder / RECORD
    if not path.is_file():
        return ()
    stored = restore(_Stored, store.read_json(path, KIND, SCHEMA, _AGAIN), path)
    store.check_files(folder, stored.files, path, contents=True)
    return stored.networks


class SmallerNetwork:
    """One, loaded. Not safe to call from several threads at once."""

    def __init__(self, folder: Path, facts: Smaller, *, threads: int = 1) -> None:
        """`folder`: the generic network's. Raises `ModelError` for what cannot be loaded."""
        self.facts = facts
        path = folder / facts.file
        self._classifier = load(Source(facts.kind, str(path), CardFile(facts.card, str(path))), threads=threads)
        known = len(self._classifier.card.classes)
        if not all(0 <= output < known for output in facts.outputs):
            raise ModelError(f"{path} has no outputs {max(facts.outputs)}.", _AGAIN)
        self._outputs = np.array(facts.outputs)

    def answer(self, pixels: np.ndarray) -> tuple[np.ndarray, float]:
        """Logits of the generic network's classes, float32 [C], for uint8 [h, w, 3], and the ms with preparing it.

        Raises `ModelError` where it fails.
        """
        started = perf_counter_ns()
        logits, _, _ = self._classifier.classify(pixels)
        return logits[self._outputs], (perf_counter_ns() - started) / 1e6
