"""Networks for many users: one job a user, wherever jobs run; what is finished is kept."""

import json
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any, Literal, TypedDict

from edgewise.errors import EdgewiseError, GuardRefused, StoreError
from edgewise.executors.executor import Executor, WorkerLost
from edgewise.executors.node import node_name
from edgewise.one_writer import LOCK, one_writer
from edgewise.progress import Progress, silent
from edgewise.prune.request import Request
from edgewise.restore import restore
from edgewise.store import PART, atomic_path, cannot_write, read_json, write_json

KIND, SCHEMA = "pruned users", 1
USERS = "users.json"
PERSONALISING = "personalising users"
_AGAIN = "Name a folder that `edgewise prune users` wrote, or a new one."
Verdict = Literal["let in", "refused", "failed"]


@dataclass(frozen=True)
class User:
    """Somebody who is to have a network."""

    name: str  # of the folder, too
    request: Request


@dataclass(frozen=True)
class Row:
    """What came of one user."""

    user: str
    verdict: Verdict
    why: str  # in words: what the guard found, why it refused, or what went wrong
    classes: tuple[str, ...]
    speedup: float | None  # times as fast as the generic network; None where there is no network
    drop_points: float | None  # expected
    seconds: float
    node: str


@dataclass(frozen=True)
class UserDone:
    """A row, and the files of the network."""

    row: Row
    files: Mapping[str, bytes]


class _Known(TypedDict):
    """A row that is stored, and what was asked."""

    row: Row
    request: dict[str, Any]


class _Stored(TypedDict):
    users: list[_Known]


def make_users(users: Sequence[User], out: Path, executor: Executor, progress: Progress = silent) -> tuple[Row, ...]:
    """Make each user's network in a folder of the user's name below `out`, and give a row for each, in their order.

    Users whose network is there, or was refused, for the same request are not made again; those that failed are. A user
    that fails, or ends the process that works on it again and again, is a row, and an earlier network of that user
    stays; the others go on. Raises `StoreError` where `out` holds other things, cannot be written, or is being written,
    and what the executor raises.
    """
    with _writing(out):
        known = {one["row"].user: one for one in _read(out)}
        done = {user.name: known[user.name] for user in users if _is_finished(known.get(user.name), user, out)}
        waiting = [user for user in users if user.name not in done]
        progress(PERSONALISING, len(done), len(users))
        while waiting:
            try:
                with closing(executor.run(make_user, waiting)) as results:
                    for number, found in results:
                        _keep(out, waiting[number], found, known, done)
                        progress(PERSONALISING, len(done), len(users))
            except WorkerLost as lost:
                user = waiting[lost.job]
                _keep(out, user, UserDone(_without(user, "failed", lost.message, 0.0), {}), known, done)
                progress(PERSONALISING, len(done), len(users))
            waiting = [user for user in waiting if user.name not in done]
    return tuple(done[user.name]["row"] for user in users)


def make_user(user: User) -> UserDone:
    """One user's network; an error of ours becomes the row's `why`."""
    from edgewise.runtime.torch import import_torch

    import_torch("edgewise prune")
    from edgewise.prune.fulfil import fulfil

    started = perf_counter()
    with tempfile.TemporaryDirectory(prefix="edgewise-user-") as temporary:
        folder = Path(temporary) / user.name
        try:
            found = fulfil(user.request, folder)
        except GuardRefused as error:
            return UserDone(_without(user, "refused", error.message, perf_counter() - started), {})
        except EdgewiseError as error:
            return UserDone(_without(user, "failed", error.message, perf_counter() - started), {})
        except (RuntimeError, MemoryError, OSError) as error:  # PyTorch's own; no memory, no room for what is temporary
            why = f"{type(error).__name__}: {error}"
            return UserDone(_without(user, "failed", why, perf_counter() - started), {})
        record = found.written.record
        row = Row(
            user.name,
            "let in",
            str(found.made.evidence),
            tuple(record["classes"]),
            found.written.generic_ms / found.written.ms,
            record["evidence"]["found"]["drop_points"],
            perf_counter() - started,
            node_name(),
        )
        return UserDone(row, {path.name: path.read_bytes() for path in sorted(folder.iterdir())})


def _without(user: User, verdict: Verdict, why: str, seconds: float) -> Row:
    return Row(user.name, verdict, why, user.request.classes or (), None, None, seconds, node_name())


def _values(request: Request) -> dict[str, Any]:
    return json.loads(json.dumps(asdict(request)))


def _is_finished(known: _Known | None, user: User, out: Path) -> bool:
    if known is None or known["row"].verdict == "failed" or known["request"] != _values(user.request):
        return False
    return known["row"].verdict == "refused" or (out / user.name).is_dir()


def _keep(out: Path, user: User, found: UserDone, known: dict[str, _Known], done: dict[str, _Known]) -> None:
    """The files in one step, between the row that goes and the row that comes, so that a row tells the truth.

    Where the guard refused, a network of an earlier request goes; where something failed, it stays.
    """
    if known.pop(user.name, None):
        _write_rows(out, known)
    if found.row.verdict != "failed":
        _replace(out / user.name, found.files)
    known[user.name] = done[user.name] = {"row": found.row, "request": _values(user.request)}
    _write_rows(out, known)


def _write_rows(out: Path, known: Mapping[str, _Known]) -> None:
    rows = [{"row": asdict(one["row"]), "request": one["request"]} for one in known.values()]
    write_json(out / USERS, KIND, SCHEMA, {"users": rows})


def _replace(folder: Path, files: Mapping[str, bytes]) -> None:
    """Give a user's folder these files in the place of all that it has; without files it goes."""
    try:
        half = Path(tempfile.mkdtemp(prefix=f".{folder.name}.", suffix=PART, dir=folder.parent))
        try:
            (half / "new").mkdir()
            for name, content in files.items():
                with atomic_path(half / "new" / name) as temporary:
                    temporary.write_bytes(content)
            if folder.exists():
                folder.replace(half / "old")
            if files:
                (half / "new").replace(folder)
        finally:
            shutil.rmtree(half, ignore_errors=True)
    except OSError as error:
        raise cannot_write(folder, error) from error


def _read(out: Path) -> list[_Known]:
    path = out / USERS
    return restore(_Stored, read_json(path, KIND, SCHEMA, _AGAIN), path)["users"] if path.exists() else []


@contextmanager
def _writing(out: Path) -> Iterator[None]:
    """Be the one writer of the folder; what a killed one left half written goes."""
    if out.exists() and (not out.is_dir() or not _is_ours(out)):
        raise StoreError(f"{out} holds other things than networks of users.", _AGAIN)
    with one_writer(out, "edgewise prune users"):
        for half in out.glob(f".*{PART}"):
            if half.is_dir():
                shutil.rmtree(half, ignore_errors=True)
        yield


def _is_ours(out: Path) -> bool:
    """Whether a folder has been begun: it has rows, or nothing but what a killed run leaves."""
    return (out / USERS).is_file() or all(
        path.name == LOCK or (path.name.startswith(".") and path.name.endswith(PART)) for path in out.iterdir()
    )
