"""The page of a study: serving and making users' networks on four kinds of device."""

from collections.abc import Callable, Sequence
from pathlib import Path

from markupsafe import Markup

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.area import Part as Silicon
from edgewise.accel.area import parts_of
from edgewise.accel.study import Retraining, Row, Shape, Spent, layers_on
from edgewise.report.figures import milliseconds
from edgewise.report.render import environment, package_file, write_report
from edgewise.report.roofline import rooflines
from edgewise.report.time_bars import Part, TimeBar, TimeBars

_PROPOSED = "int8 array with block floating point"


def write_studied(
    path: Path,
    generic: Shape,
    users: Sequence[Shape],
    accelerator: Accelerator,
    how: Retraining,
    rows: Sequence[Row],
) -> None:
    """Write the page. `rows` as `study` gives them. Raises `StoreError` where it cannot be written."""
    write_report(path, render_studied(generic, users, accelerator, how, rows))


def render_studied(
    generic: Shape, users: Sequence[Shape], accelerator: Accelerator, how: Retraining, rows: Sequence[Row]
) -> str:
    """The page as one HTML text that loads nothing."""
    of_first = [row for row in rows if row.network == users[0].name]
    cpu, proposed = (next(row for row in of_first if row.device == name) for name in ("CPU", _PROPOSED))
    return (
        environment()
        .get_template("studied.html.j2")
        .render(
            css=Markup(package_file("report.css")),
            generic=generic,
            user=users[0],
            accelerator=accelerator,
            how=how,
            cpu=cpu,
            proposed=proposed,
            serving=_bars(
                rows, "ms", (_serve("generic", lambda row: row.generic), _serve("user", lambda row: row.user))
            ),
            making=_bars(rows, "s", (_make("whole", lambda row: row.full), _make("tail", lambda row: row.shared))),
            rows=[_row(row) for row in rows],
            rooflines=rooflines(layers_on(_PROPOSED, users[0], accelerator), accelerator),
            silicon=[_silicon(part) for part in parts_of(accelerator)],
            several=len(users) > 1,
        )
    )


_Told = Callable[[Row], tuple[str, Spent, float]]


def _serve(name: str, of: Callable[[Row], Spent]) -> _Told:
    return lambda row: (f"{row.network}, {row.device}: {name}", of(row), 1.0)


def _make(name: str, of: Callable[[Row], Spent]) -> _Told:
    return lambda row: (f"{row.network}, {row.device}: {name}", of(row), 1e3)


def _bars(rows: Sequence[Row], unit: str, told: Sequence[_Told]) -> TimeBars:
    """Bars of the array's and the host's share."""
    found = [one(row) for row in rows for one in told]
    longest = max(spent.ms for _, spent, _ in found)
    bars = [
        TimeBar(
            name,
            tuple(
                Part(kind, 100 * ms / longest)
                for kind, ms in (("infer", spent.array_ms), ("rest", spent.host_ms))
                if ms
            ),
            None,
            (milliseconds(spent.ms / scale), milliseconds(spent.mj / scale)),
        )
        for name, spent, scale in found
    ]
    return TimeBars((unit, "mJ" if unit == "ms" else "J"), tuple(bars))


def _row(row: Row) -> tuple[str, ...]:
    spent = [row.generic.ms, row.user.ms, row.user.mj, row.shared.ms / 1e3, row.shared.mj / 1e3]
    spent += [row.full.ms / 1e3, row.full.mj / 1e3, row.mm2]
    pays = [row.break_even(shared=shared) for shared in (True, False)]
    return (
        row.network,
        row.device,
        *(milliseconds(one) if one else "-" for one in spent),
        *("never" if one is None else f"{one:,}" for one in pays),
    )


def _silicon(part: Silicon) -> tuple[str, ...]:
    return part.name, "pruning" if part.for_pruning else "", f"{part.count:,.0f}", f"{part.um2:g}", f"{part.mm2:.3f}"
