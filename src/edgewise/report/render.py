"""Put the report together: what was found, drawn and chosen goes into one page that needs nothing outside itself."""

from collections.abc import Sequence
from importlib import resources
from pathlib import Path

from jinja2 import Environment, FunctionLoader, StrictUndefined
from markupsafe import Markup

from edgewise.profile.outcomes import Outcomes
from edgewise.report.choice import give_reasons
from edgewise.report.decisions import ImageDecision
from edgewise.report.fair_rows import SIGNS, fair_rows
from edgewise.report.gallery import hang
from edgewise.report.lettering import breakable
from edgewise.report.markers import WORDS, sign
from edgewise.report.plane import draw_plane
from edgewise.report.provenance import evaluate_command, provenance
from edgewise.report.ramp import shades
from edgewise.report.samples import choose_samples
from edgewise.report.selected import Selected
from edgewise.report.share_bars import share_bars
from edgewise.report.story import tell
from edgewise.report.time_bars import choosing_bars, stage_bars
from edgewise.report.unjudged import describe_zoo
from edgewise.select.budget.budget import Budget
from edgewise.select.judge.fair_table import FairTable
from edgewise.store import atomic_path

# One drawing per width of page: a shrunk drawing has letters too small to read. The style sheet shows one of them.
_PLANES_PX = {"wide": (992, 520), "medium": (640, 460), "narrow": (358, 460)}


def render(
    outcomes: Outcomes,
    table: FairTable | None,
    decisions: Sequence[ImageDecision],
    *,
    title: str,
    show_images: bool = True,
    notices: Sequence[str] = (),
    budget: Budget | None = None,
    selected: Selected | None = None,
) -> str:
    """The report as one HTML page that loads nothing.

    `table` is None for a profile that no selector was judged on: the page then shows the zoo and how to go on.
    `notices` are printed at the foot. `budget` is the one that the table was made under; `selected`, a selector that
    was fitted on this profile, is explained. Raises `StoreError` when a decision is about an image that is not in
    the profile.
    """
    groups = choose_samples(outcomes, decisions, 5 if table and table.criterion == "top5" else 1)
    shares = share_bars(table) if table else None
    return (
        environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            css=Markup(package_file("report.css")),
            story=tell(table, len(outcomes.classes)) if table else None,
            zoo=None if table else describe_zoo(outcomes),
            evaluate=evaluate_command(outcomes, table, budget),
            reasons=give_reasons(selected, outcomes) if selected else None,
            planes=_planes(table) if table and table.rows else {},
            rows=fair_rows(table) if table else (),
            measure="macro F1" if table and table.criterion == "macro-f1" else "right answers",
            compared=any(row.over_best for row in table.rows) if table else False,
            table=table,
            stages=stage_bars(outcomes),
            choosing=choosing_bars(table) if table else None,
            shares=shares,
            shades=shades(len(shares.models)) if shares else (),
            gallery=hang(outcomes, groups, show_images=show_images),
            provenance=provenance(outcomes, table, budget, selected.folder if selected else None),
            notices=tuple(notices),
        )
    )


def _planes(table: FairTable) -> dict[str, Markup]:
    return {size: draw_plane(table.rows, table.mixing_line, table.images, px) for size, px in _PLANES_PX.items()}


def write_report(path: Path, html: str) -> None:
    """Write the page whole or not at all. Raises `StoreError` where it cannot be written."""
    with atomic_path(path) as temporary:
        # A file name that is no valid text survives in Python as lone surrogates, which UTF-8 does not allow.
        temporary.write_text(html, encoding="utf-8", errors="replace")


def environment() -> Environment:
    """Where the pages' templates find each other, and what all of them may call."""
    made = Environment(
        loader=FunctionLoader(package_file),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["breakable"] = breakable
    made.globals.update(sign=sign, kind_words=WORDS, verdict_signs=SIGNS)
    return made


def package_file(name: str) -> str:
    """The text of a template or a style sheet that lies beside this module."""
    return resources.files("edgewise.report").joinpath(name).read_text(encoding="utf-8")
