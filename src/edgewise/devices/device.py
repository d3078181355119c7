"""A device of the table: the machine, and the name of its folder."""

import hashlib
import re
import unicodedata
from dataclasses import dataclass

from edgewise.errors import UsageError
from edgewise.machine import Machine

_MARKS = re.compile(r"\((?:r|tm|c)\)|\b(?:cpu|processor)\b", re.IGNORECASE)
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,63}")
_HASH_DIGITS = 6


@dataclass(frozen=True)
class Device:
    """A machine in the table."""

    id: str  # the name of its folder
    machine: Machine  # as it was when it came into the table


def device_id(machine: Machine) -> str:
    """A readable name for a machine: its CPU, its cores, and a hash of what decides how fast it is.

    Versions of packages do not: they stand beside each result.
    """
    text = "\n".join((machine.cpu, str(machine.cores), machine.system))
    digest = hashlib.sha256(text.encode()).hexdigest()[:_HASH_DIGITS]
    return f"{slug(_MARKS.sub(' ', machine.cpu), 40) or 'cpu'}-{machine.cores}x-{digest}"


def same_speed(one: Machine, other: Machine) -> bool:
    """Whether times of one stand for the other."""
    return device_id(one) == device_id(other)


def check_name(name: str) -> str:
    """A name that somebody gives a device. Raises `UsageError` for one that is not safe as a folder everywhere."""
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"{name!r} cannot name a device.", "Use small letters, digits, dots and dashes: pi-5, jetson.lab-2."
        )
    return name


def slug(text: str, longest: int) -> str:
    """A text as a part of a file name: small ASCII letters, digits and dashes."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:longest].rstrip("-")
