"""`edgewise select ceiling`: what selection can win at most on a profile, before anything is trained."""

from typing import TYPE_CHECKING

from edgewise.cli import options
from edgewise.cli.console import milliseconds, out, percent, print_json, print_table, progress_bars
from edgewise.profile.outcomes import open_profile

if TYPE_CHECKING:
    from edgewise.select.ceiling.ceiling import Ceiling


def command(
    profile: options.Profile,
    criterion: options.CriterionOption = "top1",
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Say what selection can win at most on a profile; nothing is trained for it.

    A perfect choice between the models, which nobody makes, bounds every selector. A first look at simple cascades says
    whether any of it is in reach, or whether one model alone serves best.
    """
    from edgewise.report.ceiling import tell
    from edgewise.select.ceiling.ceiling import ceiling

    outcomes = open_profile(profile)
    with progress_bars(quiet=quiet or json) as progress:
        found = ceiling(outcomes.trials(), criterion, seed=seed, progress=progress)
    words = tell(found)
    if json:
        print_json({"words": words, "ceiling": found})
        return
    for sentence in words:
        out.print(sentence, markup=False)
    if len(found.singles) > 1:
        _show_reach(found)
        _show_worth(found)


def _show_reach(found: "Ceiling") -> None:
    measure = "macro recall" if found.criterion == "macro-f1" else found.criterion
    rows = [
        [
            reach.name,
            f"{percent(reach.accuracy.value)} ({percent(reach.accuracy.low)}-{percent(reach.accuracy.high)})",
            milliseconds(reach.alone_ms),
            milliseconds(reach.perfect_ms),
            milliseconds(reach.cheapest_first_ms),
            milliseconds(reach.look.mean_ms) if reach.look else "",
        ]
        for reach in found.singles
    ]
    oracle = found.oracle
    rows.append(
        [
            "oracle",
            f"{percent(oracle.accuracy.value)} ({percent(oracle.accuracy.low)}-{percent(oracle.accuracy.high)})",
            "",
            milliseconds(oracle.mean_ms.value),
            milliseconds(oracle.cheapest_first_ms),
            "",
        ]
    )
    print_table(
        f"\n{found.images:,} images, {measure} (95% intervals): the mean ms, decoding included, to be as accurate.\n"
        f"Perfect: of all models, or after {found.singles[0].name} was run. The cascades are flattered.",
        ["as accurate as", "right %", "alone", "perfect", "run first", "cascade"],
        rows,
    )


def _show_worth(found: "Ceiling") -> None:
    print_table(
        "\nWhat each model adds to a perfect choice, and what guessing would in its place",
        ["", "adds, points", "reaches %", "guessing, points"],
        [
            [
                row.model,
                f"{100 * row.added:+.1f}" if place else "",
                percent(row.reached),
                f"{100 * row.guessing:+.1f}" if place else "",
            ]
            for place, row in enumerate(found.worth)
        ],
    )
