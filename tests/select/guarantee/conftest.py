"""The world of known risks that the benchmark of the guarantees draws from."""

from importlib import import_module
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture
def world(monkeypatch: pytest.MonkeyPatch) -> Any:
    """The module `benchmarks/guarantees_world.py`."""
    monkeypatch.syspath_prepend(Path(__file__).parents[3] / "benchmarks")
    return import_module("guarantees_world")
