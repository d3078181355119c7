"""The page of one network on one accelerator: where its time and its energy go, layer by layer."""

from collections.abc import Sequence
from pathlib import Path

from markupsafe import Markup

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.run import LayerRun, Pass, Total
from edgewise.report.figures import milliseconds
from edgewise.report.render import environment, package_file, write_report
from edgewise.report.roofline import rooflines
from edgewise.report.time_bars import Part, TimeBar, TimeBars

_SPENT_ON = {
    "operations_uj": "multiplying and adding",
    "registers_uj": "registers of the array",
    "sram_uj": "SRAM",
    "dram_uj": "DRAM",
    "conversion_uj": "converting numbers",
    "static": "whatever is done",
}


def write_accelerated(
    path: Path, source: str, what: Pass, accelerator: Accelerator, runs: Sequence[LayerRun], total: Total
) -> None:
    """Write the page. Raises `StoreError` where it cannot be written."""
    write_report(path, render_accelerated(source, what, accelerator, runs, total))


def render_accelerated(
    source: str, what: Pass, accelerator: Accelerator, runs: Sequence[LayerRun], total: Total
) -> str:
    """The page as one HTML text that loads nothing."""
    return (
        environment()
        .get_template("accelerated.html.j2")
        .render(
            css=Markup(package_file("report.css")),
            source=source,
            what=what,
            accelerator=accelerator,
            total=total,
            kinds=list(dict.fromkeys(one.kind for one in runs)),
            waits=1 - total.compute_cycles / total.cycles,
            energy=_energy(total),
            layers=_layers(runs, accelerator),
            rooflines=rooflines(runs, accelerator),
        )
    )


def _energy(total: Total) -> TimeBars:
    spent = {_SPENT_ON[name]: uj / 1e3 for name, uj in {**vars(total.energy), "static": total.static_uj}.items()}
    most = max(spent.values())
    return TimeBars(
        ("mJ", "%"),
        tuple(
            TimeBar(name, (Part("infer", 100 * mj / most),), None, (milliseconds(mj), f"{100 * mj / total.mj:.1f}"))
            for name, mj in spent.items()
            if mj
        ),
    )


def _layers(runs: Sequence[LayerRun], accelerator: Accelerator) -> TimeBars:
    """Work, and waiting behind it."""
    most = max(one.cycles for one in runs)
    bars = []
    for one in runs:
        parts = {"infer": one.compute_cycles, "rest": one.cycles - one.compute_cycles}
        ms = one.cycles / accelerator.clock_mhz / 1e3
        figures = (milliseconds(ms), f"{100 * one.utilisation:.1f}", f"{one.dram_bytes / 1e3:,.1f}")
        name = one.name if one.kind == "forward" else f"{one.name}, {one.kind}"
        shown = tuple(Part(kind, 100 * cycles / most) for kind, cycles in parts.items() if cycles > 0)
        bars.append(TimeBar(name, shown, None, figures))
    return TimeBars(("ms", "used %", "DRAM, KB"), tuple(bars))
