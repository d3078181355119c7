"""The paper's comparison as one page that loads nothing, and as JSON."""

import shlex
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields, is_dataclass
from math import isfinite
from pathlib import Path
from typing import Any

import numpy as np
from jinja2 import Template
from markupsafe import Markup

import edgewise
from edgewise.machine import fingerprint
from edgewise.profile.outcomes import Outcomes
from edgewise.report.figures import listed, milliseconds, percent, points, points_range
from edgewise.report.paper_beside import Beside, beside
from edgewise.report.paper_charts import draw_matrix, draw_sweep
from edgewise.report.paper_feature_rows import candidate_rows, importance_rows
from edgewise.report.paper_flags import CURVES, curves, draw_flags
from edgewise.report.paper_member_rows import member_rows
from edgewise.report.paper_rows import (
    CNN,
    COINS,
    answer_rows,
    cost_bars,
    family_rows,
    published_shares,
    score_rows,
    share_table,
)
from edgewise.report.plane import draw_plane
from edgewise.report.provenance import provenance
from edgewise.report.ramp import shades
from edgewise.report.render import environment, package_file
from edgewise.report.share_bars import share_bars
from edgewise.select.paper.study import BASE, Study
from edgewise.store import write_json

KIND, SCHEMA = "paper-study", 1
_PLANES_PX = {"wide": (992, 560), "medium": (640, 520), "narrow": (358, 520)}
_SWEEPS_PX = {"wide": (992, 404), "medium": (640, 404), "narrow": (358, 384)}
_FLAGS_PX = {"wide": (620, 480), "medium": (620, 480), "narrow": (358, 380)}


@dataclass(frozen=True)
class Notes:
    """What the page says beside its figures."""

    skipped: tuple[str, ...] = ()  # parts that could not be run here, and why
    notices: tuple[str, ...] = ()  # printed at the foot


def render_paper(outcomes: Outcomes, study: Study, *, title: str, notes: Notes | None = None) -> str:
    """The comparison as one HTML page that needs nothing outside itself."""
    notes = notes or Notes()
    images = study.table.images
    shares = share_bars(share_table(study))
    sweep = study.features.sweep
    return _template().render(
        title=title,
        css=Markup(package_file("report.css") + package_file("paper.css")),
        study=study,
        images=images,
        headline=headline(study),
        others=others(study),
        answers=answer_rows(study.table),
        planes={
            size: draw_plane(study.table.rows, study.table.mixing_line, study.table.images, px)
            for size, px in _PLANES_PX.items()
        },
        families=family_rows(study.namings, images),
        scores=score_rows(study.namings),
        shares=shares,
        published_shares=published_shares(),
        shades=shades(len(shares.models)),
        members=member_rows(study),
        candidates=candidate_rows(study),
        matrix=draw_matrix(study.features.filter),
        importances=importance_rows(study.features.importances),
        sweeps={size: draw_sweep(sweep, images, *px) for size, px in _SWEEPS_PX.items()},
        flags={size: draw_flags(study, *px) for size, px in _FLAGS_PX.items()} if curves(study) else {},
        costs=cost_bars(study.overhead, len(study.settings.features)),
        published=beside(study),
        provenance=provenance(outcomes, study.table),
        command=command_of(outcomes, study),
        notes=notes,
    )


def headline(study: Study) -> str:
    """What the paper's premodel did here, against a coin of the same cost."""
    row = next(row for row in study.table.rows if row.name == BASE)
    assert row.gain is not None
    verb = {"beats the mixing line": "beats", "does not": "does not beat"}.get(row.verdict, "cannot be told from")
    return (
        f"The paper's premodel {verb} a coin of the same cost: "
        f"{points(row.gain.value)} points ({points_range(row.gain)})."
    )


def others(study: Study) -> str:
    """How the other premodels fare against their coins."""
    rows = [row for row in study.table.rows if row.kind == "selector" and row.name != BASE]
    winners = [row.name for row in rows if row.verdict == "beats the mixing line"]
    if not winners:
        return f"None of the {len(rows)} other premodels here can be said to beat such a coin."
    return f"Of the {len(rows)} other premodels here {listed(winners)} beat{'s' * (len(winners) == 1)} such a coin."


def command_of(outcomes: Outcomes, study: Study) -> str:
    """The command line that makes this page again."""
    settings = study.settings
    made = ["--criterion", settings.criterion, "--folds", str(settings.folds), "--seed", str(settings.seed)]
    if all(one.name != CNN for one in study.namings):
        made.append("--no-cnn")
    return shlex.join(["edgewise", "select", "paper", str(outcomes.folder), *made, "--out", "PAGE.html"])


def paper_json(outcomes: Outcomes, study: Study, notes: Notes) -> dict[str, Any]:
    """Every figure of the page, how it was made, and the published figures beside it, as JSON values."""
    manifest = outcomes.manifest
    return {
        "profile": {
            "folder": str(outcomes.folder),
            "data_sha256": manifest["data_sha256"],
            "images": manifest["images"],
            "models": [model["name"] for model in manifest["models"]],
        },
        "edgewise": edgewise.__version__,
        "machine": asdict(fingerprint()),
        "profiled_on": manifest["machine"],
        "command": command_of(outcomes, study),
        "study": plain(study),
        "theta_for_three_points": plain(study.members.theta_for_three),
        "published": [_figure(one) for one in beside(study)],
        "skipped": list(notes.skipped),
    }


def save_paper_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write `paper_json`'s values as an artefact. Raises `StoreError` where they cannot be written."""
    write_json(path, KIND, SCHEMA, data)


def plain(value: object) -> Any:
    """JSON values of dataclasses, arrays, mappings and sequences; a figure that is no number becomes None."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, np.ndarray | np.generic):
        return plain(value.tolist())
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [plain(one) for one in value]
    if isinstance(value, float) and not isfinite(value):
        return None
    return value


def _figure(one: Beside) -> dict[str, Any]:
    return {**plain(one.published), "text": one.published.text, "ours": one.ours, "words": one.words}


def _template() -> Template:
    made = environment()
    made.filters.update(percent=percent, milliseconds=milliseconds)
    made.globals.update(zip=zip, coins=COINS, curve_words=CURVES)
    return made.get_template("paper.html.j2")
