"""`edgewise devices`: what was measured on which device, and what that foretells."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import milliseconds, print_json, print_table, progress_bars, show_note
from edgewise.errors import UsageError

if TYPE_CHECKING:
    from edgewise.devices.result import Result

app = typer.Typer(help="The device table: list, compare, and foretell latency from it.", no_args_is_help=True)

Table = Annotated[
    Path | None,
    typer.Option(help="The folder of the table. Default: $EDGEWISE_DEVICES, else among this user's data."),
]


@app.command("list")
def list_devices(table: Table = None, json: options.Json = False, quiet: options.Quiet = False) -> None:
    """List the devices of the table: their networks, the runtimes, and when they were measured."""
    from edgewise.devices.table import DeviceTable

    devices = DeviceTable(table)
    found = []
    for device in devices.devices():
        networks = devices.networks(device.id)
        rows = [row for network in networks for row in network.rows]
        times = sorted([row.measured for row in rows] + [one.measured for one in sum((n.layers for n in networks), ())])
        found.append(
            {
                "id": device.id,
                "machine": device.machine,
                "networks": len(networks),
                "with_layers": sum(bool(network.layers) for network in networks),
                "rows": len(rows),
                "failed": sum(row.result.p50_ms is None for row in rows),
                "runtimes": sorted({row.result.runtime for row in rows}),
                "first": times[0] if times else None,
                "last": times[-1] if times else None,
            }
        )
    if json:
        print_json({"table": devices.folder, "devices": found})
        return
    if found:
        rows = [
            [
                one["id"],
                one["machine"].cpu,
                str(one["networks"]),
                str(one["with_layers"]),
                ", ".join(one["runtimes"]),
                (one["last"] or "")[:10],
            ]
            for one in found
        ]
        print_table(
            str(devices.folder), ["device", "CPU", "networks", "with layers", "runtimes", "measured"], rows, left=2
        )
    elif not quiet:
        show_note(f"{devices.folder} holds no device; `edgewise benchmark` adds this machine to it")


@app.command("compare")
def compare(
    model: Annotated[
        str | None, typer.Argument(help="One network of the table, all of whose rows are shown. Default: all networks.")
    ] = None,
    device: Annotated[
        list[str] | None, typer.Option("--device", help="A device of the table. Repeat for more. Default: all.")
    ] = None,
    threads: Annotated[int | None, typer.Option(min=1, help="Only rows of so many threads.")] = None,
    table: Table = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Compare devices: the median time of each network by its fastest runtime, or all rows of one network."""
    from edgewise.devices.compared import compare
    from edgewise.devices.table import DeviceTable

    stored = DeviceTable(table)
    ids = [stored.device(name).id for name in device or ()] or [one.id for one in stored.devices()]
    if not ids:
        raise UsageError(f"The table {stored.folder} has no device.", "`edgewise benchmark` adds this machine to it.")
    if model is not None:
        rows = [(name, row) for name in ids for row in stored.results(name) if row.model == model]
        rows = [(name, row) for name, row in rows if threads in (None, row.threads)]
        if not rows:
            known = sorted({row.model for name in ids for row in stored.results(name)})
            raise UsageError(f"The table has no network {model!r} there.", f"It has: {', '.join(known)}.")
        rows.sort(key=lambda pair: (pair[1].p50_ms is None, pair[1].p50_ms))
        if json:
            print_json([{"device": name, **vars(row)} for name, row in rows])
        else:
            print_table(model, _ROW_COLUMNS, [[name, *_row(row)] for name, row in rows], left=3)
        return
    found = compare(stored, ids, threads)
    if json:
        print_json({"devices": ids, "networks": found})
        return
    cells = [
        [
            one.model,
            str(one.size_px),
            *(_cell(row, ratio) for row, ratio in zip(one.fastest, one.ratios, strict=True)),
        ]
        for one in found
    ]
    print_table("ms by the fastest way to run it", ["network", "px", *ids], cells)
    if not quiet and len(ids) > 1:
        show_note("in brackets: times as slow as where it is fastest")


_ROW_COLUMNS = [
    *("device", "runtime", "precision", "threads", "px", "p50 ms", "p90 ms", "agrees %", "MB"),
    "why there is no time",
]


def _row(row: "Result") -> list[str]:
    return [
        f"{row.runtime} {row.version}",
        row.precision,
        str(row.threads),
        str(row.size_px),
        "" if row.p50_ms is None else milliseconds(row.p50_ms),
        "" if row.p90_ms is None else milliseconds(row.p90_ms),
        "" if row.agreement is None else f"{100 * row.agreement:.1f}",
        "" if row.file_bytes is None else f"{row.file_bytes / 1e6:.1f}",
        row.failure,
    ]


def _cell(row: "Result | None", ratio: float | None) -> str:
    if row is None or row.p50_ms is None:
        return ""
    slower = f" ({ratio:.2f}x)" if ratio and ratio > 1 else ""
    return f"{milliseconds(row.p50_ms)}{slower} {row.runtime} {row.precision}, {row.threads}"


@app.command("predict")
def predict(
    model: Annotated[str, typer.Argument(help="One classifier, as for --zoo: an ONNX file or a PyTorch network.")],
    device: Annotated[str, typer.Option("--device", help="The device of the table to foretell it for.")],
    threads: options.Threads = 1,
    weights: options.Weights = None,
    table: Table = None,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Foretell the latency of a network on a device that it never ran on, from the layers that were timed there.

    It is that of one image on ONNX Runtime in float32. How far off such figures are is told with each: every network of
    the table is foretold from all others, and held against its own time.
    """
    from edgewise.devices.predict import Predictor
    from edgewise.devices.source_layers import layers_of_source
    from edgewise.devices.table import DeviceTable
    from edgewise.zoo.sources import find_one

    source = find_one(model, weights or ())
    stored = DeviceTable(table)
    with progress_bars(quiet=quiet or json) as progress:
        progress("judging the table", 0, 1)
        predictor = Predictor.of(stored, stored.device(device).id, threads)
        progress("judging the table", 1, 1)
        progress("looking at the network", 0, 1)
        shapes, size_px = layers_of_source(source)
        progress("looking at the network", 1, 1)
    found = predictor.predict(shapes)
    if json:
        about = {"model": source.text, "device": device, "threads": threads, "size_px": size_px}
        print_json({**about, "layers": len(shapes), **vars(found)})
        return
    rows = [
        ["foretold, ms", f"{milliseconds(found.ms)} ({milliseconds(found.low_ms)} to {milliseconds(found.high_ms)})"],
        ["of it in layers of shapes measured there", f"{100 * found.exact_share:.0f}%"],
        ["networks measured there", str(found.networks)],
        ["off by, when each is left out: median", f"{100 * found.median_error:.0f}%"],
        ["worst", f"{100 * found.worst_error:.0f}%"],
    ]
    print_table(f"{source.text}, {size_px} px, on {device}, threads: {threads}", ["", ""], rows, left=2)
    if not quiet:
        show_note("one image on ONNX Runtime in float32; in brackets, what holds for nine networks in ten left out")
