"""A folder of one user's images, made as each network wants them, always in the same order."""

from dataclasses import dataclass, field
from pathlib import Path

from torch import Tensor

from edgewise.errors import ImageError
from edgewise.images.preprocess import Preprocess
from edgewise.progress import Progress, silent
from edgewise.prune.stream import read_stream


@dataclass(frozen=True, eq=False)
class UserImages:
    """Nothing is held: pixels of hundreds of images in several sizes would take gigabytes."""

    folder: Path
    limit: int | None = None
    seed: int = 0
    progress: Progress = silent
    skipped: dict[Path | str, ImageError] = field(default_factory=dict)  # what could not be read

    def at(self, preprocess: Preprocess, first: int | None = None) -> Tensor:
        """float32 [n, 3, size, size]: all of them, or the first so many. Raises as `read_stream` does."""
        most = min((number for number in (self.limit, first) if number is not None), default=None)
        stream = read_stream(self.folder, preprocess, limit=most, seed=self.seed, progress=self.progress)
        self.skipped.update({error.path: error for error in stream.skipped})
        return stream.images
