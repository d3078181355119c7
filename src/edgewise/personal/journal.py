"""What of one user reaches the state file: answers, and each step from one session to the next."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any, TypedDict

import numpy as np

from edgewise.personal.beliefs import Belief
from edgewise.personal.remembered import Happening, Observation, StoredNetwork
from edgewise.personal.session import Session
from edgewise.personal.state import DeviceState
from edgewise.restore import restore


class Kept(TypedDict):
    """What is stored of a session."""

    session: dict[str, Any]
    first_seq: int  # of the observations since the last change
    test: dict[str, Any]  # under way, of `Verifying` or `Watching`; empty: none


class Journal:
    """Of one user. A step that cannot be written now, as on a full disk, is written with the next."""

    def __init__(self, state: DeviceState, user: str) -> None:
        self._state, self._user = state, user
        self._events: list[Happening] = []
        self._networks: list[StoredNetwork] = []
        self._retired: list[str] = []

    def kept(self) -> Kept | None:
        """What was stored last; None for a user who is new. Raises `StoreError` for what cannot be read."""
        values, _ = self._state.session(self._user)
        return None if values is None else restore(Kept, values, self._state.folder)

    def remember(
        self,
        label: str,
        chance: float,
        model: str,
        ms: float,
        belief: Belief | None = None,
        outside: float | None = None,
        answer_id: str | None = None,
        class_index: int | None = None,
    ) -> None:
        """One answer, and what the generic network believed and an audit found. Raises `StoreError`."""
        observation = Observation(
            time.time(), label, chance, model, ms, outside, answer_id=answer_id, class_index=class_index
        )
        if belief is not None:
            top = {"top_classes": np.array(belief.classes, np.uint16)}
            top |= {"top_probabilities": np.array(belief.chances, np.float16)}
            observation = replace(observation, **top)
        self._state.record(self._user, observation)

    def beliefs(self, first_seq: int, last: int) -> Iterator[Belief]:
        """What the generic network believed of the newest `last` inputs, from an observation on, oldest first."""
        for one in self._state.observations(self._user, last):
            if one.seq >= first_seq and len(one.top_classes):
                chances = tuple(float(chance) for chance in one.top_probabilities)
                yield Belief(tuple(one.top_classes.tolist()), chances)

    def next_seq(self) -> int:
        """From which on later observations count."""
        latest = self._state.observations(self._user, 1)
        return latest[-1].seq + 1 if latest else 0

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
