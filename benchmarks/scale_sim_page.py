"""What `scale_sim.py` found, in words and tables for the docs."""

from collections.abc import Mapping
from typing import Any

from pages import markdown_list, markdown_table

COUNTED = ("scale_sim_cycles", "overhang_cycles", "drain_cycles", "last_cycle", "cycles", "unexplained_cycles")
DIFFERENCES = (
    "**Overhang.** An image that the strides do not divide gets one more row and column of outputs, whose windows "
    "hang over its edge: SCALE-Sim rounds the output's size up, PyTorch and we round it down. Cause: "
    "`topology_utils.py`, `topo_calc_hyperparams`.",
    "**Drain.** Output stationary, products stay in the array and must leave it before the next fold. SCALE-Sim lets "
    "the last row write its first output R - 1 cycles before the last sum of that row is made, and so saves R cycles a "
    "fold. Cause: `systolic_compute_os.py`, `create_ofmap_demand_mat`. Its maintainer agrees that a fold should "
    "take 2R + C + T - 2 cycles, as in the paper and here (scalesim-project/scale-sim-v3, issue 4).",
    "**Last cycle.** SCALE-Sim reports the number of the last cycle, counted from 0, for how many there were. Cause: "
    "`double_buffered_scratchpad_mem.py`, `service_memory_requests` (scalesim-project/SCALE-Sim, issue 125).",
)
OTHERS = (
    "*Overall Util %* divides by one cycle too few, and counts the products of overhanging windows as work.",
    "*Compute Util %*, weight and input stationary, divides by C - 1 cycles a fold too many: the skew of the columns "
    "is added to a fold that has it already (`cycles_this_fold` in `systolic_compute_ws.py` and "
    "`systolic_compute_is.py`).",
    "*SRAM OFMAP Writes*, output stationary, are R + C a fold too many (`systolic_compute_os.py`, a sum of the two "
    "sides added to their product).",
    "Sums that go on in the next fold are written, and no report counts that they are read again.",
    "With a bandwidth given (USER), `Bandwidth` limits outputs alone; that of inputs and weights is "
    "`IfmapSRAMBankBandwidth` and `FilterSRAMBankBandwidth` (`single_layer_sim.py`, `run`).",
    "What is fetched before the first cycle is in no stall and not in *Total Cycles*, however little the bandwidth; "
    "version 3 has a column of its own for it, *Total Cycles (incl. prefetch)*.",
    "With a bandwidth given, it must be a multiple of the number of banks, or the run ends with an assertion.",
    "A layer whose name has `DP` in it is taken for a depthwise one, and is run once for each channel, with all "
    "filters (`topology_utils.py`, `load_arrays_conv`).",
    "A dataflow that it does not know, `WS` for `ws`, is run output stationary after a warning.",
    "`-s N`, against traces on disk, is passed over (`scale.py`).",
)


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    every = [row for one in result["dataflows"].values() for row in one["layers"]]
    agreed = sum(row["unexplained_cycles"] == 0 for row in every)
    theirs, ours = (sum(row[key] for row in every) for key in ("scale_sim_cycles", "cycles"))
    seconds = sum(one["scale_sim_s"] for one in result["dataflows"].values())
    wholes = [one["files_to_report"]["median_ms"] for one in result["dataflows"].values()]
    forms = [one["cycles_alone"]["median_ms"] for one in result["dataflows"].values()]
    ratios = [one["times_faster"] for one in result["dataflows"].values()]
    alone = [one["times_faster_cycles_alone"] for one in result["dataflows"].values()]
    return [
        f"Compute cycles: {agreed} of {len(every)} layers agree to the cycle once the three differences below are "
        f"counted. As reported, SCALE-Sim has {theirs:,} cycles in all, ours are {ours:,} "
        f"({100 * (ours / theirs - 1):+.1f}%).",
        f"Time: SCALE-Sim took {seconds:.0f} s for the three dataflows; ours took {min(wholes):.1f} to "
        f"{max(wholes):.1f} ms for each, from the same files to the same report: {min(ratios):,.0f} to "
        f"{max(ratios):,.0f} times as fast. All but {max(forms):.2f} ms of that is reading and writing files; without "
        f"them, {min(alone):,.0f} to {max(alone):,.0f} times.",
        "That is how long one waits for compute cycles and utilisation, and no comparison of equal work: SCALE-Sim "
        "steps through every cycle, and finds besides what its memories fetch at which address. The time that it would "
        "take to write those traces to disk is left out.",
    ]


def page(result: Mapping[str, Any]) -> list[str]:
    """The whole page."""
    versions = result["scale_sim_versions"]
    parts = [
        "# Beside SCALE-Sim",
        f"Made by `python benchmarks/scale_sim.py` ({result['machine']['cpu']}, one thread; SCALE-Sim "
        f"{versions['scalesim']} with NumPy {versions['numpy']} and Python {versions['python']}; nothing is drawn, so "
        f"there is no seed). The distinct layers of ResNet-18 at {result['size_px']} px, on an array of "
        f"{result['rows']} x {result['columns']} with {result['sram_kib']} KiB each for inputs, weights and outputs. "
        f"Ours are medians of {result['rounds']} rounds, SCALE-Sim ran once; neither with Python's start and imports.",
        markdown_list(result["in_words"]),
        "SCALE-Sim knows no padding: both get images that hold it, as `edgewise.accel.topology.write_topology` writes "
        "them. The tests hold the closed forms against reports that SCALE-Sim wrote for other layers and arrays "
        "(`tests/accel/golden/scale_sim/`).",
        "## Compute cycles",
        _totals(result),
        "## Differences in compute cycles",
        markdown_list(DIFFERENCES),
        "## Other things to know of SCALE-Sim 3",
        "Read in its source and seen in runs; the first three are held against its reports by the same tests.",
        markdown_list(OTHERS),
    ]
    for dataflow, one in result["dataflows"].items():
        parts += [f"## Layer by layer, {dataflow} stationary", _layers(one)]
    return parts


def _totals(result: Mapping[str, Any]) -> str:
    rows = [
        [
            dataflow,
            *(f"{sum(row[key] for row in one['layers']):,}" for key in COUNTED),
            f"{one['scale_sim_s']:.1f}",
            f"{one['files_to_report']['median_ms']:.2f} ({one['files_to_report']['p90_ms']:.2f})",
            f"{one['cycles_alone']['median_ms']:.3f} ({one['cycles_alone']['p90_ms']:.3f})",
            f"{one['times_faster']:,.0f}",
        ]
        for dataflow, one in result["dataflows"].items()
    ]
    columns = [
        "stationary",
        *("SCALE-Sim's cycles", "less overhang", "and drain", "and last cycle", "ours", "unexplained"),
        *("SCALE-Sim, s", "ours, files to report, ms (p90)", "closed forms alone, ms (p90)", "times as fast"),
    ]
    return markdown_table(columns, rows)


def _layers(one: Mapping[str, Any]) -> str:
    rows = [
        [
            row["layer"],
            " x ".join(map(str, row["product"])),
            *(f"{row[key]:,}" for key in COUNTED),
            f"{row['scale_sim_s']:.1f}",
        ]
        for row in one["layers"]
    ]
    columns = [
        *("layer", "product, m x k x n"),
        *("SCALE-Sim's cycles", "less overhang", "and drain", "and last cycle", "ours", "unexplained", "SCALE-Sim, s"),
    ]
    return markdown_table(columns, rows)
