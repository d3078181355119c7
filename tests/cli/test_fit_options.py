"""What is kept of a method's options, whoever wrote the method."""

from dataclasses import dataclass

from edgewise.cli.fit_options import settings_of


@dataclass(frozen=True, slots=True)
class Inner:
    threshold: float


@dataclass(frozen=True, slots=True)
class Of:
    inner: Inner
    kind: type
    charges: object = None


def test_methods_with_slots_are_told_as_others_are() -> None:
    assert settings_of(Of(Inner(0.5), Inner)) == {"inner": {"threshold": 0.5}, "kind": repr(Inner)}
