"""`edgewise benchmark`: how fast classifiers are on each runtime of this device."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import out, percent, print_json, print_table, progress_bars, show_note
from edgewise.cli.export import Data, Limit
from edgewise.profile.latency import Mode
from edgewise.zoo.sources import find

if TYPE_CHECKING:
    from edgewise.bench.benchmark import Measured
    from edgewise.devices.result import Result
    from edgewise.export.write import Target

_COLUMNS = (
    "network",
    "runtime",
    "precision",
    "threads",
    "MB",
    "p50 ms",
    "p90 ms",
    "peak MB",
    "agree %",
    "speedup",
)


def command(
    names: Annotated[list[str], typer.Argument(help="Classifiers, as for --zoo.")],
    to: Annotated[
        list[str] | None,
        typer.Option(
            help="onnxruntime, openvino, litert, executorch or ncnn. Repeat. Default: all that are installed."
        ),
    ] = None,
    precision: Annotated[
        list[str] | None,
        typer.Option(help="fp32, fp16, bf16 or int8. Repeat. Default: fp32, and int8 where there is --data."),
    ] = None,
    threads: Annotated[
        list[int] | None, typer.Option(min=1, help="Threads of the runtime. Repeat for more. Default: 1.")
    ] = None,
    data: Data = None,
    limit: Limit = 250,
    mode: Annotated[Mode, typer.Option(help="64 runs or 6 s each; 128 or 10 s; 1024 or 60 s.")] = "rapid",
    table: Annotated[
        Path | None, typer.Option(help="The folder of the device table that this goes into, as for `edgewise devices`.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="What to call this device in it. Default: by its CPU.")] = None,
    save: Annotated[bool, typer.Option("--save/--no-save", help="Add what was measured to the table.")] = True,
    weights: options.Weights = None,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Write classifiers for each runtime, run them there, and say what is fastest.

    Each file on each runtime has a process of its own, and all take turns, so that rows can be compared though the
    machine is noisy. What a runtime cannot take is a row that says why. `peak MB` is of the whole process.
    """
    from edgewise.bench.benchmark import Settings, benchmark
    from edgewise.bench.subject import Images
    from edgewise.devices.device import check_name
    from edgewise.devices.table import DeviceTable
    from edgewise.machine import fingerprint
    from edgewise.store import see_that_writable

    into = DeviceTable(table)
    if device is not None:
        check_name(device)
    if save:
        see_that_writable(into.folder)
    sources = find(names, weights or ())
    images = Images(data, limit, seed)
    settings = Settings(_targets(to, precision, data), tuple(threads or [1]), mode, images, seed)
    with progress_bars(quiet=quiet or json) as progress:
        measured = benchmark(sources, settings, progress)
    stored = into.add(fingerprint(), measured.results, measured.layers, name=device) if save else None
    if json:
        print_json({"device": stored.id if stored else None, "results": measured.results})
        return
    _show(measured)
    written = any(one.relative_error is not None for one in measured.results)
    if not quiet and data is None and written:
        show_note("int8 is left out, and answers are compared on noise alone: both need images of the user, --data")
    if stored and not quiet:
        show_note(f"added to the device table as {stored.id}; `edgewise devices` shows it")


def _targets(to: list[str] | None, precision: list[str] | None, data: str | None) -> "tuple[Target, ...]":
    from edgewise.export.write import RUNTIMES, targets
    from edgewise.runtime.engines import installed_version

    names = to or [engine.value for engine in RUNTIMES if installed_version(engine)]
    return targets(names, precision or ["fp32", *(["int8"] if data else [])])


def _show(measured: "Measured") -> None:
    ran = [one for one in measured.results if not one.failure]
    slowest = max((one.p50_ms or 0.0 for one in ran), default=0.0)
    rows = [_row(one, slowest) for one in sorted(ran, key=lambda one: one.p50_ms or 0.0)]
    same = {
        "network": len({one.model for one in measured.results}) < 2,
        "threads": len({one.threads for one in measured.results}) < 2,
    }
    shown = [column for column in _COLUMNS if not same.get(column)]
    print_table("", shown, [[row[column] for column in shown] for row in rows], left=2)
    _show_failures([one for one in measured.results if one.failure])


def _row(one: "Result", slowest_ms: float) -> Mapping[str, str]:
    cells = (
        one.model,
        one.runtime,
        one.precision,
        str(one.threads),
        _megabytes(one.file_bytes, 2),
        f"{one.p50_ms:.3g}",
        f"{one.p90_ms:.3g}",
        _megabytes(one.peak_bytes, 0),
        "" if one.agreement is None else percent(one.agreement),
        f"{slowest_ms / one.p50_ms:.2f}" if one.p50_ms else "",
    )
    return dict(zip(_COLUMNS, cells, strict=True))


def _show_failures(failed: "Sequence[Result]") -> None:
    told = dict.fromkeys((one.model, one.runtime, one.precision, one.failure) for one in failed)
    for model, runtime, precision, why in told:
        out.print(f"{model}, {runtime} {precision}: {why}", markup=False, soft_wrap=True)


def _megabytes(count: int | None, digits: int) -> str:
    return "" if count is None else f"{count / 1e6:.{digits}f}"
