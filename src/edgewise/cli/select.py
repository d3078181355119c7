"""`edgewise select`: fit a selector to a profile, and judge selectors fairly."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from edgewise.cli import options
from edgewise.cli.console import milliseconds, percent, print_json, print_table, progress_bars
from edgewise.cli.console import out as console
from edgewise.profile.outcomes import open_profile
from edgewise.select.criterion import Criterion
from edgewise.select.fair_table import FairTable, Interval, Row, Verdict

app = typer.Typer(help="Selectors: which model answers which image.", no_args_is_help=True)

Profile = Annotated[Path, typer.Argument(help="A folder that `edgewise profile` wrote.")]
CriterionOption = Annotated[Criterion, typer.Option(help="What counts as right.")]
Folds = Annotated[int, typer.Option(min=2, help="Folds of the cross-validation.")]
MaxMeanMs = Annotated[
    float | None,
    typer.Option(help="Budget of a cascade: mean ms of the models run; decoding and choosing come on top."),
]


@app.command("evaluate")
def evaluate(
    profile: Profile,
    criterion: CriterionOption = "top1",
    folds: Folds = 5,
    max_mean_ms: MaxMeanMs = None,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Judge the selectors on a profile by nested cross-validation, and keep the fair table beside it."""
    from edgewise.report.record import save_evaluation
    from edgewise.select.evaluate import evaluate
    from edgewise.select.fair_table_json import table_to_json
    from edgewise.select.named import standard_methods

    outcomes = open_profile(profile)
    with progress_bars(quiet=quiet or json) as progress:
        evaluation = evaluate(
            outcomes.trials(),
            standard_methods(criterion, max_mean_ms),
            criterion=criterion,
            folds=folds,
            seed=seed,
            progress=progress,
        )
    save_evaluation(outcomes, evaluation)
    if json:
        print_json(table_to_json(evaluation.table))
    else:
        show_table(evaluation.table)


@app.command("fit")
def fit(
    profile: Profile,
    out: Annotated[Path, typer.Option(help="The folder for the selector.")],
    method: Annotated[Literal["cascade", "premodel", "single"], typer.Option(help="The kind of selector.")] = "cascade",
    criterion: CriterionOption = "top1",
    max_mean_ms: MaxMeanMs = None,
    average: Annotated[
        bool | None,
        typer.Option(
            "--average/--no-average", help="Cascade: average the answers of the stages run. Default: what does better."
        ),
    ] = None,
    max_stages: Annotated[int | None, typer.Option(help="Cascade: models at most.")] = None,
    theta: Annotated[
        float | None, typer.Option(help="Premodel: Algorithm 1 stops at this gain, in points (0.5).")
    ] = None,
    neighbors: Annotated[int | None, typer.Option(help="Premodel: K of the nearest neighbours (5).")] = None,
    on_fail: Annotated[
        Literal["refuse", "run"] | None,
        typer.Option(help="Premodel: what to do when no model is expected right (run)."),
    ] = None,
    fail_model: Annotated[str | None, typer.Option(help="Premodel: the model to run then (the most accurate).")] = None,
    model: Annotated[str | None, typer.Option(help="Single: the model (the most accurate).")] = None,
    folds: Folds = 5,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit a selector to all images of a profile; what it gains is judged by cross-validation, never on what it saw."""
    from edgewise.select.evaluate import evaluate
    from edgewise.select.fair_table_json import table_to_json
    from edgewise.select.named import Options, method_named
    from edgewise.serve.deployment import save_deployment

    outcomes = open_profile(profile)
    trials = outcomes.trials()
    chosen = method_named(
        method, Options(criterion, max_mean_ms, average, max_stages, theta, neighbors, on_fail, fail_model, model)
    )
    with progress_bars(quiet=quiet or json) as progress:
        selector = chosen.fit(trials)
        table = evaluate(trials, {method: chosen}, criterion=criterion, folds=folds, seed=seed, progress=progress).table
    about = {"method": method, "settings": vars(chosen), "seed": seed, "fair_table": table_to_json(table)}
    save_deployment(out, selector, outcomes.manifest, about)
    if json:
        print_json({"selector": out, "models": selector.models, "fair_table": table_to_json(table)})
        return
    show_table(table)
    console.print(f"\nThe {method} runs {' > '.join(selector.models)}. It is in {out}", soft_wrap=True, markup=False)


def show_table(table: FairTable) -> None:
    """Print a fair table as two narrow ones: what each way to answer reaches, and how the selectors chose."""
    print_table(
        f"{table.images:,} images, {table.folds}-fold nested cross-validation, {table.criterion} (95% intervals).\n"
        "Mean ms holds decoding, choosing and the models run.\n"
        "The coin mixes single models at random, at the same mean ms.",
        ["", "right %", "mean ms", "coin %", "gain, points", "the coin"],
        [_reached(row) for row in table.rows],
    )
    selectors = [row for row in table.rows if row.kind in ("selector", "control")]
    print_table(
        "\nHow they chose",
        ["", "p90 ms", "choosing ms", "chose right %", "refused %", "answered by, %"],
        [_chose(row) for row in selectors],
    )


def _reached(row: Row) -> list[str]:
    judged = row.kind in ("selector", "control") and row.gain is not None and row.mixing_accuracy is not None
    return [
        row.name,
        f"{percent(row.accuracy.value)} ({percent(row.accuracy.low)}-{percent(row.accuracy.high)})",
        milliseconds(row.mean_ms),
        percent(row.mixing_accuracy) if judged and row.mixing_accuracy is not None else "",
        _points(row.gain) if judged and row.gain is not None else "",
        _VERDICTS[row.verdict],
    ]


_VERDICTS: dict[Verdict, str] = {
    "beats the mixing line": "beaten",
    "does not": "not beaten",
    "cannot tell": "cannot tell",
    "": "",
}


def _chose(row: Row) -> list[str]:
    shares = ", ".join(f"{model} {100 * share:.0f}" for model, share in row.shares.items() if share)
    return [
        row.name,
        milliseconds(row.p90_ms),
        milliseconds(row.choose_ms),
        "" if row.selection_accuracy is None else percent(row.selection_accuracy),
        percent(row.refusal_rate) if row.refusal_rate else "",
        shares,
    ]


def _points(gain: Interval) -> str:
    return f"{100 * gain.value:+.1f} ({100 * gain.low:+.1f}..{100 * gain.high:+.1f})"
