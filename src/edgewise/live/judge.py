"""Judge a play: against the labels, and apart from that against what the generic network says of the same images."""

from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

import numpy as np

from edgewise.images.decode import decode
from edgewise.live.attempts import WATCH, Serving
from edgewise.live.play import Given
from edgewise.live.story import Inputs, Stretch
from edgewise.live.stream import Part
from edgewise.live.wilson import wilson
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.remembered import Observation
from edgewise.personal.state import DeviceState
from edgewise.progress import Progress, silent


def judge_inputs(
    given: Sequence[Given], state: Path, user: str, *, threads: int = 1, progress: Progress = silent
) -> Inputs:
    """All inputs of a play whose service has ended.

    What the generic network says among all its classes is what the device remembers of it, and computed here of images
    that it never saw; the service never knew any label. Raises `StoreError` for a state folder that cannot be read.
    """
    network = GenericNetwork(state / FOLDER, threads=threads)
    known = network.parts.classes
    kept = _remembered(state, user, network.parts.fingerprint, len(given))
    generic = {
        one.item.name: int(seen.top_classes[0]) for one, seen in zip(given, kept, strict=False) if len(seen.top_classes)
    }
    missing = {one.item.name: one.item for one in given if one.item.name not in generic}
    for done, (name, item) in enumerate(missing.items()):
        progress("asking the generic network", done, len(missing))
        entering, _ = network.enter(decode(item.read(), name).pixels)
        generic[name] = int(network.answer(entering)[0].argmax())
    if missing:
        progress("asking the generic network", len(missing), len(missing))
    return Inputs(
        tuple(one.answer.phase for one in given),  # type: ignore[arg-type] - the service says no others
        tuple(one.answer.model for one in given),
        tuple(one.answer.infer_ms for one in given),
        tuple(known.index(one.item.label) for one in given),
        tuple(one.answer.index for one in given),
        tuple(generic[one.item.name] for one in given),
        tuple(seen.outside is not None for seen in kept) if kept else None,
    )


def _remembered(state: Path, user: str, fingerprint: str, inputs: int) -> list[Observation]:
    """What the device remembers of each input; nothing where it does not remember them all."""
    with DeviceState.open(state, fingerprint) as opened:
        kept = opened.observations(user, inputs)
    return kept if len(kept) == inputs else []


def stretches_of(
    inputs: Inputs, parts: Sequence[Part], part_of: Sequence[int], serving: Serving
) -> tuple[Stretch, ...]:
    """Where the part or the phase changes, the next stretch begins."""
    found: list[Stretch] = []
    first = 0
    for (part, phase), run in groupby(zip(part_of, inputs.phase, strict=True)):
        rows = slice(first, first + len(list(run)))
        network, made_for = serving.at(first) if phase == WATCH else (None, part)
        foreign = set(parts[made_for].classes) != set(parts[part].classes)
        found.append(_stretch(inputs, rows, part, network, foreign=foreign))
        first = rows.stop
    return tuple(found)


def _stretch(inputs: Inputs, rows: slice, part: int, serving: str | None, *, foreign: bool) -> Stretch:
    truth, answer, generic = (np.array(column[rows]) for column in (inputs.truth, inputs.answer, inputs.generic))
    ms, models = inputs.ms[rows], inputs.model[rows]
    count = len(truth)
    own = sum(model == serving for model in models)
    return Stretch(
        part=part,
        phase=inputs.phase[rows.start],
        first=rows.start,
        inputs=count,
        serving=serving,
        foreign=foreign,
        accuracy=wilson(int((answer == truth).sum()), count),
        generic_accuracy=wilson(int((generic == truth).sum()), count),
        agreement=wilson(int((answer == generic).sum()), count),
        median_ms=float(np.median(ms)),
        p90_ms=float(np.quantile(ms, 0.9)),
        own=own / count,
        turned_away=(count - own) / count if serving else 0.0,
        audited=None if inputs.audited is None else sum(inputs.audited[rows]) / count,
    )
