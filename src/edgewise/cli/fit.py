"""`edgewise select fit`: a selector from a profile."""

import shlex
from pathlib import Path
from typing import Annotated, Literal

import typer

from edgewise.cli import budget_options, options
from edgewise.cli.console import print_json, progress_bars
from edgewise.cli.console import show_note as note
from edgewise.cli.fit_options import false_alarms_of, features_of, promise_of, radius_of, settings_of, stages_of
from edgewise.cli.fitted import fit_and_judge
from edgewise.errors import UsageError
from edgewise.images.features import CANDIDATES, FEATURES
from edgewise.profile.outcomes import open_profile
from edgewise.select.paths import NAMES

_REQUESTS = 8  # budgets that a request can choose between, the fitted one included
_SOUNDNESS = "Soundness"
_CASCADE, _PREMODEL, _SINGLE = "The cascade", "The premodel", "The single model"  # headings of the help page


def _methods(incomplete: str) -> list[str]:
    """What a shell offers after `--method`."""
    from edgewise.plugins import names_of

    return [name for name in (*NAMES, *names_of("selector")) if name.startswith(incomplete)]


def command(
    profile: options.Profile,
    out: Annotated[Path, typer.Option(help="The folder for the selector.")],
    method: Annotated[
        str,
        typer.Option(
            metavar="NAME",
            autocompletion=_methods,
            help=f"The kind of selector: {', '.join(NAMES)}, or one that another package adds. 'auto' compares all of "
            "edgewise's own and takes what the budget prefers.",
        ),
    ] = "auto",
    criterion: options.CriterionOption = "top1",
    max_mean_ms: budget_options.MaxMeanMs = None,
    max_p90_ms: budget_options.MaxP90Ms = None,
    min_accuracy: budget_options.MinAccuracy = None,
    max_energy_mj: budget_options.MaxEnergyMj = None,
    margin: Annotated[
        float | None,
        typer.Option(
            min=0,
            help="Standard errors by which an accuracy must be passed in training. Default: 1, and without a budget "
            "as many as resampling asks.",
            rich_help_panel=budget_options.PANEL,
        ),
    ] = None,
    guarantee: Annotated[
        float | None,
        typer.Option(
            metavar="DELTA",
            help="Promise --min-accuracy, --max-loss or --max-risk with probability 1 - DELTA, certified on images of "
            "its own. One kind is certified: the cascade, unless --method names another.",
            rich_help_panel=_SOUNDNESS,
        ),
    ] = None,
    max_loss: Annotated[
        float | None,
        typer.Option(help="Accuracy lost at most to the best single model, a share.", rich_help_panel=_SOUNDNESS),
    ] = None,
    max_risk: Annotated[
        float | None,
        typer.Option(help="Wrong answers at most among those given; others are refused.", rich_help_panel=_SOUNDNESS),
    ] = None,
    unfamiliar: Annotated[
        Literal["escalate", "refuse"] | None,
        typer.Option(
            help="What to do with images unlike those that were learned from: run the most capable model, or refuse.",
            rich_help_panel=_SOUNDNESS,
        ),
    ] = None,
    false_alarms: Annotated[
        float | None,
        typer.Option(
            help="Share of familiar images that may be taken for such. Default: 0.05.", rich_help_panel=_SOUNDNESS
        ),
    ] = None,
    average: Annotated[
        bool | None,
        typer.Option(
            "--average/--no-average",
            help="Average the answers of the stages run. Default: what does better.",
            rich_help_panel=_CASCADE,
        ),
    ] = None,
    max_stages: Annotated[int | None, typer.Option(help="Models at most.", rich_help_panel=_CASCADE)] = None,
    calibration: Annotated[
        Literal["temperature", "vector", "isotonic"] | None,
        typer.Option(
            help="How confidences are calibrated. 'vector' also learns which classes occur, and changes answers. "
            "Default: temperature.",
            rich_help_panel=_CASCADE,
        ),
    ] = None,
    features: Annotated[
        str | None,
        typer.Option(
            help="What it looks at: a,b,c; 'all'; or 'auto' to choose as the paper does. Default: the paper's seven.",
            rich_help_panel=_PREMODEL,
        ),
    ] = None,
    chain: Annotated[
        str | None,
        typer.Option(
            help="The family of each level, as in svm.knn.knn: knn, tree, svm, nb. Default: knn.",
            rich_help_panel=_PREMODEL,
        ),
    ] = None,
    one: Annotated[
        bool | None,
        typer.Option("--one-classifier", help="One classifier in the place of a chain.", rich_help_panel=_PREMODEL),
    ] = None,
    labels: Annotated[
        Literal["one-hot", "multi-hot"] | None,
        typer.Option(
            help="A level says yes where its model is the fastest right one, or where it is right. Default: one-hot.",
            rich_help_panel=_PREMODEL,
        ),
    ] = None,
    neighbors: Annotated[
        int | None, typer.Option(help="K of the nearest neighbours. Default: 5.", rich_help_panel=_PREMODEL)
    ] = None,
    radius: Annotated[
        str | None,
        typer.Option(
            help="All known images within it vote, in the place of K; 'auto' chooses it.", rich_help_panel=_PREMODEL
        ),
    ] = None,
    members: Annotated[
        Literal["accuracy", "optimal", "alternate"] | None,
        typer.Option(help="How Algorithm 1 chooses the models. Default: accuracy.", rich_help_panel=_PREMODEL),
    ] = None,
    theta: Annotated[
        float | None,
        typer.Option(help="Algorithm 1 stops at this gain, in points. Default: 0.5.", rich_help_panel=_PREMODEL),
    ] = None,
    on_fail: Annotated[
        Literal["refuse", "run"] | None,
        typer.Option(help="What to do when no model is expected right. Default: run.", rich_help_panel=_PREMODEL),
    ] = None,
    fail_model: Annotated[
        str | None,
        typer.Option(help="The model to run then. Default: the most accurate.", rich_help_panel=_PREMODEL),
    ] = None,
    doubt: Annotated[
        float | None,
        typer.Option(
            metavar="EPSILON",
            help="Take a choice for 'none' where the conformal detector doubts it at this rate, 0 to 1.",
            rich_help_panel=_PREMODEL,
        ),
    ] = None,
    model: Annotated[
        str | None, typer.Option(help="Its name. Default: the most accurate.", rich_help_panel=_SINGLE)
    ] = None,
    folds: options.Folds = 5,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Fit a selector to all images of a profile; what it gains is judged by cross-validation, never on what it saw.

    Without a budget: the fastest that is as accurate as the best single model.
    """
    from edgewise.select.budget.budget import Budget
    from edgewise.select.named import Options, method_named
    from edgewise.serve.deployment import save_deployment
    from edgewise.store import see_that_writable

    outcomes = open_profile(profile)
    _see_that_free(out)
    see_that_writable(out)
    trials = outcomes.trials(FEATURES if features is None else CANDIDATES)
    # One kind alone is certified: the tables and the selector say which.
    method = "cascade" if guarantee is not None and method == "auto" else method
    chosen = method_named(
        method,
        Options(
            criterion=criterion,
            budget=Budget(max_mean_ms, max_p90_ms, max_energy_mj, min_accuracy),
            standard_errors=margin,
            requests=_REQUESTS,
            promise=promise_of(guarantee, min_accuracy, max_loss, max_risk),
            unfamiliar=unfamiliar,
            false_alarms=false_alarms_of(false_alarms, unfamiliar),
            average=average,
            max_stages=stages_of(max_stages),
            calibration=calibration,
            features=features_of(features),
            chain=chain,
            single=one,
            labels=labels,
            n_neighbors=neighbors,
            radius=radius_of(radius),
            members=members,
            theta_points=theta,
            on_fail=on_fail,
            fail_model=fail_model,
            doubt=doubt,
            model=model,
            seed=seed,
        ),
        trials,
    )
    settings = settings_of(chosen) | {"folds": folds, "seed": seed}
    with progress_bars(quiet=quiet or json) as progress:
        fitted = fit_and_judge(method, chosen, trials, criterion, folds, seed, progress)
    about = {"method": method, "settings": settings, **fitted.to_json()}
    save_deployment(out, fitted.selector, outcomes.manifest, about)
    warning = "" if quiet else fitted.warning
    if json:
        if warning:
            note(warning)
        print_json({"selector": out, "models": fitted.selector.models, "settings": settings, **fitted.to_json()})
        return
    fitted.show()
    if not quiet:
        if warning:
            note(warning)
        if fitted.unjudged:
            note(f"It is not in the table, because it cannot be judged on the smaller folds: {fitted.unjudged}")
        note(f"The selector runs {' > '.join(fitted.runs)}. It is in {out}")
        note(f"Next: edgewise classify IMAGES --selector {shlex.quote(str(out))}")


def _see_that_free(out: Path) -> None:
    """See that the selector takes the place of another or has a folder for itself, and lies among nobody's data."""
    from edgewise.select.saved import ARRAYS, DESCRIPTION

    if not out.is_dir() or (out / DESCRIPTION).is_file():
        return
    visible = sorted(path.name for path in out.iterdir() if not path.name.startswith("."))
    others = [name for name in visible if name != ARRAYS]  # which is written first, and left alone by what was killed
    if others:
        raise UsageError(
            f"{out} holds other files than a selector's, {others[0]} for one.", "Choose another folder with --out."
        )
