"""Which runtime, on how many threads, is fastest on this device: measured once for each network, and remembered."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from edgewise.errors import EdgewiseError
from edgewise.prune.speed import sessions_in_turns_ms
from edgewise.runtime.engines import Engine, engine_named, engines_for, installed_version
from edgewise.runtime.session import Session
from edgewise.serve.way import Way, all_ways, quickest, remembered_times
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import FILE_KINDS, file_fingerprint
from edgewise.zoo.sources import Source
from edgewise.zoo.tiny.shipped import shipped_path

FASTEST = "fastest"
_RUNS, _LEAST_S = 15, 0.2


@dataclass(frozen=True)
class Ways:
    """What to choose among; `tell` is called with a network's name before it is measured.

    A kind of network that one runtime alone reads runs on that, whatever is asked for.
    """

    runtime: str | None = None  # None: the usual one; FASTEST: that
    threads: int | None = 1  # None: as many as are fastest
    tell: Callable[[str], None] = lambda name: None

    def best(self, source: Source) -> Way:
        """The way for a network. One that a runtime cannot load or run is passed over.

        A network that is no file runs on PyTorch, as do ensembles on what their members need, on one thread unless
        another number is given. Raises `UsageError` for a runtime that is none, and what loading raises where no way
        works.
        """
        if source.kind not in (*FILE_KINDS, "tiny"):
            return Way(None, self.threads or 1)
        ways = all_ways(self.engines(source.kind), self.threads)
        if len(ways) == 1:
            return ways[0]
        times = remembered_times(
            _name(source), ways, lambda some: _measured(source, some), lambda: self.tell(source.name)
        )
        if not times:
            load(source, engine=ways[0].engine)  # says why
        return quickest(times) if times else ways[0]

    def engines(self, kind: str) -> list[Engine]:
        """The runtimes to choose among for a kind of source, the usual one first. Raises `UsageError`."""
        able = engines_for(kind)
        if self.runtime == FASTEST:
            return [one for one in able if one is able[0] or installed_version(one)]
        if self.runtime is None or (len(able) == 1 and self.runtime in list(Engine)):
            return [able[0]]
        return [engine_named(self.runtime, kind)]


def _measured(source: Source, ways: Sequence[Way]) -> dict[Way, float | None]:
    """The least ms of one image, in turns among the runtimes of one number of threads; None where it does not work.

    What disturbs a run only adds to it.
    """
    found: dict[Way, float | None] = dict.fromkeys(ways)
    for threads in dict.fromkeys(way.threads for way in ways):
        loaded = {way: _loaded(source, way) for way in ways if way.threads == threads}
        sessions = {way: one for way, one in loaded.items() if one is not None}
        found |= _in_turns_ms(sessions)
    return found


def _in_turns_ms(sessions: Mapping[Way, tuple[Session, int]]) -> dict[Way, float | None]:
    try:
        times = sessions_in_turns_ms(list(sessions.values()), runs=_RUNS, pick=min, least_s=_LEAST_S)
    except EdgewiseError:  # of one that ran when it was loaded
        alone = [_in_turns_ms({way: session}) for way, session in sessions.items()] if len(sessions) > 1 else []
        return dict.fromkeys(sessions) | {way: ms for one in alone for way, ms in one.items()}
    return dict(zip(sessions, times, strict=True))


def _loaded(source: Source, way: Way) -> tuple[Session, int] | None:
    try:
        classifier = load(source, threads=way.threads, engine=way.engine)
    except EdgewiseError:
        return None
    return classifier.session, classifier.card.preprocess.size_px


def _name(source: Source) -> str:
    """What a network's times are kept under: its content, and the size that its card gives it."""
    file = shipped_path(source.text, ".onnx") if source.kind == "tiny" else Path(source.where)
    return f"{file_fingerprint(file)[:32]}-{source.card.given.get('size_px', 'own')}"
