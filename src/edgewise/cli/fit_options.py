"""What the options of `edgewise select fit` mean, and what is kept of them."""

from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import TYPE_CHECKING, Any, Literal

from edgewise.errors import UsageError
from edgewise.images.features import CANDIDATES
from edgewise.plugins import Plugin

if TYPE_CHECKING:
    from edgewise.select.named import Promised


def stages_of(max_stages: int | None) -> int | None:
    """`--max-stages`. Raises `UsageError` for what no cascade has."""
    from edgewise.select.cascade.fit import MAX_STAGES

    if max_stages is not None and not 1 <= max_stages <= MAX_STAGES:
        raise UsageError(f"--max-stages is {max_stages}; it must be 1 to {MAX_STAGES}.")
    return max_stages


def promise_of(
    delta: float | None, min_accuracy: float | None, max_loss: float | None, max_risk: float | None
) -> "Promised | None":
    """`--guarantee` and what it is of. Raises `UsageError` for a promise that is never certified."""
    from edgewise.select.named import Promised

    if delta is not None:
        return Promised(delta, min_accuracy, max_loss, max_risk)
    if max_loss is not None or max_risk is not None:
        raise UsageError(
            f"{'--max-loss' if max_risk is None else '--max-risk'} is a promise, and --guarantee is missing.",
            "Say how surely it is to hold: --guarantee 0.05 keeps it in 95 of 100 calibrations.",
        )
    return None


def false_alarms_of(share: float | None, unfamiliar: str | None) -> float:
    """`--false-alarms`, a share. Raises `UsageError` where nothing is done with them."""
    if share is not None and unfamiliar is None:
        raise UsageError(
            "--false-alarms is of images taken for unfamiliar, and nothing is done with such.",
            "Say what: --unfamiliar escalate, or --unfamiliar refuse.",
        )
    return 0.05 if share is None else share


def features_of(features: str | None) -> tuple[str, ...] | Literal["auto"] | None:
    """The names that `--features` gives."""
    if features in (None, "auto"):
        return features
    return CANDIDATES if features == "all" else tuple(name.strip() for name in features.split(","))


def radius_of(radius: str | None) -> float | Literal["auto"] | None:
    """`--radius`, in scaled feature units. Raises `UsageError` for what is no number."""
    if radius is None or radius == "auto":
        return radius
    try:
        return float(radius)
    except ValueError:
        raise UsageError(f"The radius is {radius!r}.", "Give a number of scaled feature units, or 'auto'.") from None


def settings_of(method: Any) -> dict[str, Any]:
    """What a method was told, as JSON values; what it wraps was told in a table of its own."""
    names = [field.name for field in fields(method)] if is_dataclass(method) else list(vars(method))
    told = {name: getattr(method, name) for name in names if name not in ("charges", "shared", "strict")}
    return {key: _told(value) for key, value in told.items()}


def _told(value: Any) -> Any:
    if isinstance(value, Plugin):
        return {"name": value.name, "package": value.package.to_json()}
    if is_dataclass(value) and not isinstance(value, type):
        return settings_of(value)
    if isinstance(value, Mapping):
        return {str(name): _told(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_told(each) for each in value]
    return value if value is None or isinstance(value, str | bool | int | float) else repr(value)
