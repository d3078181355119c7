"""What tests of several benchmarks need."""

from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture
def scripts(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], Any]:
    """Imports a script as it is when another one is run."""
    monkeypatch.syspath_prepend(BENCHMARKS)
    return import_module
