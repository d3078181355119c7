"""The page of a play through the service, and the same figures as JSON beside it."""

from dataclasses import asdict
from itertools import groupby
from pathlib import Path
from typing import Final

from markupsafe import Markup

from edgewise.live.story import Story
from edgewise.report import live_words as words
from edgewise.report.figures import count
from edgewise.report.live_chart import WINDOW, draw_live, shade_of
from edgewise.report.live_rows import FOREIGN, PHASES, attempt_facts, stretch_rows, way_rows
from edgewise.report.render import environment, package_file, write_report
from edgewise.store import write_json

KIND: Final = "live story"
SCHEMA: Final = 1
_WIDTHS_PX = {"wide": 992, "medium": 640, "narrow": 328}


def write_live(path: Path, story: Story) -> Path:
    """Write the page and, with the suffix `.json`, all figures; where those are. Raises `StoreError`."""
    values = path.with_suffix(".json")
    write_json(values, KIND, SCHEMA, asdict(story))
    write_report(path, render_live(story))
    return values


def render_live(story: Story) -> str:
    """The page as one HTML text that loads nothing."""
    shades = {shade_of(one): FOREIGN if one.foreign else PHASES[one.phase] for one in story.stretches}
    return (
        environment()
        .get_template("live.html.j2")
        .render(
            css=Markup(package_file("report.css")),
            story=story,
            words=words,
            window=WINDOW,
            shades=shades,
            pictures={size: draw_live(story, room_px) for size, room_px in _WIDTHS_PX.items()},
            users=[(user, list(rows)) for user, rows in groupby(stretch_rows(story), key=lambda row: row.user)],
            attempts=[(one, attempt_facts(one), way_rows(one)) for one in story.attempts],
            facts=_facts(story),
        )
    )


def _facts(story: Story) -> tuple[tuple[str, str], ...]:
    machine = story.machine
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return (
        ("Played", f"{story.created}, in {story.seconds:.0f} s"),
        ("Generic network", f"{story.model} ({story.source})"),
        ("Images", story.data),
        ("Service", f"edgewise serve {' '.join(story.settings['serve'])}"),
        ("Seed", str(story.settings["seed"])),
        ("Machine", f"{machine.cpu}, {count(machine.cores, 'core')}, {machine.memory_gib} GiB"),
        ("System", f"{machine.system}, Python {machine.python}"),
        ("Versions", f"edgewise {story.edgewise}, {packages}"),
    )
