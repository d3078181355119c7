"""ONNX Runtime on the CPU, as all of edgewise's sessions open it."""

from pathlib import Path
from typing import Any

from edgewise.runtime.onnx_file import read_onnx_file

PROVIDERS = ["CPUExecutionProvider"]


def options_for(threads: int) -> Any:
    """Session options of so many threads."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = threads
    options.inter_op_num_threads = 1
    options.log_severity_level = 3  # its warnings go to stderr past Python; errors still raise
    return options


def wrong_for(path: Path) -> list[str]:
    """ONNX Runtime's optimisations that would change what a file answers.

    Up to its version 1.31 at least, it merges a Pad into the MaxPool after it, whose own padding is minus infinity,
    whatever the Pad pads with.
    """
    stored = read_onnx_file(path)
    return ["Pad_Fusion"] if stored is not None and stored.pads_before_max_pool else []


def first_line(error: Exception) -> str:
    """What one of its errors says that is worth telling."""
    return str(error).strip().splitlines()[0][:300]
