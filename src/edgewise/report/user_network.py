"""The page of a user's network: what came out, what it may lose, what was cut and given back, and what that cost."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from markupsafe import Markup

from edgewise.machine import Machine
from edgewise.prune.user_record import UserRecord, read_user_record
from edgewise.report import user_network_words as words
from edgewise.report.cost_bars import cost_bars, mac_rows
from edgewise.report.drop_plane import Tried, draw_drops
from edgewise.report.figures import count, rough_percent
from edgewise.report.layer_columns import Column, Panel, draw_columns
from edgewise.report.render import environment, package_file
from edgewise.report.render import write_report as write_page

REPORT = "report.html"
_WIDTHS_PX = {"wide": 992, "medium": 640, "narrow": 358}
_PLANE_PX, _CHANNELS_PX, _MACS_PX, _MISSED_PX = 340, 130.0, 90.0, 150.0
_ROUND_UP = 1.05


@dataclass(frozen=True)
class LayerRow:
    """One layer in texts; what is not known of it is empty."""

    layer: str
    channels: str
    macs: str
    missed: str


def write_report(folder: Path, out: Path | None = None) -> Path:
    """Write the page of the network in a folder; without `out`, as `report.html` beside it. Where it was written.

    Raises `StoreError` for a folder that holds no user's network, and where the page cannot be written.
    """
    path = out or folder / REPORT
    write_page(path, render_user_network(read_user_record(folder)))
    return path


def render_user_network(record: UserRecord) -> str:
    """The page as one HTML text that loads nothing."""
    tried = _tried(record)
    return (
        environment()
        .get_template("user_network.html.j2")
        .render(
            css=Markup(package_file("report.css")),
            record=record,
            words=words,
            memory=words.memory(record.cost),
            roles={one.role for one in tried},
            planes=_at_each_width(partial(_plane, tried, record.evidence.max_drop_points)),
            widths=_at_each_width(partial(_widths, record)) if record.layers else {},
            recovery=_at_each_width(partial(_recovery, record)) if record.solved else {},
            rows=layer_rows(record),
            bars=cost_bars(record.cost),
            macs=mac_rows(record.cost),
            facts=_facts(record.machine),
        )
    )


def layer_rows(record: UserRecord) -> tuple[LayerRow, ...]:
    """Every layer of which anything is known, from the input to the output."""
    widths = {one.layer: one for one in record.layers}
    solved = {one.layer: one for one in record.solved}
    return tuple(
        LayerRow(
            layer,
            f"{wide.kept} of {wide.channels}" if (wide := widths.get(layer)) else "",
            f"{wide.macs / 1e6:,.2f} of {wide.generic_macs / 1e6:,.2f}" if wide else "",
            f"{100 * one.missed_before:.1f}, then {100 * one.missed_after:.1f}" if (one := solved.get(layer)) else "",
        )
        for layer in dict.fromkeys([*widths, *solved])
    )


def _tried(record: UserRecord) -> tuple[Tried, ...]:
    """The network that came out as it was measured; of the candidates all others."""
    evidence = record.evidence
    return (
        Tried("the generic network", "generic", record.generic_ms, 0.0, 0.0, 0.0),
        *(
            Tried(
                one.name,
                "let in" if one.accepted else "refused",
                one.ms,
                one.expected_drop_points,
                one.low_points,
                one.high_points,
            )
            for one in record.candidates
            if not one.chosen
        ),
        *_twin(record),
        Tried(
            "the user's network",
            "chosen",
            record.ms,
            evidence.drop_points,
            evidence.low_points,
            evidence.high_points,
        ),
    )


def _twin(record: UserRecord) -> tuple[Tried, ...]:
    """The same network at float32, where int8 serves."""
    twin = record.float_twin
    if twin is None:
        return ()
    found = twin.evidence
    role = "let in" if found.accepted else "refused"
    return (Tried("the same at float32", role, twin.ms, found.drop_points, found.low_points, found.high_points),)


def _at_each_width(draw: "partial[Markup]") -> Mapping[str, Markup]:
    return {size: draw(room_px) for size, room_px in _WIDTHS_PX.items()}


def _plane(tried: Sequence[Tried], max_drop_points: float, room_px: int) -> Markup:
    return draw_drops(tried, max_drop_points, (room_px, _PLANE_PX), name=f"drops-{room_px}")


def _widths(record: UserRecord, room_px: int) -> Markup:
    """Channels kept, and what the layers compute; the last layer, whose outputs are the classes, keeps none by rank."""
    layers = record.layers[:-1]
    kept = [
        Column(
            one.layer,
            1.0,
            one.kept / one.channels,
            f"{one.layer}: {one.kept} of {one.channels} channels",
            plain=one.kept == one.channels,
        )
        for one in layers
    ]
    macs = [
        Column(
            one.layer,
            one.generic_macs / 1e6,
            one.macs / 1e6,
            f"{one.layer}: {one.macs / 1e6:,.1f} of {one.generic_macs / 1e6:,.1f} M MACs",
        )
        for one in layers
    ]
    most = _ROUND_UP * max(column.whole for column in macs)
    panels = (
        Panel("channels kept", tuple(kept), 1.0, _CHANNELS_PX, rough_percent),
        Panel("million multiply-accumulates, before and after", tuple(macs), most, _MACS_PX, "{:g}".format),
    )
    share = record.macs / record.generic_macs
    return draw_columns(
        panels, room_px, f"Channels and work kept by {count(len(layers), 'layer')}, {share:.0%} in all."
    )


def _recovery(record: UserRecord, room_px: int) -> Markup:
    missed = tuple(
        Column(
            one.layer,
            one.missed_before,
            one.missed_after,
            f"{one.layer}: missed {100 * one.missed_before:.1f}%, then {100 * one.missed_after:.1f}%",
        )
        for one in record.solved
    )
    top = min(1.0, _ROUND_UP * max(max(one.whole, one.part) for one in missed)) or 1.0
    ends = ", up to 100%" if any(max(one.whole, one.part) > 1 for one in missed) else ""
    panel = Panel(f"share of the variance that is missed{ends}", missed, top, _MISSED_PX, _percent_tick)
    return draw_columns([panel], room_px, words.recovered(record))


def _percent_tick(share: float) -> str:
    return f"{100 * share:g}%"


def _facts(machine: Machine) -> tuple[tuple[str, str], ...]:
    packages = ", ".join(f"{name} {version}" for name, version in machine.packages.items())
    return (
        ("Machine", f"{machine.cpu}, {count(machine.cores, 'core')}, {machine.memory_gib} GiB"),
        ("System", f"{machine.system}, Python {machine.python}"),
        ("Versions", packages),
    )
