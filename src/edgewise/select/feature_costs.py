"""What features cost: steps that several of them share, and each one's own."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class FeatureCosts:
    """The measured time of every step of feature extraction, and the steps that each feature needs.

    A grey raster or an edge map serves many features, so a feature has no price of its own: a set of features costs the
    steps that it needs, each once.
    """

    steps_ms: Mapping[str, float]  # step -> ms
    needs: Mapping[str, tuple[str, ...]]  # feature -> all its steps

    def ms(self, names: Iterable[str]) -> float:
        """What extracting these features takes together; 0 for none, and for features that no step is known of."""
        steps = {step for name in names for step in self.needs.get(name, ())}
        return float(sum(self.steps_ms[step] for step in steps))


FREE = FeatureCosts({}, {})


def at_once(names: Iterable[str], ms: float) -> FeatureCosts:
    """Features that come out of one step of `ms` together, however many of them are wanted."""
    return FeatureCosts({"all": ms}, dict.fromkeys(names, ("all",)))
