"""`edgewise select evaluate`: the fair table of a profile."""

from dataclasses import asdict
from typing import Annotated

import typer

from edgewise.cli import budget_options, options
from edgewise.cli.console import print_json, progress_bars
from edgewise.cli.fair_tables import show_table
from edgewise.profile.outcomes import open_profile


def command(
    profile: options.Profile,
    criterion: options.CriterionOption = "top1",
    max_mean_ms: budget_options.MaxMeanMs = None,
    max_p90_ms: budget_options.MaxP90Ms = None,
    min_accuracy: budget_options.MinAccuracy = None,
    max_energy_mj: budget_options.MaxEnergyMj = None,
    also: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="A kind of selector that another package adds, to be judged too. Repeat."),
    ] = None,
    folds: options.Folds = 5,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Judge every selector on a profile by nested cross-validation, and keep the fair table beside it.

    All are fitted under the same budget, inside the training folds. About five minutes for 1,000 images and 7 models.
    """
    from edgewise.report.record import save_evaluation
    from edgewise.select.budget.auto import AutoMethod
    from edgewise.select.budget.budget import Budget
    from edgewise.select.budget.survey import LEARNING_FOLDS
    from edgewise.select.judge.evaluate import evaluate
    from edgewise.select.judge.fair_table_json import table_to_json
    from edgewise.select.judge.folds import see_that_enough
    from edgewise.select.named import standard_methods
    from edgewise.store import see_that_writable

    outcomes = open_profile(profile)
    see_that_writable(profile)
    budget = Budget(max_mean_ms, max_p90_ms, max_energy_mj, min_accuracy)
    trials = outcomes.trials()
    see_that_enough(len(trials), folds, AutoMethod.folds, LEARNING_FOLDS)
    with progress_bars(quiet=quiet or json) as progress:
        evaluation = evaluate(
            trials,
            standard_methods(trials, criterion, budget, seed, also=also or ()),
            criterion=criterion,
            folds=folds,
            seed=seed,
            progress=progress,
        )
    settings = {"criterion": criterion, "folds": folds, **asdict(budget), "seed": seed}
    save_evaluation(outcomes, evaluation, settings)
    if json:
        print_json(table_to_json(evaluation.table))
    else:
        show_table(evaluation.table)
