"""One choice among a user's members, tried beside the generic network."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self, TypedDict

from edgewise.personal.chooser import Chooser
from edgewise.prune.evidence import Evidence

_PATIENCE = 256  # inputs: before, a forecast says little


class StoredTrial(TypedDict):
    """Of one that is under way."""

    chooser: dict[str, Any]
    alpha: float
    evidence: dict[str, Any] | None


@dataclass
class Trial:
    """A choice, and what live inputs say of it."""

    chooser: Chooser
    alpha: float
    evidence: Evidence | None = None

    @property
    def passes(self) -> bool:
        return self.evidence is not None and self.evidence.verdict == "passes"

    def fails(self, left: int) -> bool:
        """Whether it will not be let in within the inputs that are left, did they go on as they have."""
        if self.evidence is None or self.passes:
            return False
        if self.evidence.verdict == "refused":
            return True
        needed = self.evidence.inputs_needed
        return self.evidence.inputs >= _PATIENCE and (needed is None or needed - self.evidence.inputs > left)

    def to_values(self) -> StoredTrial:
        evidence = None if self.evidence is None else self.evidence.to_values()
        return {"chooser": self.chooser.to_values(), "alpha": self.alpha, "evidence": evidence}

    @classmethod
    def from_values(cls, values: StoredTrial, origin: Path) -> Self:
        """The inverse. Raises `StoreError`."""
        evidence = values["evidence"]
        return cls(
            Chooser.from_values(values["chooser"], origin),
            values["alpha"],
            None if evidence is None else Evidence.from_values(evidence, origin),
        )
