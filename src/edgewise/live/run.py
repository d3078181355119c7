"""The whole of it: start the service, play the stream through it, end it, judge."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edgewise.errors import UsageError
from edgewise.live.play import Watcher, play
from edgewise.live.service import Service
from edgewise.live.story import Story
from edgewise.live.stream import Stream
from edgewise.live.tell import tell
from edgewise.personal.generic import FOLDER, GenericParts
from edgewise.progress import Progress, silent

USER: Final = "live"
MAKING_RATE: Final = 5.0


@dataclass(frozen=True)
class Settings:
    """Of one play."""

    data: str  # where the images come from, for the report
    model: str | None = None  # None: the one that the state folder holds
    serve: Mapping[str, tuple[Any, ...]] | None = None  # further options of `edgewise serve`, with values or with True
    making_rate: float = MAKING_RATE  # inputs a second, at most, while a network is made
    threads: int = 1
    seed: int = 0

    @property
    def arguments(self) -> list[str]:
        """What `edgewise serve` is given."""
        given = {"--threads": (self.threads,), "--seed": (self.seed,), **(self.serve or {})}
        model = [] if self.model is None else ["--model", self.model]
        options = ((name, one) for name, values in given.items() for one in values)
        return [*model, *(text for name, one in options for text in ([name] if one is True else [name, str(one)]))]


def run(stream: Stream, state: Path, settings: Settings, watcher: Watcher, progress: Progress = silent) -> Story:
    """Play a stream through the real service over a state folder, in which what was learned stays.

    Raises `MissingExtra`; `UsageError` where the state knows the user of an earlier play, `LabelError` for labels that
    are no classes of the generic network, and what `Service` and `play` raise.
    """
    progress("starting the service", 0, 1)
    with Service(state, settings.arguments, USER) as service:
        progress("starting the service", 1, 1)
        GenericParts.read(state / FOLDER).classes.indices(sorted(stream.images))
        if service.is_known():
            raise UsageError(f"{state} knows the user of an earlier play.", "Name another folder with --state.")
        played = play(service, stream, seed=settings.seed, making_rate=settings.making_rate, watcher=watcher)
    about = {
        "serve": settings.arguments,
        "making_rate": settings.making_rate,
        "threads": settings.threads,
        "seed": settings.seed,
    }
    return tell(played, stream, state, USER, about, data=settings.data, threads=settings.threads, progress=progress)
