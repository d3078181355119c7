"""`edgewise prune users`: networks for many users, on this machine or on a cluster."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import print_json, print_table, progress_bars, show_note
from edgewise.errors import DataError

if TYPE_CHECKING:
    from edgewise.prune.users import Row

_NAMED = 4  # classes in the table


def command(
    users: Annotated[
        Path,
        typer.Argument(
            help="A TOML file: model = ..., other options of `edgewise prune` for all, and for each user a table "
            "\\[\\[user]] with name, images, and options of the user's own."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder for the networks, one folder a user.")],
    executor: options.Executor = "local",
    address: options.Address = None,
    jobs: options.Jobs = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Make a network for each of many users, as `edgewise prune` makes one.

    Users whose network is there already are left as they are, so that the same command goes on where it stopped. A user
    that fails is a row that says why, and the others go on; then the exit code is 3.
    """
    from edgewise.executors.executor import open_executor
    from edgewise.prune.users import make_users
    from edgewise.prune.users_file import read_users

    listed = read_users(users)
    threads = max(user.request.threads for user in listed)
    many = jobs or (1 if executor == "local" else None)
    try:
        with (
            progress_bars(quiet=quiet or json) as progress,
            open_executor(executor, address=address, jobs=many, threads=threads, apart=True) as where,
        ):
            rows = make_users(listed, out, where, progress)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt("give the same command again, and it goes on where it stopped") from interrupt
    if json:
        print_json({"out": out, "users": rows})
    else:
        _show(rows)
    if not (quiet or json):
        show_note(f"The networks are in {out}, one folder a user.")
    failed = [row for row in rows if row.verdict == "failed"]
    if failed:
        raise DataError(
            f"{len(failed)} of {len(rows)} users failed; {failed[0].user}: {failed[0].why}",
            "Correct what is wrong with them, and give the same command again; the others are left as they are.",
        )


def _show(rows: "tuple[Row, ...]") -> None:
    print_table(
        f"{len(rows)} users",
        ["user", "classes", "times as fast", "expected drop, points", "verdict", "seconds", "node"],
        [_row(row) for row in rows],
        left=2,
    )
    for row in rows:
        if row.verdict != "let in":
            show_note(f"{row.user}: {row.why}")


def _row(row: "Row") -> list[str]:
    more = len(row.classes) - _NAMED
    return [
        row.user,
        ", ".join(row.classes[:_NAMED]) + (f" and {more} more" if more > 0 else ""),
        "" if row.speedup is None else f"{row.speedup:.2f}",
        "" if row.drop_points is None else f"{row.drop_points:.2f}",
        row.verdict,
        f"{row.seconds:.0f}",
        row.node,
    ]
