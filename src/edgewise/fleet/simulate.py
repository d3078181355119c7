"""A whole fleet: users in blocks, each block one job of an executor."""

from collections.abc import Iterable, Sequence
from contextlib import closing, nullcontext
from dataclasses import asdict, dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from edgewise.errors import UsageError
from edgewise.executors.executor import Executor
from edgewise.fleet.calibration import Calibration
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.kept import Kept, keeping
from edgewise.fleet.play import Block, Rows, play
from edgewise.fleet.terms import Terms
from edgewise.progress import Progress, silent

BLOCK_USERS = 500
LEFT_OUT_USERS = 2000


@dataclass(frozen=True, eq=False)
class Fleet:
    """All users' rows; and those of the first users, had one real user never been measured."""

    terms: Terms
    calibration: Calibration
    device: FleetDevice
    rows: Rows
    left_out: dict[str, Rows]  # by real user


def simulate(
    terms: Terms,
    calibration: Calibration,
    device: FleetDevice,
    executor: Executor,
    *,
    out: Path | None = None,
    block_users: int = BLOCK_USERS,
    left_out_users: int = LEFT_OUT_USERS,
    progress: Progress = silent,
) -> Fleet:
    """Every user; then the first `left_out_users` again for each real user that the calibration is left without.

    `calibration`: of one way to make networks (`Calibration.only`). `out`: a folder where blocks are kept; a run that
    was killed goes on from there. The result is the same for any executor and any size of blocks.
    Raises `UsageError` for users of more or fewer classes than were measured, and what an executor raises.
    """
    _see_that_measured(terms, calibration)
    some = min(terms.users, left_out_users)
    users = calibration.users if some and len(calibration.users) > 2 else ()
    parts = [_blocks(terms, calibration, device, block_users)]
    for user in users:
        parts.append(_blocks(replace(terms, users=some), calibration.without(user), device, block_users))
    settings = {"terms": asdict(terms), "calibration": asdict(calibration), "device": asdict(device)}
    settings |= {"left_out_users": some, "block_users": block_users}
    with nullcontext() if out is None else keeping(out, settings) as kept:
        found = iter(_run([block for part in parts for block in part], executor, kept, progress))
    rows, *left_out = (together(islice(found, len(part))) for part in parts)
    return Fleet(terms, calibration, device, rows, dict(zip(users, left_out, strict=True)))


def together(blocks: Iterable[Rows]) -> Rows:
    """Several blocks' rows as those of one."""
    parts = list(blocks)
    found = {name: np.concatenate([part[name] for part in parts]) for name in parts[0] if name != "met"}
    return {**found, "met": np.sum([part["met"] for part in parts], axis=0)}


def _see_that_measured(terms: Terms, calibration: Calibration) -> None:
    fewest, most = calibration.fewest_classes, calibration.most_classes
    if not fewest <= terms.fewest_classes <= terms.most_classes <= most:
        raise UsageError(
            f"Users of {terms.fewest_classes} to {terms.most_classes} classes are asked for; "
            f"the calibration has users of {fewest} to {most}.",
            f"Give --classes within {fewest}-{most}.",
        )


def _blocks(terms: Terms, calibration: Calibration, device: FleetDevice, users: int) -> list[Block]:
    return [
        Block(terms, calibration, device, first, min(first + users, terms.users))
        for first in range(0, terms.users, users)
    ]


def _run(blocks: Sequence[Block], executor: Executor, kept: Kept | None, progress: Progress) -> list[Rows]:
    """Of each block its rows; those that are kept already are not played again."""
    found: list[Rows | None] = [kept.read(number, block.last) if kept else None for number, block in enumerate(blocks)]
    waiting = [number for number, rows in enumerate(found) if rows is None]
    what, done = "blocks of users", len(blocks) - len(waiting)
    progress(what, done, len(blocks))
    with closing(executor.run(play, [blocks[number] for number in waiting])) as results:
        for place, rows in results:
            number = waiting[place]
            found[number] = rows
            if kept:
                kept.write(number, blocks[number].last, rows)
            done += 1
            progress(what, done, len(blocks))
    return [rows for rows in found if rows is not None]
