"""The page of a fleet: whether networks of one's own are worth it, for whom, and how far to trust that."""

from pathlib import Path

from markupsafe import Markup

from edgewise.fleet.result import FleetResult
from edgewise.fleet.simulate import Fleet
from edgewise.fleet.words import GUESSED, REAL, figure_cells, headline, law_words, real_user_cells, verdict
from edgewise.report.fleet_pictures import draw_spread, draw_ways, in_words
from edgewise.report.render import environment, package_file, write_report

_PLANES_PX = {"wide": (992, 520), "medium": (640, 460), "narrow": (358, 460)}
_SPREAD_PX = (470, 190)


def write_fleet(path: Path, fleet: Fleet, result: FleetResult) -> None:
    """Write the page. Raises `StoreError` where it cannot be written."""
    write_report(path, render_fleet(fleet, result))


def render_fleet(fleet: Fleet, result: FleetResult) -> str:
    """The page as one HTML text that loads nothing."""
    return (
        environment()
        .get_template("fleet.html.j2")
        .render(
            css=Markup(package_file("report.css")),
            terms=fleet.terms,
            device=fleet.device,
            calibration=fleet.calibration,
            result=result,
            headline=headline(result),
            verdict=verdict(result),
            figures=[figure_cells(one) for one in result.figures],
            planes={size: draw_ways(result, px) for size, px in _PLANES_PX.items()},
            spreads=[
                {
                    "spread": one,
                    "picture": draw_spread(one, _SPREAD_PX) if one.users else None,
                    "quantiles": [in_words(one, share) for share in ("0.1", "0.5", "0.9")] if one.users else [],
                }
                for one in result.spreads
            ],
            law=[law_words(one) for one in result.law],
            real_users=real_user_cells(fleet.calibration),
            real=REAL,
            guessed=GUESSED,
        )
    )
