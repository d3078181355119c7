"""What crosses the pipe between a worker and its parent comes out as it went in."""

import json
from pathlib import Path

import pytest

from edgewise.errors import DataError, EdgewiseError, ImageError, LabelError, MissingExtra, UsageError
from edgewise.profile.messages import error_from_json, error_to_json, settings_from_json, settings_to_json
from edgewise.profile.plan import Settings


def through(error: BaseException) -> Exception:
    return error_from_json(json.loads(json.dumps(error_to_json(error))))


@pytest.mark.parametrize(
    "error",
    [UsageError("a", "b"), LabelError("é"), ImageError(Path("a.png"), "is broken", "c"), MissingExtra("X", "torch")],
)
def test_errors_of_ours(error: EdgewiseError) -> None:
    found = through(error)
    assert type(found) is type(error)
    assert str(found) == str(error)
    assert {key: str(value) for key, value in vars(error).items()} == vars(found)


def test_an_error_of_a_kind_unknown_here_is_the_nearest_that_is_known() -> None:
    described = error_to_json(DataError("a", "b"))
    found = error_from_json({**described, "kinds": ["FurtherError", *described["kinds"]]})
    assert type(found) is DataError


def test_a_bug_keeps_its_traceback() -> None:
    with pytest.raises(ZeroDivisionError) as caught:
        _ = 1 // 0
    found = through(caught.value)
    assert type(found) is RuntimeError
    assert "test_messages.py" in str(found)
    assert "ZeroDivisionError" in str(found)


def test_memory_is_no_bug() -> None:
    assert type(through(MemoryError())) is DataError


def test_settings() -> None:
    settings = Settings(("a", "b"), Path("d\udcff"), Path("o"), ("data",), 2, "quick", 3, 4, ("w",), 5.5)
    assert settings_from_json(json.loads(json.dumps(settings_to_json(settings)))) == settings
