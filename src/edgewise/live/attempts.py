"""What the device tried: each user that it learned, the network that was made, and what that cost and saved."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from edgewise.live.play import Event, Given
from edgewise.live.story import Attempt, Inputs, Stretch, Way
from edgewise.live.stream import Part
from edgewise.live.ways import ways_by_turns
from edgewise.personal.collected import row_bytes
from edgewise.personal.generic import FOLDER, GenericParts
from edgewise.personal.user_tails import UserTails
from edgewise.prune.cost import break_even
from edgewise.zoo.classes import ClassSet

WATCH: Final = "watch"


@dataclass
class Tried:
    """The events of one attempt."""

    learned: Event
    part: int
    made: Event | None = None
    swapped: Event | None = None
    turned_down: Event | None = None

    @property
    def network(self) -> str:
        return str(self.made.values["network"]) if self.made else ""


def tried(events: Iterable[Event], parts: Sequence[int]) -> list[Tried]:
    """All attempts, in their order; `parts`: the part of each input."""
    found: list[Tried] = []
    for event in events:
        if event.kind == "learned":
            found.append(Tried(event, parts[min(max(event.at - 1, 0), len(parts) - 1)]))
        elif found and event.kind == "made":
            found[-1].made = event
        elif found and event.kind == "swapped":
            found[-1].swapped = event
        elif found and event.kind in ("turned down", "failed"):
            found[-1].turned_down = event
    return found


@dataclass(frozen=True)
class Serving:
    """From which input on which of the user's networks served, and the part whose user it was made for."""

    begun: tuple[tuple[int, str, int], ...]

    @classmethod
    def of(cls, events: Iterable[Event], attempts: Iterable[Tried]) -> "Serving":
        """Let in for the first time, or again."""
        made_for = {one.network: one.part for one in attempts}
        found = ((event.at, str(event.values["network"])) for event in events if event.kind in ("swapped", "returned"))
        return cls(tuple((at, name, made_for.get(name, 0)) for at, name in found))

    def at(self, first: int) -> tuple[str | None, int]:
        """The network in a stretch that begins with this input, and its part.

        An event is known to the input by its time, and that to one input only.
        """
        return next(((name, part) for at, name, part in reversed(self.begun) if at <= first + 1), (None, 0))


@dataclass(frozen=True)
class Worth:
    """What the networks cost and saved, of the whole play."""

    given: Sequence[Given]
    inputs: Inputs
    stretches: tuple[Stretch, ...]
    parts: tuple[Part, ...]
    known: ClassSet  # of the generic network
    state: Path
    folders: Mapping[str, Path]  # of the networks that are kept
    threads: int

    def attempt(self, one: Tried) -> Attempt:
        """All that is known of one attempt. Raises `StoreError` for a network that cannot be read."""
        found, true = one.learned.values["classes"], self.known.indices(self.parts[one.part].classes)
        seconds = one.made.unix_s - one.learned.unix_s if one.made else None
        own = [stretch for stretch in self.stretches if stretch.serving == one.network and not stretch.foreign]
        ways = self._ways(one.network, own)
        generic_ms, own_ms = (ways[0].ms, ways[-1].ms) if ways else (None, None)
        paid = None
        if seconds is not None and generic_ms is not None and own_ms is not None:
            paid = break_even(seconds, generic_ms, own_ms)
        return Attempt(
            network=one.network,
            part=one.part,
            learned_at=one.learned.at,
            classes=self._named(found),
            missed=self._named(index for index in true if index not in found),
            beyond=self._named(index for index in found if index not in true),
            made_at=one.made.at if one.made else None,
            swapped_at=one.swapped.at if one.swapped else None,
            turned_down=one.turned_down.text if one.turned_down else "",
            seconds=seconds,
            steps_seconds=one.made.values["seconds"] if one.made else None,
            verdict=str(one.swapped.values["verdict"]) if one.swapped else "",
            served=sum(stretch.inputs for stretch in own),
            generic_ms=generic_ms,
            own_ms=own_ms,
            break_even=paid,
            ways=ways,
            **self._kept(one.network),
        )

    def _named(self, classes: Iterable[int]) -> tuple[str, ...]:
        return tuple(self.known.short_name(index) for index in classes)

    def _kept(self, network: str) -> dict[str, Any]:
        """Bytes: of the process's memory, of what it was made of, and on the disk."""
        folder = self.folders.get(network)
        if folder is None:
            return {"peak_bytes": None, "kept_bytes": None, "disk_bytes": None}
        tails, parts = UserTails.read(folder), GenericParts.read(self.state / FOLDER)
        made = (*tails.tails, *tails.wholes)
        peaks = [one.cost.peak_bytes for one in made if one.cost.peak_bytes is not None]
        image_px = parts.preprocess.size_px if tails.wholes else 0
        rows = tails.images + len(tails.own_outside)
        return {
            "peak_bytes": max(peaks, default=None),
            "kept_bytes": rows * row_bytes(parts.entering, len(parts.classes), image_px),
            "disk_bytes": sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()),
        }

    def _ways(self, network: str, stretches: Sequence[Stretch]) -> tuple[Way, ...]:
        """None where it did not serve, or is gone."""
        rows = [row for one in stretches for row in range(one.first, one.first + one.inputs)]
        if not rows or network not in self.folders:
            return ()
        audits = 0 if self.inputs.audited is None else sum(self.inputs.audited[row] for row in rows)
        items = [self.given[row].item for row in rows]
        truths, folder = [self.inputs.truth[row] for row in rows], self.folders[network]
        return ways_by_turns(items, truths, self.state, folder, audits / len(rows), threads=self.threads)
