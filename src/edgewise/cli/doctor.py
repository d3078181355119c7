"""`edgewise doctor`: what is here, what works, and how to get the rest."""

from dataclasses import asdict

import typer
from rich.table import Table
from rich.text import Text

import edgewise
from edgewise.cli import options
from edgewise.cli.console import out, print_json, progress_bars
from edgewise.energy.find import Offer, survey
from edgewise.export.litert_environment import LitertExport, litert_export
from edgewise.machine import fingerprint
from edgewise.plugin_health import PluginCheck, check_plugins
from edgewise.runtime.health import INSTALL_HINT, Check, HubCache, check_packages, hub_cache
from edgewise.text import printable

_BROKEN = 3  # exit code when something that edgewise itself needs does not work
_STYLES = {"ok": "green", "absent": "yellow", "broken": "bold red"}


def command(json: options.Json = False, quiet: options.Quiet = False) -> None:
    """Say which engines and packages are here, whether they run, and how to get the missing ones.

    Exits with 3 when a package that edgewise itself needs is absent or broken; a missing extra is no fault, and neither
    is what another package adds and does not work.
    """
    machine, cache, energy, litert = fingerprint(), hub_cache(), survey(), litert_export()
    with progress_bars(quiet=quiet or json) as progress:
        checks = check_packages(progress)
        plugins = check_plugins(progress)
    broken = not checks or any(check.state != "ok" for check in checks if not check.extra)
    if json:
        print_json(
            {
                "edgewise": edgewise.__version__,
                "ok": not broken,
                "machine": {key: value for key, value in asdict(machine).items() if key != "packages"},
                "packages": checks,
                "plugins": plugins,
                "hub_cache": cache,
                "energy": energy,
                "litert_export": litert,
            }
        )
    else:
        out.print(f"edgewise {edgewise.__version__}, Python {machine.python}", markup=False)
        cores = f"{machine.cores} core{'s' if machine.cores != 1 else ''} to use"
        out.print(f"{machine.system}: {machine.cpu}, {cores}, {machine.memory_gib:g} GiB", markup=False)
        out.print(_hub_line(cache), markup=False)
        out.print(_energy_line(energy), markup=False)
        out.print(_litert_line(litert), markup=False)
        out.print()
        out.print(_table(checks) if checks else f"It is not installed, so what it needs is not known. {INSTALL_HINT}")
        if plugins:
            out.print()
            out.print(_plugin_table(plugins))
        hints = () if quiet else dict.fromkeys(check.hint for check in checks if check.hint)
        for hint in hints:
            wanted = ", ".join(check.package for check in checks if check.hint == hint)
            out.print(f"\n{wanted}: {hint}", markup=False, soft_wrap=True)
        if energy.hint and not quiet:
            out.print(f"\nenergy: {energy.hint}", markup=False, soft_wrap=True)
        if litert.hint and not quiet:
            out.print(f"\nexport to LiteRT: {litert.hint}", markup=False, soft_wrap=True)
    if broken:
        raise typer.Exit(_BROKEN)


def _hub_line(cache: HubCache) -> str:
    held = "no cache yet" if cache.models is None else f"{cache.models} model{'s' if cache.models != 1 else ''} cached"
    return f"Hugging Face hub: {held} in {cache.folder}{', offline (HF_HUB_OFFLINE)' if cache.offline else ''}"


def _energy_line(offer: Offer) -> str:
    if offer.counters is not None:
        line = f"Energy: measured by {offer.counters}"
    else:
        line = f"Energy: modelled, for {offer.reason}"
    files = ", ".join(map(str, offer.power_files))
    return f"{line}\nPower files to measure by, with --power-file: {files}" if files else line


def _litert_line(found: LitertExport) -> str:
    return (
        f"Export to LiteRT: by {found.python}" if found.python else f"Export to LiteRT: not here, for {found.problem}"
    )


def _plugin_table(plugins: tuple[PluginCheck, ...]) -> Table:
    """What other packages add."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("plug-in", "kind", "package", "state", ""):
        table.add_column(column, overflow="fold")
    for one in plugins:
        state = Text("ok", style=_STYLES["ok"]) if one.works else Text("broken", style=_STYLES["broken"])
        cells = (Text(printable(text)) for text in (one.name, one.kind, f"{one.package} {one.version}"))
        table.add_row(*cells, state, Text(printable(one.note)))
    return table


def _table(checks: tuple[Check, ...]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in ("package", "version", "for", "state", ""):
        table.add_column(column, overflow="fold")
    for check in checks:
        state = Text(check.state, style=_STYLES[check.state])
        table.add_row(check.package, check.version or "", check.extra or "edgewise", state, Text(check.note))
    return table
