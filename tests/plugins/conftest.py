"""Trials of models whose truth is known, and commands in this process."""

from tests.cli.conftest import here, steady
from tests.select.conftest import make_trials

__all__ = ["here", "make_trials", "steady"]
