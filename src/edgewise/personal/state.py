"""The device's memory of its users: one SQLite file, which outlives its process however that ends."""

import sqlite3
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, Any, Final, Self

from edgewise.errors import UsageError
from edgewise.personal import state_rows as rows
from edgewise.personal.remembered import Accuracy, Event, Feedback, Happening, Observation, StoredNetwork, check_user
from edgewise.personal.state_file import FILE, connect, damaged_files, sweep, take, transaction
from edgewise.personal.state_transition import keep_event, keep_network, let_serve, retire_network
from edgewise.personal.state_trouble import trouble
from edgewise.restore import shown

if TYPE_CHECKING:
    from filelock import BaseFileLock

KEPT: Final = 10_000  # observations, events and feedback of a user
_BETWEEN_TRIMS = 256  # observations
_BUSY_S = 2.0


class DeviceState:
    """What one device knows of its users, for one process; its threads may share it.

    Every change is one transaction: all of it is there afterwards or nothing. What a call has returned from outlives
    the death of the process. All but `record` wait for the disk too, so that they also outlive a power cut; after one,
    the last seconds of observations may be missing. A closed state raises `StoreError`.

    Attributes: `folder`; `moved_aside`, where a damaged file went when this one was opened, None for none.
    """

    def __init__(self, folder: Path, connection: sqlite3.Connection, moved_aside: Path | None, keep: int) -> None:
        self.folder = folder
        self.moved_aside = moved_aside
        self._path = folder / FILE
        self._connection = connection
        self._keep = keep
        self._stored: dict[int, int] = {}  # observations of a user, by row id, once one was recorded
        self._one_at_a_time = RLock()
        self._taken: BaseFileLock | None = None

    @classmethod
    def open(cls, folder: Path, generic: str, *, keep: int = KEPT, busy_s: float = _BUSY_S) -> Self:
        """The state in a folder, made where there is none; older schemas are migrated.

        `generic` is the fingerprint of the generic model, `keep` how many observations, events and feedback of a
        user stay, `busy_s` how long another program that holds the file is waited for. A damaged file is moved aside
        and a new one begun, which `moved_aside` tells.

        Raises `UsageError` when another process uses the folder, or the state belongs to another generic model;
        `StoreError` when the file is a newer edgewise's, is held, or cannot be written.
        """
        rows.text(generic, "The fingerprint of the generic model")
        keep = rows.count(keep, "keep")
        taken = take(folder)
        try:
            connection, moved_aside = connect(folder / FILE, generic, busy_s)
            state = cls(folder, connection, moved_aside, keep)
            try:
                state._see_to(generic)
            except BaseException:
                connection.close()
                raise
        except BaseException:
            taken.release()
            raise
        state._taken = taken
        return state

    def _see_to(self, generic: str) -> None:
        """See that the state is this generic model's, and end a forgetting that was cut short."""
        ((stored, forgetting),) = self._read("SELECT generic, forgetting FROM device")
        if stored != generic:
            raise UsageError(
                f"{self._path} belongs to another generic model: {shown(stored)}; this one is {shown(generic)}.",
                "Serve the model that it belongs to, or choose another folder; to begin anew, move the file away.",
            )
        if forgetting:
            self._sweep()

    def close(self) -> None:
        """Give file and folder back; more than once does nothing."""
        with self._one_at_a_time:
            self._connection.close()
            if self._taken:
                self._taken.release()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def users(self) -> tuple[str, ...]:
        """The ids of all users, in the order in which they came."""
        return tuple(name for (name,) in self._read("SELECT name FROM users ORDER BY id"))

    def add_user(self, user: str) -> None:
        """Begin to remember a user; one who is known stays as is. Raises `UsageError` for a text that is no id."""
        with self._changing() as connection:
            connection.execute("INSERT INTO users (name) VALUES (?) ON CONFLICT DO NOTHING", (check_user(user),))

    def session(self, user: str) -> tuple[dict[str, Any] | None, str | None]:
        """The session of a user, and the network that serves in it.

        None for a session: there was no transition yet; for a network: the generic one serves. Raises `UsageError`
        for a user who is not known.
        """
        ((session, serving),) = self._read_of(user, "SELECT session_json, serving FROM users WHERE id = ?")
        return None if session is None else rows.read_object(session, self._path), serving

    def record(self, user: str, observation: Observation) -> int:
        """Keep one answer; gives its `seq`, which rises from call to call.

        Takes about 0.1 ms, and 4 to 12 ms once in some 80 calls, when SQLite empties its log; it does not wait for the
        disk, so that a power cut may take the last observations, and the death of the process none. At most `keep` +
        256 of a user stay, the newest. Raises `UsageError` for an unknown user, or for values that are no finite
        numbers or no text.
        """
        row = rows.observation_row(observation)
        with self._changing(durable=False) as connection:
            owner = self._id(user)
            cursor = connection.execute(
                f"INSERT INTO observations (user, {rows.OBSERVATION}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
                (owner, *row),
            )
            self._trim_observations(owner)
        assert cursor.lastrowid is not None
        return cursor.lastrowid

    def observations(self, user: str, last: int) -> list[Observation]:
        """The newest `last` answers to a user, oldest first. Raises `UsageError` for a user who is not known."""
        found = self._read_of(
            user,
            f"SELECT seq, {rows.OBSERVATION} FROM observations WHERE user = ? ORDER BY seq DESC LIMIT ?",
            rows.count(last, "last"),
        )
        return [rows.read_observation(row, self._path) for row in reversed(found)]

    def counts(self, user: str, last: int) -> dict[str | None, int]:
        """How often each label is among the newest `last` answers, most frequent first; None counts the refused."""
        return dict(
            self._read_of(
                user,
                "SELECT label, count(*) FROM (SELECT label FROM observations WHERE user = ? ORDER BY seq DESC LIMIT ?)"
                " GROUP BY label ORDER BY count(*) DESC, label",
                rows.count(last, "last"),
            )
        )

    def answer(self, answer_id: str) -> tuple[str, Observation]:
        """The user whom an answer was given to, and the answer. Raises `UsageError` for one that is not found.

        The newest `keep` of all users are looked at, the latest first: an index would cost each answer a page to write.
        """
        found = self._read(
            f"SELECT name, seq, {rows.OBSERVATION} FROM observations JOIN users ON users.id = user"
            " WHERE seq > (SELECT max(seq) FROM observations) - ? AND answer_id = ? AND class_index NOT NULL"
            " ORDER BY seq DESC LIMIT 1",
            (self._keep, rows.text(answer_id, "The id of an answer")),
        )
        if not found:
            raise UsageError(
                f"No answer with the id {shown(answer_id)} is remembered.",
                f"Give the id that came with one of the device's latest {self._keep:,} answers.",
            )
        user, *row = found[0]
        return user, rows.read_observation(tuple(row), self._path)

    def tell(self, user: str, feedback: Feedback) -> None:
        """Keep what the owner says of an answer, in the place of what was said of it before.

        The newest `keep` of a user stay. Raises `UsageError` for an unknown user, and for what cannot be kept.
        """
        row = rows.feedback_row(feedback)
        with self._changing() as connection:
            owner = self._id(user)
            connection.execute(
                f"INSERT INTO feedback (user, {rows.FEEDBACK}) VALUES (?, ?, ?, ?, ?, ?, ?)"
                " ON CONFLICT (answer_id) DO UPDATE SET unix_s = excluded.unix_s, truth = excluded.truth",
                (owner, *row),
            )
            self._trim("feedback", owner)

    def accuracy(self, user: str) -> tuple[Accuracy, ...]:
        """Of each network that the owner spoke of answers of, the first spoken of first."""
        found = self._read_of(
            user,
            "SELECT model, count(*), sum(answered = truth) FROM feedback WHERE user = ?"
            " GROUP BY model ORDER BY min(seq)",
        )
        return tuple(Accuracy(*row) for row in found)

    def transition(
        self,
        user: str,
        session: Mapping[str, Any],
        serving: str | None,
        events: Sequence[Happening],
        networks: Sequence[StoredNetwork] = (),
        retire: Sequence[str] = (),
    ) -> tuple[Event, ...]:
        """Take a user from one session to the next, in one transaction; gives the events as they are stored.

        First `networks` are kept (one of a stored name renews its values, and must have its folder and classes), then
        those named in `retire` retired; the network named by `serving` must be stored then and not retired; None is
        the generic one. Raises `UsageError` when it is not, for a user who is not known, and for values that cannot
        be kept.
        """
        now_s = time.time()
        session_json = rows.json_text(session, "The session")
        event_rows = [rows.event_row(now_s, happening) for happening in events]
        with self._changing() as connection:
            owner = self._id(user)
            for network in networks:
                keep_network(connection, owner, network)
            for name in retire:
                retire_network(connection, owner, name)
            let_serve(connection, owner, serving, session_json)
            seqs = [keep_event(connection, owner, row) for row in event_rows]
            self._trim("events", owner)
        stored = zip(seqs, event_rows, strict=True)
        return tuple(rows.read_event((seq, row[0], user, *row[1:]), self._path) for seq, row in stored)

    def events(self, after: int = 0, user: str | None = None, limit: int = 200) -> list[Event]:
        """The first `limit` events whose `seq` is above `after`, of one user or all, oldest first."""
        if user is not None and user not in self.users():
            raise _unknown(user)
        found = self._read(
            "SELECT seq, unix_s, name, kind, text, values_json FROM events JOIN users ON users.id = events.user"
            " WHERE seq > ? AND (? IS NULL OR name = ?) ORDER BY seq LIMIT ?",
            (rows.count(after, "after"), user, user, rows.count(limit, "limit")),
        )
        return [rows.read_event(row, self._path) for row in found]

    def networks(self, user: str) -> tuple[StoredNetwork, ...]:
        """The networks of a user, retired ones too, in the order in which they came. Raises `UsageError`."""
        found = self._read_of(user, f"SELECT {rows.NETWORK} FROM networks WHERE user = ? ORDER BY rowid")
        return tuple(rows.read_network(row, self._path) for row in found)

    def forget(self, user: str) -> tuple[Path, ...]:
        """Delete a user so that no byte of what was kept stays in the file or its log; takes as long as writing it.

        The folders of the user's networks are the caller's to remove before. Gives the damaged files that were moved
        aside earlier, which may hold something of the user still. Cut short at any point, the user is either all there
        or gone, and the next `open` ends it. Raises `UsageError` for a user who is not known; `StoreError` when the
        file cannot be written anew now (the user is gone even so).
        """
        with self._one_at_a_time:
            with self._changing() as connection:
                owner = self._id(user)
                connection.execute("UPDATE device SET forgetting = 1")
                connection.execute("DELETE FROM users WHERE id = ?", (owner,))  # and, by the foreign keys, all else
                self._stored.pop(owner, None)
            self._sweep()
        return damaged_files(self.folder)

    def _sweep(self) -> None:
        """Clear away the bytes of deleted rows, and note that none are left."""
        with self._one_at_a_time:
            sweep(self._connection, self._path)
            with self._changing() as connection:
                connection.execute("UPDATE device SET forgetting = 0")

    def _trim_observations(self, owner: int) -> None:
        """Delete old observations, many at a time."""
        if owner not in self._stored:
            ((self._stored[owner],),) = self._connection.execute(
                "SELECT count(*) FROM observations WHERE user = ?", (owner,)
            )
        else:
            self._stored[owner] += 1
        if self._stored[owner] >= self._keep + _BETWEEN_TRIMS:
            self._trim("observations", owner)
            self._stored[owner] = self._keep

    def _trim(self, table: str, owner: int) -> None:
        self._connection.execute(
            f"DELETE FROM {table} WHERE user = ? AND seq <="
            f" (SELECT seq FROM {table} WHERE user = ? ORDER BY seq DESC LIMIT 1 OFFSET ?)",
            (owner, owner, self._keep),
        )

    def _id(self, user: str) -> int:
        found = self._connection.execute("SELECT id FROM users WHERE name = ?", (check_user(user),)).fetchone()
        if not found:
            raise _unknown(user)
        return found[0]

    def _read(self, query: str, values: rows.Row = ()) -> list[rows.Row]:
        with self._one_at_a_time, trouble(self._path):
            return self._connection.execute(query, values).fetchall()

    def _read_of(self, user: str, query: str, *values: int) -> list[rows.Row]:
        with self._one_at_a_time, trouble(self._path):
            return self._connection.execute(query, (self._id(user), *values)).fetchall()

    @contextmanager
    def _changing(self, *, durable: bool = True) -> Iterator[sqlite3.Connection]:
        """One transaction; a durable one has reached the disk when it ends."""
        with self._one_at_a_time, trouble(self._path):
            if durable:
                self._connection.execute("PRAGMA synchronous = FULL")
            try:
                with transaction(self._connection):
                    yield self._connection
            finally:
                if durable:
                    self._connection.execute("PRAGMA synchronous = NORMAL")


def _unknown(user: str) -> UsageError:
    return UsageError(f"No user {shown(user)} is known.", "Add the user first.")
