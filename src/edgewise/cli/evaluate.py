"""`edgewise select evaluate`: the fair table of a profile."""

from edgewise.cli import options
from edgewise.cli.console import print_json, progress_bars
from edgewise.cli.fair_tables import show_table
from edgewise.profile.outcomes import open_profile


def command(
    profile: options.Profile,
    criterion: options.CriterionOption = "top1",
    folds: options.Folds = 5,
    max_mean_ms: options.MaxMeanMs = None,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Judge the selectors on a profile by nested cross-validation, and keep the fair table beside it."""
    from edgewise.report.record import save_evaluation
    from edgewise.select.judge.evaluate import evaluate
    from edgewise.select.judge.fair_table_json import table_to_json
    from edgewise.select.named import standard_methods
    from edgewise.store import see_that_writable

    outcomes = open_profile(profile)
    see_that_writable(profile)
    with progress_bars(quiet=quiet or json) as progress:
        evaluation = evaluate(
            outcomes.trials(),
            standard_methods(criterion, max_mean_ms),
            criterion=criterion,
            folds=folds,
            seed=seed,
            progress=progress,
        )
    save_evaluation(
        outcomes, evaluation, {"criterion": criterion, "folds": folds, "max_mean_ms": max_mean_ms, "seed": seed}
    )
    if json:
        print_json(table_to_json(evaluation.table))
    else:
        show_table(evaluation.table)
