"""What layers reach of an array, against what its memory and its multipliers allow."""

from collections.abc import Mapping, Sequence

from markupsafe import Markup

from edgewise.accel.accelerator import Accelerator
from edgewise.accel.run import LayerRun
from edgewise.report.cloud import Axes, Dot, Path, draw_cloud

_SIZES_PX = {"wide": (992, 420), "medium": (640, 380), "narrow": (358, 340)}


def rooflines(runs: Sequence[LayerRun], accelerator: Accelerator) -> Mapping[str, Markup]:
    """One drawing for each width of page: MACs a second over MACs for each byte of DRAM (Williams et al. 2009).

    Layers of which nothing crosses the DRAM have no place on it, and are left out.
    """
    return {size: _draw([one for one in runs if one.dram_bytes], accelerator, size) for size in _SIZES_PX}


def _draw(runs: Sequence[LayerRun], accelerator: Accelerator, size: str) -> Markup:
    places = [(one.macs / one.dram_bytes, one.macs / one.cycles * accelerator.clock_mhz / 1e3, one) for one in runs]
    peak = accelerator.array.rows * accelerator.array.columns * accelerator.clock_mhz / 1e3
    ridge = peak / accelerator.dram_gb_per_s
    reached = [across for across, _, _ in places]
    low, high = min([ridge, *reached]) / 10, max([ridge, *reached]) * 10
    roof = Path(((low, low * accelerator.dram_gb_per_s), (ridge, peak), (high, peak)), "roof")
    dots = [
        Dot(
            across,
            up,
            one.kind.replace(" ", "-"),
            4.0,
            f"{one.name}, {one.kind}: {across:.3g} MACs a byte, {up:.3g} G a second",
        )
        for across, up, one in places
    ]
    dots.append(Dot(ridge, peak, "ridge", 2.5, f"{ridge:.3g} MACs a byte: memory keeps up from here on"))
    words = f"What {len(runs)} layers reach of {peak:,.0f} G MACs a second, and of {accelerator.dram_gb_per_s:g} GB/s."
    axes = Axes("MACs for each byte of DRAM, logarithmic", "G MACs a second, logarithmic")
    return draw_cloud(dots, [roof], axes, _SIZES_PX[size], name=f"roof-{size}", words=words)
