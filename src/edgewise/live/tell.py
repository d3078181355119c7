"""Put a story together out of a play and what it left in the state folder."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import edgewise
from edgewise.live.attempts import WATCH, Serving, Worth, tried
from edgewise.live.judge import judge_inputs, stretches_of
from edgewise.live.play import Event, Played
from edgewise.live.story import Change, Happened, Inputs, PlayedPart, Story, Stretch
from edgewise.live.stream import Stream
from edgewise.live.unlearned import why_not
from edgewise.machine import fingerprint
from edgewise.personal.generic import FOLDER, GenericParts
from edgewise.personal.state import DeviceState
from edgewise.progress import Progress, silent


def tell(
    played: Played,
    stream: Stream,
    state: Path,
    user: str,
    settings: Mapping[str, Any],
    *,
    data: str,
    threads: int = 1,
    progress: Progress = silent,
) -> Story:
    """The story of a play whose service has ended. Raises `StoreError` for a state folder that cannot be read."""
    parts = GenericParts.read(state / FOLDER)
    inputs = judge_inputs(played.given, state, user, threads=threads, progress=progress)
    part_of = [one.part for one in played.given]
    attempts = tried(played.events, part_of)
    stretches = stretches_of(inputs, stream.parts, part_of, Serving.of(played.events, attempts))
    worth = Worth(
        played.given,
        inputs,
        stretches,
        stream.parts,
        parts.classes,
        state,
        _folders(state, user, parts.fingerprint),
        threads,
    )
    began_s = played.given[0].unix_s
    return Story(
        model=parts.name,
        source=str(parts.source["source"]),
        data=data,
        settings=dict(settings),
        machine=fingerprint(),
        edgewise=edgewise.__version__,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        seconds=played.given[-1].unix_s - began_s,
        parts=_parts(played, stream, part_of),
        stretches=stretches,
        attempts=tuple(map(worth.attempt, attempts)),
        changes=_changes(stretches, inputs, played.events),
        events=tuple(Happened(one.at, one.unix_s - began_s, one.kind, one.text) for one in played.events),
        skipped=tuple(played.skipped),
        inputs=inputs,
    )


def _folders(state: Path, user: str, generic: str) -> dict[str, Path]:
    with DeviceState.open(state, generic) as opened:
        return {one.name: state / one.folder for one in opened.networks(user) if not one.retired}


def _parts(played: Played, stream: Stream, part_of: Sequence[int]) -> tuple[PlayedPart, ...]:
    found: list[PlayedPart] = []
    first = 0
    for number, part in enumerate(stream.parts):
        given = [one for one in played.given if one.part == number]
        found.append(
            PlayedPart(
                part.who,
                part.classes,
                first,
                len(given),
                len({one.item.name for one in given}),
                why_not(played.ends[number], [one for one in played.events if _within(one, number, part_of)]),
            )
        )
        first += len(given)
    return tuple(found)


def _within(event: Event, part: int, part_of: Sequence[int]) -> bool:
    return part_of[min(max(event.at - 1, 0), len(part_of) - 1)] == part


def _changes(stretches: Sequence[Stretch], inputs: Inputs, events: Sequence[Event]) -> tuple[Change, ...]:
    """Stretches that a network of another user begins."""
    alarms = [one for one in events if one.kind == "alarm"]
    found: list[Change] = []
    for place, one in enumerate(stretches):
        if one.phase != WATCH or not one.foreign or one.serving is None or stretches[place - 1].part == one.part:
            continue
        end = one.first + one.inputs
        noticed = place + 1 < len(stretches) and stretches[place + 1].part == one.part
        alarm = next((alarm for alarm in alarms if abs(alarm.at - end) <= 1), None)
        rows = range(one.first, end)
        found.append(
            Change(
                part=one.part,
                network=one.serving,
                delay=one.inputs if noticed else None,
                by=str(alarm.values["by"]) if alarm else "",
                inputs=one.inputs,
                wrong=sum(inputs.answer[row] != inputs.truth[row] for row in rows),
                generic_wrong=sum(inputs.generic[row] != inputs.truth[row] for row in rows),
            )
        )
    return tuple(found)
