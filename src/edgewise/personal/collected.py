"""What inference left behind for pruning, in bounded memory. NumPy alone: the service that fills it has no PyTorch.

The same 8 bits as `prune.activation_cache`: between the least and the greatest value of each channel of one input.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgewise import store
from edgewise.errors import UsageError

_MB = 1_000_000
_LEVELS = 255
_ARRAYS = ("codes", "low", "step", "logits", "image")


@dataclass(frozen=True, eq=False)
class Row:
    """One input: what entered the generic network's tail, and what the network made of it."""

    codes: np.ndarray  # uint8 [channels, ...]
    low: np.ndarray  # float32 [channels]: what code 0 stands for
    step: np.ndarray  # float32 [channels]: what each further one adds
    logits: np.ndarray  # float32 [C]
    image: np.ndarray  # uint8 [side, side, 3], as large as the network takes it; a side of 0 where none may be kept

    @classmethod
    def of(cls, entering: np.ndarray, logits: np.ndarray, image: np.ndarray | None = None) -> "Row":
        """Of float32 [channels, ...], [C], and uint8 [side, side, 3]."""
        places = tuple(range(1, entering.ndim))
        low, high = entering.min(axis=places), entering.max(axis=places)
        step = (high - low) / np.float32(_LEVELS)
        wide = (len(entering), *(1 for _ in places))
        scaled = entering - low.reshape(wide)
        scaled *= (1 / np.where(step > 0, step, 1)).reshape(wide)
        kept = np.zeros((0, 0, 3), np.uint8) if image is None else image.copy()
        return cls(np.rint(scaled, out=scaled).astype(np.uint8), low, step, np.array(logits, np.float32), kept)

    @property
    def nbytes(self) -> int:
        return sum(getattr(self, name).nbytes for name in _ARRAYS)


def row_bytes(entering: Sequence[int], classes: int, image_px: int = 0) -> int:
    """What a row takes, of the shape that enters, the number of classes, and the side of images, if these are kept."""
    return math.prod(entering) + 4 * (2 * entering[0] + classes) + 3 * image_px**2


class Collected:
    """A uniform sample of all inputs that came, as many as fit into `memory_mb` (MB = 10^6 bytes).

    Source: Vitter 1985, "Random Sampling with a Reservoir" (algorithm R): input number t takes the place of a row with
    a probability of rows / t, so that after the first few hundred most inputs cost nothing here.
    """

    def __init__(self, memory_mb: float, seed: int = 0) -> None:
        if not memory_mb > 0:
            raise UsageError(f"The memory is {memory_mb:g} MB; it must be above 0.")
        self.memory_mb = memory_mb
        self._random = np.random.default_rng(seed)
        self._rows: list[Row] = []
        self._capacity: int | None = None
        self.seen = 0

    def __len__(self) -> int:
        return len(self._rows)

    @property
    def nbytes(self) -> int:
        return sum(row.nbytes for row in self._rows)

    def add(self, entering: np.ndarray, logits: np.ndarray, image: np.ndarray | None = None) -> bool:
        """Of one input, float32 [channels, ...] and [C]; whether it was kept.

        `image`: uint8 [side, side, 3], where the owner lets images be kept; of all inputs then.
        Raises `UsageError` where not even one row fits into the memory.
        """
        self.seen += 1
        if self._capacity is None:
            needed = row_bytes(entering.shape, len(logits), 0 if image is None else len(image))
            self._capacity = int(self.memory_mb * _MB // needed)
            if self._capacity == 0:
                raise UsageError(
                    f"What one input leaves takes {needed / _MB:.3g} MB, and {self.memory_mb:g} MB are allowed.",
                    "Allow more, or open less of the network.",
                )
        slot = len(self._rows)
        if slot >= self._capacity:
            slot = int(self._random.integers(self.seen))
        if slot >= self._capacity:
            return False
        self._rows[slot : slot + 1] = [Row.of(entering, logits, image)]  # one beyond the last is a new one
        return True

    def clear(self) -> None:
        """Begin anew."""
        self._rows, self.seen = [], 0

    def write(self, path: Path) -> str:
        """All rows in one safetensors file, mixed, for `read_collected`; its SHA-256.

        Raises `UsageError` where there are none, `StoreError` where it cannot be written.
        """
        if not self._rows:
            raise UsageError("Nothing was collected.")
        rows = [self._rows[place] for place in self._random.permutation(len(self._rows))]
        return store.write_arrays(path, {name: np.stack([getattr(row, name) for row in rows]) for name in _ARRAYS})


@dataclass(frozen=True, eq=False)
class Sample:
    """Of n inputs."""

    entering: np.ndarray  # float32 [n, channels, ...]
    logits: np.ndarray  # float32 [n, C]
    images: np.ndarray | None  # uint8 [n, side, side, 3]; None where none were kept


def read_collected(path: Path, sha256: str) -> Sample:
    """What `Collected` wrote; of an earlier version too. Raises `StoreError`."""
    arrays = store.read_arrays(path, sha256)
    codes = arrays["codes"]
    wide = (*codes.shape[:2], *(1 for _ in codes.shape[2:]))
    entering = codes.astype(np.float32)
    entering *= arrays["step"].reshape(wide)
    entering += arrays["low"].reshape(wide)
    images = arrays.get("image")
    return Sample(entering, arrays["logits"], images if images is not None and images.size else None)
