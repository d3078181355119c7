"""What is remembered, as the rows of the state file: checked on the way in, and again on the way out."""

import json
import math
import operator
from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from edgewise.errors import StoreError, UsageError
from edgewise.personal.remembered import MOST_CLASSES, Event, Feedback, Happening, Observation, StoredNetwork
from edgewise.restore import restore, shown

Row = tuple[Any, ...]
OBSERVATION = (  # columns, as rows have them
    "unix_s, label, confidence, model, ms, outside, top_classes, top_probabilities, answer_id, class_index"
)
FEEDBACK = "answer_id, unix_s, model, answered, generic, truth"
NETWORK = "name, folder, classes_json, created_unix_s, values_json, retired"
_CLASS, _PROBABILITY = np.dtype("<u2"), np.dtype("<f2")
_CHANGED = "It was changed by hand; stop the service, move the file away, and start it again."


def text(value: object, what: str) -> str:
    """A text that a file can hold. Raises `UsageError`, which calls it `what`."""
    try:
        if isinstance(value, str) and value.encode():
            return value
    except UnicodeEncodeError:
        pass
    raise UsageError(f"{what} is {shown(value)}.", "Give a text that is not empty and has no half characters in it.")


def number(value: object, what: str) -> float:
    """A finite number. Raises `UsageError`, which calls it `what`."""
    try:
        found = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        found = math.nan
    if not math.isfinite(found):
        raise UsageError(f"{what} is {shown(value)}.", "Give a finite number.")
    return found


def count(value: object, what: str) -> int:
    """A whole number of 0 or more that SQLite can hold. Raises `UsageError`, which calls it `what`."""
    try:
        found = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        found = -1
    if not 0 <= found < 2**63:
        raise UsageError(f"{what} is {shown(value)}.", "Give a whole number from 0 to 2^63 - 1.")
    return found


def json_text(value: Mapping[str, Any], what: str) -> str:
    """An object as JSON that reads back as it was, its tuples as lists. Raises `UsageError`, which calls it `what`."""
    try:
        if not isinstance(value, Mapping):
            raise TypeError(f"{shown(value)} is no object")
        _check_keys(value)
        return json.dumps(dict(value), allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise UsageError(
            f"{what} cannot be kept as JSON: {error}.", "Give texts, finite numbers, lists, dicts."
        ) from error


def _check_keys(value: object) -> None:
    """See that every key is a text: JSON would silently make one of it."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if not isinstance(key, str):
                raise TypeError(f"the key {shown(key)} is no text")
            _check_keys(one)
    elif isinstance(value, list | tuple):
        for one in value:
            _check_keys(one)


def observation_row(observation: Observation) -> Row:
    """The columns of an observation but for `seq`. Raises `UsageError` for one that cannot be kept."""
    classes, probabilities = observation.top_classes, observation.top_probabilities
    _check_top(classes, probabilities)
    return (
        number(observation.unix_s, "The time of an observation"),
        None if observation.label is None else text(observation.label, "The label of an observation"),
        number(observation.confidence, "The confidence of an observation"),
        text(observation.model, "The model of an observation"),
        number(observation.ms, "The duration of an observation"),
        None if observation.outside is None else number(observation.outside, "The outside score of an observation"),
        classes.astype(_CLASS, copy=False).tobytes(),
        probabilities.astype(_PROBABILITY, copy=False).tobytes(),
        None if observation.answer_id is None else text(observation.answer_id, "The id of an answer"),
        None if observation.class_index is None else count(observation.class_index, "The class of an answer"),
    )


def _check_top(classes: np.ndarray, probabilities: np.ndarray) -> None:
    """See that two arrays are what an `Observation` holds. Raises `UsageError`."""
    if not _is_short_row(classes, np.uint16) or not _is_short_row(probabilities, np.float16, len(classes)):
        found = [
            f"{a.dtype} {list(a.shape)}" if isinstance(a, np.ndarray) else shown(a) for a in (classes, probabilities)
        ]
        raise UsageError(
            f"The classes of an observation are {found[0]}, their probabilities {found[1]}.",
            f"Give uint16 [k] and float16 [k], k at most {MOST_CLASSES}.",
        )
    if len(classes) and not (probabilities.min() >= 0 and probabilities.max() <= 1):  # NaN is neither
        raise UsageError(f"The probabilities of an observation are {shown(probabilities)}.", "Give some from 0 to 1.")


def _is_short_row(array: object, dtype: type[np.generic], many: int | None = None) -> bool:
    if not isinstance(array, np.ndarray) or array.dtype != dtype or array.ndim != 1:
        return False
    return len(array) <= MOST_CLASSES if many is None else len(array) == many


def read_observation(row: Row, path: Path) -> Observation:
    """An observation of the row that begins with its `seq`. Raises `StoreError`."""
    seq, unix_s, label, confidence, model, ms, outside, classes, probabilities, answer_id, class_index = row
    if len(classes) != len(probabilities) or len(classes) % 2:
        raise StoreError(f"{path}: observation {seq} has classes without probabilities.", _CHANGED)
    tops = (np.frombuffer(classes, _CLASS), np.frombuffer(probabilities, _PROBABILITY))
    return Observation(unix_s, label, confidence, model, ms, outside, *tops, answer_id, class_index, seq)


def feedback_row(feedback: Feedback) -> Row:
    """The columns of feedback but for `seq` and its user. Raises `UsageError` for what cannot be kept."""
    return (
        text(feedback.answer_id, "The id of an answer"),
        number(feedback.unix_s, "The time of feedback"),
        text(feedback.model, "The model of feedback"),
        count(feedback.answered, "The class that was answered"),
        None if feedback.generic is None else count(feedback.generic, "The class that the generic network answered"),
        count(feedback.truth, "The class that is true"),
    )


def event_row(unix_s: float, happening: Happening) -> Row:
    """The columns of an event but for `seq` and its user. Raises `UsageError` for one that cannot be kept."""
    kind, sentence, values = happening
    kind = text(kind, "The kind of an event")
    return (
        unix_s,
        kind,
        text(sentence, f"The text of the event {kind!r}"),
        json_text(values, f"What is known of the event {kind!r}"),
    )


def read_event(row: Row, path: Path) -> Event:
    """An event of its row. Raises `StoreError`."""
    seq, unix_s, user, kind, sentence, values = row
    return Event(seq, unix_s, user, kind, sentence, read_object(values, path))


def network_row(network: StoredNetwork) -> Row:
    """The columns of a network. Raises `UsageError` for one that cannot be kept."""
    name = text(network.name, "The name of a network")
    folder = PurePosixPath(text(network.folder, f"The folder of the network {name!r}"))
    if folder.is_absolute() or ".." in folder.parts or not folder.parts or "\0" in network.folder:
        raise UsageError(
            f"The folder of the network {name!r} is {shown(network.folder)}.", "Give one within the state folder."
        )
    return (
        name,
        str(folder),
        json.dumps([count(number, f"A class of the network {name!r}") for number in network.classes]),
        number(network.created_unix_s, f"The time of the network {name!r}"),
        json_text(network.values, f"What is known of the network {name!r}"),
        bool(network.retired),
    )


def read_network(row: Row, path: Path) -> StoredNetwork:
    """A network of its row. Raises `StoreError`."""
    name, folder, classes, created_unix_s, values, retired = row
    numbers = restore(tuple[int, ...], _parse(classes, path), path)
    return StoredNetwork(name, folder, numbers, created_unix_s, read_object(values, path), bool(retired))


def read_object(content: str, path: Path) -> dict[str, Any]:
    """A JSON object. Raises `StoreError`."""
    return restore(dict[str, Any], _parse(content, path), path)


def _parse(content: str, path: Path) -> object:
    try:
        return json.loads(content)
    except (ValueError, RecursionError) as error:
        raise StoreError(f"{path} holds {shown(content)} where JSON belongs: {error}.", _CHANGED) from error
