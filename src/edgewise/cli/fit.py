"""`edgewise select fit`: a selector from a profile."""

import shlex
from dataclasses import is_dataclass
from pathlib import Path
from typing import Annotated, Any, Literal

import typer

from edgewise.cli import options
from edgewise.cli.console import print_json, progress_bars
from edgewise.cli.console import show_note as note
from edgewise.cli.fair_tables import show_table
from edgewise.errors import UsageError
from edgewise.images.features import CANDIDATES, FEATURES
from edgewise.profile.outcomes import open_profile

_CASCADE, _PREMODEL, _SINGLE = "The cascade", "The premodel", "The single model"  # headings of the help page


def command(
    profile: options.Profile,
    out: Annotated[Path, typer.Option(help="The folder for the selector.")],
    method: Annotated[Literal["cascade", "premodel", "single"], typer.Option(help="The kind of selector.")] = "cascade",
    criterion: options.CriterionOption = "top1",
    max_mean_ms: options.MaxMeanMs = None,
    average: Annotated[
        bool | None,
        typer.Option(
            "--average/--no-average",
            help="Average the answers of the stages run. Default: what does better.",
            rich_help_panel=_CASCADE,
        ),
    ] = None,
    max_stages: Annotated[int | None, typer.Option(help="Models at most.", rich_help_panel=_CASCADE)] = None,
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
    """Fit a selector to all images of a profile; what it gains is judged by cross-validation, never on what it saw."""
    from edgewise.select.judge.evaluate import evaluate
    from edgewise.select.judge.fair_table_json import table_to_json
    from edgewise.select.named import Options, method_named
    from edgewise.serve.deployment import save_deployment
    from edgewise.store import see_that_writable

    outcomes = open_profile(profile)
    see_that_writable(out)
    trials = outcomes.trials(FEATURES if features is None else CANDIDATES)
    chosen = method_named(
        method,
        Options(
            criterion=criterion,
            max_mean_ms=max_mean_ms,
            average=average,
            max_stages=max_stages,
            features=_features(features),
            chain=chain,
            single=one,
            labels=labels,
            n_neighbors=neighbors,
            radius=_radius(radius),
            members=members,
            theta_points=theta,
            on_fail=on_fail,
            fail_model=fail_model,
            doubt=doubt,
            model=model,
            seed=seed,
        ),
    )
    with progress_bars(quiet=quiet or json) as progress:
        selector = chosen.fit(trials)
        table = evaluate(trials, {method: chosen}, criterion=criterion, folds=folds, seed=seed, progress=progress).table
    settings = _settings(chosen) | {"folds": folds, "seed": seed}
    about = {"method": method, "settings": settings, "fair_table": table_to_json(table)}
    save_deployment(out, selector, outcomes.manifest, about)
    if json:
        print_json(
            {"selector": out, "models": selector.models, "settings": settings, "fair_table": table_to_json(table)}
        )
        return
    show_table(table)
    if not quiet:
        note(f"The {method} runs {' > '.join(selector.models)}. It is in {out}")
        note(f"Next: edgewise classify IMAGES --selector {shlex.quote(str(out))}")


def _features(features: str | None) -> tuple[str, ...] | Literal["auto"] | None:
    if features in (None, "auto"):
        return features
    return CANDIDATES if features == "all" else tuple(name.strip() for name in features.split(","))


def _radius(radius: str | None) -> float | Literal["auto"] | None:
    if radius is None or radius == "auto":
        return radius
    try:
        return float(radius)
    except ValueError:
        raise UsageError(f"The radius is {radius!r}.", "Give a number of scaled feature units, or 'auto'.") from None


def _settings(method: Any) -> dict[str, Any]:
    """What a method was told, as JSON values; what it wraps was told in a table of its own."""
    return {key: _settings(value) if is_dataclass(value) else value for key, value in vars(method).items()}
