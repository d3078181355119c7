"""What the pruning process is asked for, and what is left for it."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from edgewise import store
from edgewise.restore import restore

KIND, SCHEMA = "pruning job", 2
JOB, COLLECTED = "job.json", "collected.safetensors"


@dataclass(frozen=True)
class Job:
    """One attempt to make a user's network."""

    name: str  # of the network
    generic: str  # fingerprint
    classes: tuple[int, ...]
    shares: tuple[float, ...]  # of the inputs
    target_speedups: tuple[float, ...]  # of each tail, against the generic one; the quickest first
    max_drop_points: float
    alpha: float
    collected_sha256: str
    temperature: float = 1.0
    held_out: float = 0.4
    seed: int = 0
    threads: int = 1
    engine: Literal["onnxruntime", "openvino"] = "onnxruntime"  # that the networks are timed on

    def write(self, folder: Path) -> None:
        store.write_json(folder / JOB, KIND, SCHEMA, asdict(self))

    @classmethod
    def read(cls, folder: Path) -> "Job":
        """Raises `StoreError` for what is missing, torn or another's."""
        path = folder / JOB
        return restore(cls, store.read_json(path, KIND, SCHEMA), path)
