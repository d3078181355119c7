"""Keeps LiteRT's line of information off stderr: "INFO: Created TensorFlow Lite XNNPACK delegate for CPU."."""

import re
from contextlib import AbstractContextManager

from edgewise.runtime.quiet_stderr import without_lines

_INFORMATION = re.compile(rb"INFO: ")


def without_info_lines() -> AbstractContextManager[list[str]]:
    """Hold back what is written to stderr; at the end pass it on, less LiteRT's lines that begin with "INFO: "."""
    return without_lines(_INFORMATION)
