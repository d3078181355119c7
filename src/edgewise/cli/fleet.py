"""`edgewise fleet`: thousands of drawn users."""

import re
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import percent, print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError

if TYPE_CHECKING:
    from edgewise.fleet.result import FleetResult

app = typer.Typer(help="What personal networks cost and gain a whole fleet of users.", no_args_is_help=True)


@app.callback()
def _group() -> None:
    """Keeps `simulate` a command of its own while it is the only one."""


@app.command("simulate")
def simulate(
    users: Annotated[int, typer.Option(min=1, help="How many.")] = 10_000,
    inputs: Annotated[int, typer.Option(min=1, help="Of each user's life.")] = 20_000,
    classes: Annotated[str, typer.Option(metavar="FEWEST-MOST", help="How many classes a user meets.")] = "3-10",
    popularity: Annotated[
        float,
        typer.Option(min=0.0, max=10.0, help="Exponent of the law that classes are drawn by (Zipf); 0: all alike."),
    ] = 1.0,
    drift: Annotated[
        float, typer.Option(min=0.0, max=100.0, help="Classes of a user that are replaced, in 1,000 inputs.")
    ] = 0.1,
    rate: Annotated[float, typer.Option(help="Inputs that come in a second while a network is made.")] = 2.0,
    max_drop: Annotated[
        float, typer.Option(help="Points of accuracy that the guard lets a user's network lose; those measured: 1, 2.")
    ] = 1.0,
    guard: Annotated[bool, typer.Option("--guard/--no-guard", help="Whether a network must pass the guard.")] = True,
    network: Annotated[
        str | None,
        typer.Option(
            help="How users' networks are made, one of the calibration's ways. Default: that of most real users."
        ),
    ] = None,
    device: Annotated[
        str,
        typer.Option(
            help="What all users have: calibration (the machine of the real users), a device of the device table, or "
            "accel:PRESET, accel:FILE.toml."
        ),
    ] = "calibration",
    table: Annotated[
        Path | None,
        typer.Option(help="The folder of the device table. Default: $EDGEWISE_DEVICES, else among this user's data."),
    ] = None,
    calibration: Annotated[
        Path | None, typer.Option(help="Real users to draw from. Default: the shipped ones.")
    ] = None,
    left_out: Annotated[
        int,
        typer.Option(
            min=0, help="Users who are played again for each real user that the calibration is left without; 0: none."
        ),
    ] = 2000,
    seed: options.Seed = 0,
    executor: options.Executor = "local",
    address: options.Address = None,
    jobs: options.Jobs = None,
    out: Annotated[
        Path | None, typer.Option(help="A folder to keep blocks of users in; a killed run goes on from there.")
    ] = None,
    html: Annotated[Path | None, typer.Option(help="Write a page with pictures there.")] = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw users, let each live with a network of their own, and hold that against the best fixed network for all.

    What is drawn was measured: networks made for a handful of real users, and what the real observer, guard and change
    detector do. Beside each figure stand two errors: of how few users were drawn, and of how few real ones they are
    made of.
    """
    from edgewise.executors.executor import open_executor
    from edgewise.fleet.calibration import read_calibration
    from edgewise.fleet.find_device import find_device
    from edgewise.fleet.result import result_of
    from edgewise.fleet.simulate import simulate as simulate_fleet
    from edgewise.fleet.terms import Terms
    from edgewise.store import see_that_writable

    if html:
        see_that_writable(html.parent)
    fewest, most = _numbers(classes)
    terms = Terms(
        users,
        inputs,
        fewest,
        most,
        popularity,
        drift,
        rate=rate,
        max_drop_points=max_drop if guard else None,
        seed=seed,
    )
    whole = read_calibration(calibration)
    chosen = whole.only(network or whole.ways[0])
    found_device = find_device(device, chosen, table)
    try:
        with (
            progress_bars(quiet=quiet or json) as progress,
            open_executor(executor, address=address, jobs=jobs or (1 if executor == "local" else None)) as opened,
        ):
            fleet = simulate_fleet(
                terms, chosen, found_device, opened, out=out, left_out_users=left_out, progress=progress
            )
    except KeyboardInterrupt as interrupt:
        if out is None:
            raise
        raise KeyboardInterrupt("give the same command again, and it goes on where it stopped") from interrupt
    result = result_of(fleet)
    if html:
        from edgewise.report.fleet import write_fleet

        write_fleet(html, fleet, result)
    if json:
        print_json(
            {
                "terms": terms,
                "device": found_device,
                "network": chosen.ways[0],
                "real_users": chosen.users,
                "result": result,
            }
        )
        return
    _show(result)
    if quiet:
        return
    show_note(f"networks: {chosen.ways[0]}, made for {len(chosen.users)} real users: {', '.join(chosen.users)}")
    show_note(f"device: {found_device.source}")
    if html:
        show_note(f"the page is {html}")


def _numbers(text: str) -> tuple[int, int]:
    """Of "3-10", or "5"."""
    found = re.fullmatch(r"\s*(\d{1,6})(?:\s*-\s*(\d{1,6}))?\s*", text)
    if not found:
        raise UsageError(f"The classes of a user are {text!r}.", "Give two numbers, the fewer first: --classes 3-10.")
    return int(found[1]), int(found[2] or found[1])


def _show(result: "FleetResult") -> None:
    from edgewise.fleet.words import figure_cells, verdict

    print_table(
        f"{result.users:,} users, drawn from {result.real_users} real ones",
        ["", "", "95% by users drawn", "one real user left out", "95% by real users"],
        [list(figure_cells(one)) for one in result.figures],
    )
    print_table(
        "the same users, each way",
        ["way", "times as fast", "right %", "a tenth has less than %"],
        [
            [one.way.name, f"{one.times_as_fast:.2f}", percent(one.right), percent(one.worst_tenth_right)]
            for one in result.ways
        ],
    )
    for sentence in verdict(result):
        show_note(sentence)
