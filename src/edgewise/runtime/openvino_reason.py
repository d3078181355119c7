"""What an error of OpenVINO says that is worth telling: of which operator, and why; not where its source raised it."""

import re

_LONGEST = 300
_UNKNOWN = re.compile(r"^-- (No conversion rule found for operations: .+)$", re.MULTILINE)
_FAILED = re.compile(r"^-- (\S+) with a message:\n(.*?)(?=^-- |^Summary:|\Z)", re.MULTILINE | re.DOTALL)
_FOLLOWS = "Unsupported input type dynamic"  # an operator that comes after one that failed
_WHERE = ("Exception from", "Check '")


def reason_of(error: Exception) -> str:
    """One line. Where it converts a network and cannot, the operators that it does not know, else what fails in one."""
    text = str(error)
    if unknown := _UNKNOWN.search(text):
        return unknown[1][:_LONGEST]
    failed = {operator: _last_line(told) for operator, told in _FAILED.findall(text)}
    first = [(operator, told) for operator, told in failed.items() if told != _FOLLOWS]
    if first or failed:
        operator, told = (first or list(failed.items()))[0]
        return f"{operator}: {told}"[:_LONGEST]
    return (_last_line(text) or type(error).__name__)[:_LONGEST]


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    told = [line for line in lines if not line.startswith(_WHERE)]
    return (told or lines or [""])[-1]
