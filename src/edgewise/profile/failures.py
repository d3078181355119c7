"""What a profile had to go on without: models and images that failed, written down so that no later run meets them."""

from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TypedDict

from edgewise.restore import restore
from edgewise.store import read_json, write_json

KIND, SCHEMA = "profile-failures", 1
FAILURES = "failures.json"


@dataclass(frozen=True)
class ModelFailure:
    """A model that was dropped. Its answers on earlier images are not used either."""

    name: str
    source: str
    reason: str
    said: str = ""  # the end of what its process wrote to stderr


@dataclass(frozen=True)
class ImageFailure:
    """An image whose reading ended the process."""

    image: str
    reason: str
    said: str = ""


@dataclass(frozen=True)
class Failures:
    """All that failed so far."""

    models: tuple[ModelFailure, ...] = ()
    images: tuple[ImageFailure, ...] = ()

    def dropped(self, name: str) -> bool:
        """Whether a model is among them."""
        return any(failure.name == name for failure in self.models)

    def reasons(self) -> dict[str, str]:
        """Image -> why it is skipped."""
        return {failure.image: failure.reason for failure in self.images}

    def and_also(self, failure: ModelFailure | ImageFailure) -> "Failures":
        """These and one more."""
        if isinstance(failure, ModelFailure):
            return Failures((*self.models, failure), self.images)
        return Failures(self.models, (*self.images, failure))

    def beyond(self, known: "Failures") -> list[ModelFailure | ImageFailure]:
        """Those of models and images that `known` has no failure of."""
        models = [failure for failure in self.models if not known.dropped(failure.name)]
        return [*models, *(failure for failure in self.images if failure.image not in known.reasons())]


class _Stored(TypedDict):
    """`failures.json`."""

    models: list[ModelFailure]
    images: list[ImageFailure]


def read_failures(folder: Path) -> Failures:
    """The failures noted in a profile's folder; none where nothing was noted. Raises `StoreError` for a broken file."""
    path = folder / FAILURES
    if not path.exists():
        return Failures()
    stored = restore(_Stored, read_json(path, KIND, SCHEMA), path)
    return Failures(tuple(stored["models"]), tuple(stored["images"]))


def note_failure(folder: Path, failure: ModelFailure | ImageFailure) -> Failures:
    """Add one failure to those of a folder, atomically, and give them all. Raises `StoreError` as writing does."""
    known = read_failures(folder).and_also(failure)
    write_json(folder / FAILURES, KIND, SCHEMA, asdict(known))
    return known
