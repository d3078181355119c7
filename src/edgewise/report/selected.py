"""What a selector folder tells of its making, once it is sure that it was made from the profile of the report."""

from dataclasses import dataclass
from pathlib import Path
from typing import NotRequired, TypedDict

from edgewise.errors import StoreError, UsageError
from edgewise.profile.outcomes import Outcomes
from edgewise.restore import restore
from edgewise.select.budget.budget import Budget
from edgewise.select.budget.kept import Kept
from edgewise.select.criterion import Criterion
from edgewise.select.judge.fair_table import FairTable, Interval
from edgewise.select.saved import DESCRIPTION, read_about

_AGAIN = "Fit the selector again."


class StoredCandidate(TypedDict):
    """What is read of a `Candidate`; more may be in it."""

    method: str
    models: list[str]
    accuracy: Interval
    mean_ms: float
    p90_ms: float
    energy_mj: float | None
    refused: float
    over_best: Interval
    gain: Interval
    lacks: NotRequired[str]  # of runners-up: why it is not the one


class StoredChoice(TypedDict):
    """What is read of a `Choice`; more may be in it."""

    chosen: StoredCandidate
    runners_up: list[StoredCandidate]
    best_single: str
    budget: Budget
    criterion: Criterion
    images: int
    folds: int
    why: str


@dataclass(frozen=True)
class Selected:
    """A fitted selector: the models it may run, and what was noted when it was fitted."""

    folder: Path
    method: str  # as it was asked for; empty where nobody noted it
    models: tuple[str, ...]
    choice: StoredChoice | None  # None where nothing was chosen, or an earlier version fitted it
    kept: tuple[Kept, ...]
    certificate: str  # empty where none was asked for
    table: FairTable | None
    unjudged: str = ""  # why the table holds the single models alone


class _Model(TypedDict):
    name: str
    fingerprint: str


class _Profile(TypedDict):
    data_sha256: str


class _About(TypedDict):
    """What is read of a selector's notes; selectors of earlier versions have not all of them."""

    models: list[_Model]
    profile: _Profile
    method: NotRequired[str]
    choice: NotRequired[StoredChoice | None]
    budget_kept: NotRequired[tuple[Kept, ...]]
    certificate: NotRequired[str | None]
    fair_table: NotRequired[FairTable]
    unjudged: NotRequired[str | None]


def read_selected(folder: Path, outcomes: Outcomes) -> Selected:
    """The notes of a selector folder.

    Raises `StoreError` when it is no such folder or was changed by hand, `UsageError` when the selector was fitted on
    other images or other models than those of the profile.
    """
    origin = folder / DESCRIPTION
    stored = read_about(folder)
    try:
        about = restore(_About, stored, origin)
    except UsageError as error:  # a budget that nobody can ask for
        raise StoreError(f"{origin}: {error.message}", _AGAIN) from error
    _see_that_it_is_of(outcomes, about, folder)
    return Selected(
        folder=folder,
        method=about.get("method", ""),
        models=tuple(model["name"] for model in about["models"]),
        choice=about.get("choice"),
        kept=about.get("budget_kept", ()),
        certificate=about.get("certificate") or "",
        table=about.get("fair_table"),
        unjudged=about.get("unjudged") or "",
    )


def _see_that_it_is_of(outcomes: Outcomes, about: _About, folder: Path) -> None:
    hint = "Name a selector that `edgewise select fit` made from this very profile, or fit one."
    if about["profile"]["data_sha256"] != outcomes.manifest["data_sha256"]:
        raise UsageError(f"The selector in {folder} was fitted on other images than those of {outcomes.folder}.", hint)
    profiled = {model["name"]: model["fingerprint"] for model in outcomes.manifest["models"]}
    other = [model["name"] for model in about["models"] if profiled.get(model["name"]) != model["fingerprint"]]
    if other:
        raise UsageError(
            f"The selector in {folder} was fitted on another profile than {outcomes.folder}: "
            f"{', '.join(other)} is not the model that was profiled there.",
            hint,
        )
