"""PyTorch's compilers without what they and torchao say on the way."""

import logging
import re
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout
from io import StringIO

from edgewise.runtime.quiet_stderr import without_lines

_NOISE = re.compile(
    rb"Failed to load .*\.so|[WI]\d{4} |\[\w+\.cpp:\d+\] |.*(FutureWarning|DeprecationWarning)|  return cls\.__new__"
)


@contextmanager
def quiet_compiler() -> Iterator[None]:
    """Drop warnings, logs, and the names of libraries that they do without."""
    logging.disable(logging.WARNING)
    try:
        with without_lines(_NOISE), redirect_stdout(StringIO()), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        logging.disable(logging.NOTSET)
