"""What a worker and its parent tell each other, as JSON values."""

import traceback
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from edgewise.errors import DataError, EdgewiseError
from edgewise.profile.failures import Failures, ImageFailure, ModelFailure
from edgewise.profile.plan import Settings

PROFILING = "profiling images"  # the piece of work whose progress says that images are done


def settings_to_json(settings: Settings) -> dict[str, Any]:
    texts = {key: str(path) for key, path in asdict(settings).items() if isinstance(path, Path)}
    return {**asdict(settings), **texts}


def settings_from_json(values: Mapping[str, Any]) -> Settings:
    given = dict(values)
    given |= {key: Path(given[key]) for key in ("data", "out", "power_file") if given[key] is not None}
    given |= {key: tuple(given[key]) for key in ("zoo", "weights", "embeddings")}
    given["classes"] = None if given["classes"] is None else tuple(given["classes"])
    return Settings(**given)


def failures_to_json(failures: Failures) -> dict[str, Any]:
    return asdict(failures)


def failures_from_json(values: Mapping[str, Any]) -> Failures:
    return Failures(
        tuple(ModelFailure(**failure) for failure in values["models"]),
        tuple(ImageFailure(**failure) for failure in values["images"]),
    )


def error_to_json(error: BaseException) -> dict[str, Any]:
    """An error of ours with all that it carries; any other as its traceback under `bug`."""
    if isinstance(error, MemoryError):
        error = DataError("There is not enough memory to make the profile.", "Profile fewer models at once.")
    if not isinstance(error, EdgewiseError):
        return {"bug": "".join(traceback.format_exception(error))}
    kinds = [kind.__name__ for kind in type(error).__mro__]
    carried = {key: str(value) for key, value in vars(error).items() if key not in ("message", "hint")}
    return {"kinds": kinds, "message": error.message, "hint": error.hint, "carried": carried}


def error_from_json(values: Mapping[str, Any]) -> Exception:
    """The error that `error_to_json` described, of the nearest kind that is known here."""
    if "bug" in values:
        return RuntimeError(f"The worker that makes the profile failed:\n{values['bug']}")
    known = {kind.__name__: kind for kind in _family(EdgewiseError)}
    kind = next(known[name] for name in values["kinds"] if name in known)
    error = kind.__new__(kind)
    EdgewiseError.__init__(error, values["message"], values["hint"])
    vars(error).update(values["carried"])
    return error


def _family(kind: type[EdgewiseError]) -> list[type[EdgewiseError]]:
    return [kind, *(member for child in kind.__subclasses__() for member in _family(child))]
