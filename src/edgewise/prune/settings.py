"""What is asked of a user's network, and how it is gone about."""

from dataclasses import dataclass, field
from typing import Literal, get_args

from edgewise.errors import UsageError
from edgewise.prune.allocate import Limits
from edgewise.prune.distill import Distillation
from edgewise.prune.reconstruct import Sweep
from edgewise.prune.walk import Stride

Where = Literal["latency", "global", "uniform", "bottom-up", "top-down"]
Recovery = Literal["renormalise", "solve", "distil"]


@dataclass(frozen=True)
class Settings:
    """Of `make_user_network`."""

    target_speedup: float = 2.0
    criterion: str = "reconstruction"
    where: Where = "latency"  # which groups give how much
    recovery: tuple[Recovery, ...] = ("solve",)  # in the order of `Recovery`, whatever the order here
    reads: float = 1.0  # the share of its inputs that each layer keeps that shares them with others; 1: all
    streams: bool = False  # cut channels too that several layers write, as residual sums do
    limits: Limits = field(default_factory=Limits)
    sweep: Sweep = field(default_factory=Sweep)
    stride: Stride = field(default_factory=Stride)  # of a walk, bottom-up or top-down
    distillation: Distillation = field(default_factory=Distillation)
    opened: float = 0.25  # the share of the MACs, from the output on, that is distilled at least
    memory_mb: float = 600.0  # for the activations that distillation keeps
    held_out: float = 0.5  # of the images, for the guard alone
    temperature: float = 1.0  # of the generic model's posterior
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises `UsageError` for what cannot work."""
        if not self.target_speedup > 1:
            raise UsageError(f"The target is {self.target_speedup:g}x; it must be above 1.")
        if not 0 < self.held_out < 1:
            raise UsageError(f"held_out is {self.held_out:g}; it must be between 0 and 1.")
        for what, given, known in (
            ("allocation", (self.where,), get_args(Where)),
            ("recovery", self.recovery, get_args(Recovery)),
        ):
            for name in given:
                if name not in known:
                    raise UsageError(f"There is no {what} {name!r}.", f"Choose of {', '.join(known)}.")
