"""What is asked for one user, in plain values, so that it can be stored, compared and sent. Needs no PyTorch."""

from dataclasses import dataclass
from typing import Literal

from edgewise.errors import UsageError
from edgewise.prune.user_record import Precision

Where = Literal["latency", "global", "uniform", "bottom-up", "top-down"]


@dataclass(frozen=True)
class Request:
    """The options of `edgewise prune`, which says what each means."""

    model: str
    images: str  # the folder
    classes: tuple[str, ...] | None = None  # None = those that the images show
    weights: tuple[str, ...] = ()
    target_speedup: float = 2.0
    target_ms: float | None = None
    precision: Precision = "fp32"
    max_drop: float = 1.0
    alpha: float = 0.05
    undecided: Literal["refuse", "estimate"] = "refuse"
    held_out: float = 0.5
    temperature: float = 1.0
    criterion: str = "reconstruction"
    where: Where = "latency"
    recovery: tuple[str, ...] = ("solve",)
    memory_mb: float = 600.0
    reads: float = 1.0
    streams: bool = False
    input: int | None = None
    base: Literal["model", "auto"] = "model"
    zoo: tuple[str, ...] = ()
    device: str | None = None
    table: str | None = None
    limit: int | None = None
    threads: int = 1
    seed: int = 0

    def __post_init__(self) -> None:
        """Raises `UsageError` for numbers that cannot be, and for what does not go together."""
        for name, value, least in (
            ("threads", self.threads, 1),
            ("seed", self.seed, 0),
            ("limit", self.limit, 4),
            ("input", self.input, 8),
        ):
            if value is not None and value < least:
                raise UsageError(f"{name} is {value}; it must be {least} or more.")
        if self.target_ms is not None and not self.target_ms > 0:
            raise UsageError(f"The target is {self.target_ms:g} ms; it must be above 0.")
        if self.classes == ():
            raise UsageError("No classes are named.", "Name the user's, or leave them to the images (auto).")
        if self.base == "auto" and self.input is not None:
            raise UsageError("--base auto tries several input sizes.", "Leave --input out.")
        if self.base == "model" and self.zoo:
            raise UsageError("--zoo names what --base auto may choose from.", "Add --base auto, or leave --zoo out.")
        if self.table is not None and self.device is None:
            raise UsageError("--table holds what --device names.", "Add --device, or leave --table out.")
        if self.device is not None and self.precision != "fp32":
            raise UsageError("What is foretold for a device is foretold at fp32.", "Leave --device or --precision out.")
