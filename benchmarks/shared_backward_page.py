"""What `shared_backward.py` found, in words and tables for the docs."""

from collections.abc import Mapping
from typing import Any

from pages import markdown_list, markdown_table
from prune_users_page import NOTICE

GOALS = {"stage 4": 4.0, "stages 3-4": 1.6}
THEORY = {"stage 4": 5.05, "stages 3-4": 1.80}  # ResNet-50's MACs over those of its tail, from the published widths
GOALS_OF = "ResNet-50"
EXACT, NEAR = 1e-5, 0.99


def words(result: Mapping[str, Any]) -> list[str]:
    """The findings, from the figures."""
    found: list[str] = []
    for place, goal in GOALS.items():
        row = result["networks"][GOALS_OF]["ways"][f"{place}, shared int8"]
        said = "met" if row["times_cheaper_least"] >= goal else "not met in every round"
        found.append(
            f"{GOALS_OF} with {place} open: the shared, truncated step, from an int8 cache, is "
            f"{row['times_cheaper']:.2f} times as fast as the full one ({row['times_cheaper_least']:.2f} in the worst "
            f"round; theory {THEORY[place]:.2f}, MACs counted {row['times_fewer_macs']:.2f}); at least {goal:g} was "
            f"the goal: {said}."
        )
    every = [(name, way, row) for name, one in result["networks"].items() for way, row in one["ways"].items()]
    error = max(row["relative_error"] for _, way, row in every if way.endswith("float32"))
    cosine = min(row["cosine"] for _, way, row in every if way.endswith("int8"))
    found.append(
        f"Gradients from a float32 cache are those of the whole computation to {error:.1e} at worst (goal {EXACT:g}); "
        f"from an int8 cache their cosine is {cosine:.5f} at least (goal {NEAR})."
    )
    return found


def page(result: Mapping[str, Any]) -> list[str]:
    """The whole page."""
    command = "python benchmarks/shared_backward.py"
    parts = [
        "# A training step that shares inference's computation",
        f"Made by `{command}` ({result['machine']['cpu']}, one thread, batch {result['batch']}, {result['rounds']} "
        f"rounds with all ways in turns; seed {result['seed']}). Seconds are medians of processor time; ratios by the "
        "clock, which other work disturbs more, stand beside.",
        markdown_list(result["in_words"]),
        "A step reads its batch, runs forward and backward, and updates the weights that it trains (AdamW). "
        "*Everything* trains the whole network on images. *Recomputed* trains the tail alone, and runs the frozen "
        "prefix for each step. *Shared* reads what enters the tail from a cache that inference filled, and gives its "
        "bytes back as float32. MACs are forward and backward, for one input: each layer of the tail takes its own for "
        "the gradient of its weights, and, but for the first, for that of its input; hence a little more than theory, "
        "which compares forward passes. *Held* is what a step keeps for its backward pass, weights left out. "
        f"Weights are disturbed by {100 * result['noise']:g}% and the loss is the divergence from the undisturbed "
        "network, so that there is a gradient to compare.",
    ]
    for name, one in result["networks"].items():
        parts += [f"## {name}, 224 px", _costs(one), _filling(one), _gradients(one)]
    return [*parts, NOTICE]


def _costs(one: Mapping[str, Any]) -> str:
    rows = [
        [
            way,
            f"{row['macs'] / 1e9:.2f}",
            f"{row['times_fewer_macs']:.2f}",
            f"{row['median_s']:.2f}",
            f"{row['times_cheaper']:.2f} ({row['times_cheaper_least']:.2f} to {row['times_cheaper_most']:.2f})",
            f"{row['wall_times_cheaper']:.2f}",
            f"{row['held_bytes'] / 1e6:.0f}",
        ]
        for way, row in one["ways"].items()
    ]
    columns = [
        "trained",
        "GMACs an input",
        "times fewer",
        "seconds a step",
        "times cheaper (least to most)",
        "by the clock",
        "held, MB",
    ]
    return markdown_table(columns, rows)


def _filling(one: Mapping[str, Any]) -> str:
    return f"What the caches take, where one inference takes {one['inference_ms']:.0f} ms on PyTorch:"


def _gradients(one: Mapping[str, Any]) -> str:
    rows = [
        [
            place,
            precision,
            f"{cache['bytes'] / 1e3:.0f}",
            f"{cache['add_ms']:.2f}",
            f"{row['relative_error']:.1e}",
            f"{row['worst_relative_error']:.1e}",
            f"{row['cosine']:.6f}",
        ]
        for place, caches in one["caches"].items()
        for precision, cache in caches.items()
        for row in [one["ways"][f"{place}, shared {precision}"]]
    ]
    columns = [
        "open",
        "cache",
        "kB an input",
        "ms to add one",
        "gradients' relative error",
        "of the worst parameter",
        "cosine",
    ]
    return markdown_table(columns, rows)
