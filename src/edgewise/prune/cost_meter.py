"""Measuring what it costs to make a user's network, step by step."""

from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from time import perf_counter

from edgewise.prune.cost import Cost, Macs, StepCost
from edgewise.prune.mac_counter import MacCounter
from edgewise.prune.peak_memory import PeakMemory, give_back_freed


class CostMeter:
    """Begins when it is made. Steps do not lie in each other; one that comes again is added to what it was."""

    def __init__(self) -> None:
        self._peak = PeakMemory.begin()
        self._steps: dict[str, StepCost] = {}
        self._kept: dict[str, int] = {}

    @contextmanager
    def step(self, name: str, *, counted: bool = True) -> Iterator[None]:
        """Time what is done within and, if it is `counted`, count its multiply-accumulates on PyTorch.

        PyTorch's exporter cannot run while something counts.
        """
        started, counter = perf_counter(), MacCounter()
        try:
            with counter if counted else nullcontext():
                yield
        finally:
            give_back_freed()
            self._add(name, perf_counter() - started, counter.macs)

    def count(self, step: str, macs: Macs) -> None:
        """Add what no counter sees, such as what NumPy solves."""
        self._add(step, 0.0, macs)

    def keep(self, what: str, held_bytes: int) -> None:
        """Note how much is held at this time; the most counts."""
        self._kept[what] = max(held_bytes, self._kept.get(what, 0))

    @property
    def cost(self) -> Cost:
        """Until now."""
        return Cost(tuple(self._steps.values()), self._peak.bytes, self._peak.of, dict(self._kept))

    def _add(self, name: str, seconds: float, macs: Macs) -> None:
        before = self._steps.get(name, StepCost(name, 0.0, Macs()))
        self._steps[name] = StepCost(name, before.seconds + seconds, (before.macs or Macs()) + macs)
