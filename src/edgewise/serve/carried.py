"""Where a selector's model files are, after the selector was carried to another folder or another device."""

import os
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from edgewise.errors import ModelError
from edgewise.zoo.card import CardFile
from edgewise.zoo.model_files import are_there, files_of, is_file_kind
from edgewise.zoo.sources import Source


@dataclass(frozen=True)
class Carried:
    """A selector's folder: where it was made, and where it is now."""

    made_in: Path  # absolute
    now_in: Path
    models: Path | None = None  # where the user says that the model files are

    def find(self, source: Source) -> Source:
        """The source with the paths that its files have here. Raises `ModelError` for one that is nowhere."""
        if source.members:
            return replace(source, members=tuple(map(self.find, source.members)))
        if is_file_kind(source.kind):
            return replace(source, where=str(self._file(source.name, source.where)))
        if "weights" in source.card.given:
            weights = str(self._file(source.name, source.card.given["weights"]))
            return replace(source, card=CardFile({**source.card.given, "weights": weights}, source.card.origin))
        return source

    def _file(self, name: str, path: str) -> Path:
        places = list(self._places(path))
        for place in places:
            if are_there(place):
                return place
        lacking = [next(part for part in files_of(place) if not part.is_file()) for place in places]
        raise ModelError(
            f"The model {name} is not there: no {' and no '.join(map(str, dict.fromkeys(lacking)))}.",
            "Name the folder that holds it: Engine(..., models=DIR), or `edgewise classify --models DIR`.",
        )

    def _places(self, path: str) -> Iterator[Path]:
        """In the folder that the user names; as far from the selector as it was; where it was."""
        if self.models is not None:
            yield self.models / Path(path).name
        yield Path(os.path.normpath(self.now_in.absolute() / os.path.relpath(path, self.made_in)))
        yield Path(path)


def leaves(source: Source) -> Iterator[Source]:
    """A source, or what an ensemble is made of."""
    if not source.members:
        yield source
    for member in source.members:
        yield from leaves(member)
