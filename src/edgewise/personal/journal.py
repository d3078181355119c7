"""What of one user reaches the state file: each step from one session to the next, and what happened on the way."""

from collections.abc import Sequence
from typing import Any, TypedDict

from edgewise.personal.remembered import Happening, StoredNetwork
from edgewise.personal.session import Session
from edgewise.personal.state import DeviceState
from edgewise.restore import restore


class Kept(TypedDict):
    """What is stored of a session."""

    session: dict[str, Any]
    first_seq: int  # of the observations since the last change
    test: dict[str, Any]  # under way, of `Verifying` or `Watching`; empty: none


class Journal:
    """Of one user. What cannot be written now, as on a full disk, is written with the next step."""

    def __init__(self, state: DeviceState, user: str) -> None:
        self._state, self._user = state, user
        self._events: list[Happening] = []
        self._networks: list[StoredNetwork] = []
        self._retired: list[str] = []

    def kept(self) -> Kept | None:
        """What was stored last; None for a user who is new. Raises `StoreError` for what cannot be read."""
        values, _ = self._state.session(self._user)
        return None if values is None else restore(Kept, values, self._state.folder)

    def networks(self) -> list[StoredNetwork]:
        """Those that are stored, but for the ones that may not serve again."""
        stored = self._state.networks(self._user)
        return [one for one in stored if not one.retired and one.name not in self._retired]

    def note(
        self, events: Sequence[Happening] = (), networks: Sequence[StoredNetwork] = (), retire: Sequence[str] = ()
    ) -> None:
        """Have it written with the next step; to retire what was never stored is nothing to write."""
        self._events += events
        self._networks += networks
        self._retired += retire

    def store(self, session: Session, first_seq: int, test: dict[str, Any]) -> None:
        """Write it all, in one transaction. Raises `StoreError`."""
        values: Kept = {"session": session.to_values(), "first_seq": first_seq, "test": test}
        known = {one.name for one in (*self._state.networks(self._user), *self._networks)}
        retired = [name for name in self._retired if name in known]
        self._state.transition(self._user, values, session.serving, self._events, self._networks, retired)
        self._events, self._networks, self._retired = [], [], []
