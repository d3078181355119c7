"""The parts of a step from one session of a user to the next, each within the caller's transaction.

`owner` is the row id of the user.
"""

import sqlite3

from edgewise.errors import UsageError
from edgewise.personal.remembered import StoredNetwork
from edgewise.personal.state_rows import NETWORK, Row, network_row, text
from edgewise.restore import shown


def keep_network(connection: sqlite3.Connection, owner: int, network: StoredNetwork) -> None:
    """Store a network, or renew what is known of a stored one. Raises `UsageError` where a name would come to mean two.

    A name stands for one folder and one tuple of classes.
    """
    changed = connection.execute(
        f"INSERT INTO networks (user, {NETWORK})"
        " VALUES (?, ?, ?, ?, ?, ?, ?) ON CONFLICT DO UPDATE SET created_unix_s = excluded.created_unix_s,"
        " values_json = excluded.values_json, retired = excluded.retired"
        " WHERE folder = excluded.folder AND classes_json = excluded.classes_json",
        (owner, *network_row(network)),
    ).rowcount
    if not changed:
        raise UsageError(
            f"Another network of the name {shown(network.name)} is stored.", "Give each network a name of its own."
        )


def retire_network(connection: sqlite3.Connection, owner: int, name: str) -> None:
    """See to it that a network does not serve again. Raises `UsageError` when it is not stored."""
    _is_retired(connection, owner, name)
    connection.execute("UPDATE networks SET retired = 1 WHERE user = ? AND name = ?", (owner, name))


def let_serve(connection: sqlite3.Connection, owner: int, serving: str | None, session_json: str) -> None:
    """Set the session, and the network that serves in it. Raises `UsageError` for one that may not; None is generic."""
    if serving is not None and _is_retired(connection, owner, serving):
        raise UsageError(f"The network {shown(serving)} is retired.", "Let another one serve.")
    connection.execute("UPDATE users SET session_json = ?, serving = ? WHERE id = ?", (session_json, serving, owner))


def keep_event(connection: sqlite3.Connection, owner: int, row: Row) -> int:
    """Store an event; gives its `seq`."""
    seq = connection.execute(
        "INSERT INTO events (user, unix_s, kind, text, values_json) VALUES (?, ?, ?, ?, ?)", (owner, *row)
    ).lastrowid
    assert seq is not None
    return seq


def _is_retired(connection: sqlite3.Connection, owner: int, name: str) -> bool:
    """Whether a stored network is retired. Raises `UsageError` when it is not stored."""
    found = connection.execute(
        "SELECT retired FROM networks WHERE user = ? AND name = ?", (owner, text(name, "The name of a network"))
    ).fetchone()
    if not found:
        raise UsageError(f"No network {shown(name)} of this user is stored.", "Store it in the same transition.")
    return bool(found[0])
