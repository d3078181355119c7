"""What a device remembers of a user: the answers it gave, what happened, the networks it made."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from edgewise.errors import UsageError
from edgewise.restore import shown

MOST_CLASSES: Final = 64  # of one posterior
_USER = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}")

Happening = tuple[str, str, Mapping[str, Any]]  # an event that is not stored yet: its kind, text and values


@dataclass(frozen=True, eq=False)
class Observation:
    """One answer, and what the generic network held likely, where it ran."""

    unix_s: float
    label: str | None  # the answer; None = it was refused
    confidence: float
    model: str  # the network that answered
    ms: float
    outside: float | None = None  # how much the input looked like none of the user's classes; None = not asked
    # Of the generic network's calibrated posterior the most probable classes; both empty = it did not run.
    top_classes: np.ndarray = field(default_factory=lambda: np.empty(0, np.uint16))  # uint16 [k], k <= 64
    top_probabilities: np.ndarray = field(default_factory=lambda: np.empty(0, np.float16))  # float16 [k]
    answer_id: str | None = None  # by which the owner may speak of it; None = it was given before answers had ids
    class_index: int | None = None  # the answer, of the generic network's classes; there where the id is
    seq: int = 0  # given by the store: later answers have higher ones


@dataclass(frozen=True)
class Event:
    """Something that a person may want to know of."""

    seq: int  # given by the store: later events have higher ones, whatever the clock says
    unix_s: float
    user: str
    kind: str  # such as "learned", "pruning", "swapped", "alarm", "failed", "paused"
    text: str  # a sentence for a person
    values: Mapping[str, Any]  # of JSON


@dataclass(frozen=True)
class Feedback:
    """What the owner says is true of one answer. Classes are the generic network's."""

    answer_id: str
    unix_s: float
    model: str  # the network that answered
    answered: int
    generic: int | None  # what the generic network answered; None = it did not run, or that was not kept
    truth: int


@dataclass(frozen=True)
class Accuracy:
    """How often a network was right, of the answers that the owner spoke of."""

    model: str
    told: int
    right: int


@dataclass(frozen=True)
class StoredNetwork:
    """A network that was made for a user."""

    name: str
    folder: str  # relative to the state folder
    classes: tuple[int, ...]  # of the generic network
    created_unix_s: float
    values: Mapping[str, Any]  # of JSON: evidence, speed and so on
    retired: bool = False  # it may not serve again


def check_user(text: str) -> str:
    """The id of a user, which also names folders. Raises `UsageError` for a text that cannot be one."""
    if not isinstance(text, str) or not _USER.fullmatch(text):
        raise UsageError(
            f"{shown(text)} cannot name a user.",
            "Use 1 to 64 of A-Z, a-z, 0-9, hyphen, underscore and dot, not beginning with a dot.",
        )
    return text
