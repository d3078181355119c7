"""How one network did on one runtime: a row of the device table."""

from dataclasses import dataclass
from typing import Literal

Precision = Literal["fp32", "fp16", "bf16", "int8"]


@dataclass(frozen=True)
class Result:
    """One network on one runtime, at one precision, on so many threads; None where it failed or nobody measured."""

    model: str  # its name
    fingerprint: str  # of the original network, whatever was made of it for the runtime
    runtime: str  # onnxruntime, openvino, litert, executorch, ncnn, torch
    version: str  # of the runtime
    precision: Precision
    threads: int
    size_px: int  # side of its square input
    macs: int | None
    file_bytes: int | None
    p50_ms: float | None  # of one image
    p90_ms: float | None
    runs: int  # that were timed
    peak_bytes: int | None  # of the process
    agreement: float | None  # share of images that it answers as the original does, 0 to 1
    relative_error: float | None  # largest difference to the original's outputs, as a share of the largest
    failure: str = ""  # why there is no time

    @property
    def place(self) -> tuple[str, str, str, int, int]:
        """What a later measurement of the same network must share with this one to take its place."""
        return self.runtime, self.version, self.precision, self.threads, self.size_px
