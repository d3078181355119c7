"""An evaluation, kept beside the profile that it judged, and the report of both."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from edgewise.errors import StoreError, UsageError
from edgewise.profile.outcomes import Outcomes, open_profile
from edgewise.report.decisions import ImageDecision
from edgewise.report.render import render, write_report
from edgewise.report.selected import read_selected
from edgewise.restore import restore
from edgewise.select.budget.budget import Budget
from edgewise.select.criterion import top_k
from edgewise.select.judge.evaluate import Evaluation
from edgewise.select.judge.fair_table import FairTable
from edgewise.select.judge.fair_table_json import table_to_json
from edgewise.store import FileFacts, check_files, describe_files, read_json, read_table, write_json, write_table

KIND, SCHEMA = "evaluation", 2
EVALUATION, DECISIONS = "evaluation.json", "decisions.parquet"
_AGAIN = "Run `edgewise select evaluate` again."


class _Settings(TypedDict):
    """What is read of an evaluation's settings: its budget."""

    max_mean_ms: NotRequired[float | None]
    max_p90_ms: NotRequired[float | None]
    max_energy_mj: NotRequired[float | None]
    min_accuracy: NotRequired[float | None]


class _Stored(TypedDict):
    """What is read of `evaluation.json`."""

    data_sha256: str
    settings: _Settings
    table: FairTable
    files: dict[str, FileFacts]


def save_evaluation(outcomes: Outcomes, evaluation: Evaluation, settings: Mapping[str, Any]) -> None:
    """Store the fair table and every decision behind it in the profile's folder; the table is written last.

    `settings`: JSON values, all that was resolved to make the evaluation.
    """
    try:
        (outcomes.folder / EVALUATION).unlink(missing_ok=True)
    except OSError as error:
        raise StoreError(
            f"{outcomes.folder} cannot be written: {error.strerror or error}.", "Copy the profile to a folder that can."
        ) from error
    decisions = _decisions(outcomes, evaluation)
    columns = {key: [getattr(d, key) for d in decisions] for key in ImageDecision.__dataclass_fields__}
    write_table(outcomes.folder / DECISIONS, columns)
    about = {
        "data_sha256": outcomes.manifest["data_sha256"],
        "settings": dict(settings),
        "table": table_to_json(evaluation.table),
        "files": describe_files(outcomes.folder, [DECISIONS]),
    }
    write_json(outcomes.folder / EVALUATION, KIND, SCHEMA, about)


def load_evaluation(outcomes: Outcomes) -> tuple[FairTable | None, tuple[ImageDecision, ...]]:
    """What `save_evaluation` stored; (None, ()) for a profile that was never evaluated.

    Raises `StoreError` when it is torn, was changed by hand, or belongs to another profile.
    """
    stored, path = _read(outcomes), outcomes.folder / EVALUATION
    if stored is None:
        return None, ()
    if DECISIONS not in stored["files"]:
        raise StoreError(f"{path} does not name {DECISIONS}.", _AGAIN)
    check_files(outcomes.folder, stored["files"], path, contents=True)
    columns = read_table(outcomes.folder / DECISIONS, names := tuple(ImageDecision.__dataclass_fields__))
    rows = [dict(zip(names, values, strict=True)) for values in zip(*(columns[name] for name in names), strict=True)]
    return stored["table"], tuple(ImageDecision(**{**row, "ran": tuple(row["ran"])}) for row in rows)


def load_budget(outcomes: Outcomes) -> Budget:
    """The budget that the stored evaluation was made under; without one, nothing was asked.

    Raises `StoreError` as `load_evaluation` does.
    """
    stored = _read(outcomes)
    given = stored["settings"] if stored else {}
    try:
        return Budget(**{field.name: given.get(field.name) for field in fields(Budget)})
    except UsageError as error:
        raise StoreError(f"{outcomes.folder / EVALUATION}: {error.message}", _AGAIN) from error


def write_profile_report(
    folder: Path,
    path: Path,
    *,
    title: str,
    show_images: bool,
    notices: Sequence[str] = (),
    selector: Path | None = None,
) -> Path:
    """Write the report of a profile, judged or not, as one HTML file; returns its path.

    `selector`: a folder that `edgewise select fit` wrote from this profile, whose choice is then explained. Raises what
    `edgewise.report.selected.read_selected` raises.
    """
    outcomes = open_profile(folder)
    table, decisions = load_evaluation(outcomes)
    html = render(
        outcomes,
        table,
        decisions,
        title=title,
        show_images=show_images,
        notices=notices,
        budget=load_budget(outcomes),
        selected=read_selected(selector, outcomes) if selector else None,
    )
    write_report(path, html)
    return path


def _read(outcomes: Outcomes) -> _Stored | None:
    """What is stored of the evaluation, which is sure to be of this profile; None where there is none."""
    path = outcomes.folder / EVALUATION
    if not path.exists():
        return None
    stored = restore(_Stored, read_json(path, KIND, SCHEMA, _AGAIN), path)
    if stored["data_sha256"] != outcomes.manifest["data_sha256"]:
        raise StoreError(f"{path} judges another profile.", _AGAIN)
    return stored


def _decisions(outcomes: Outcomes, evaluation: Evaluation) -> list[ImageDecision]:
    """A row per selector and image, selectors in the order of the table."""
    models = outcomes.trials().models
    right_within = top_k(evaluation.table.criterion)
    rows: list[ImageDecision] = []
    for selector, routes in evaluation.routed.items():
        right = routes.right(outcomes.labels, right_within)
        times = evaluation.time_ms[selector]
        for i, image in enumerate(outcomes.images["image"]):
            chosen = int(routes.chosen[i])
            rows.append(
                ImageDecision(
                    image=image,
                    label=int(outcomes.labels[i]),
                    selector=selector,
                    chosen=models[chosen] if chosen >= 0 else "",
                    ran=tuple(models[m] for m in np.flatnonzero(routes.ran[i])),
                    answer=int(routes.top[i, 0]),
                    right=bool(right[i]),
                    time_ms=float(times[i]),
                )
            )
    return rows
