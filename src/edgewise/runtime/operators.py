"""A network as its file lists it: operators in the order in which they run."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Operator:
    """One step of a network; tensors go by name, an input that is left out by an empty one."""

    name: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]


def fixed_tensors(operators: Iterable[Operator], constants: Iterable[str]) -> frozenset[str]:
    """The tensors that are the same for every image: constants, and what is computed from these alone."""
    fixed = {"", *constants}
    for operator in operators:
        if fixed.issuperset(operator.takes):
            fixed |= set(operator.gives)
    return frozenset(fixed)
