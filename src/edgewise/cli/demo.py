"""`edgewise demo`: the whole way on the bundled zoo and drawn images, and a device that learns its user."""

import shutil
from pathlib import Path
from time import perf_counter
from typing import Annotated

import typer

from edgewise.cli import options, profile
from edgewise.cli.classify import show as show_replies
from edgewise.cli.console import milliseconds, print_json, progress_bars
from edgewise.cli.console import out as console
from edgewise.cli.fair_tables import show_table
from edgewise.cli.live import DRAWN_MODEL, DRAWN_SPEEDUPS
from edgewise.cli.live import show as show_story
from edgewise.cli.live_display import live_display
from edgewise.errors import UsageError, install_hint
from edgewise.profile.outcomes import Outcomes
from edgewise.profile.run import Settings
from edgewise.profile.run import profile as make_profile
from edgewise.select.judge.fair_table import FairTable, Row
from edgewise.select.selector import Method
from edgewise.store import read_json, write_json

MARKER, SCHEMA = "demo.json", 1
_LIVE_INPUTS = 800  # in each part: enough for a network to be let in, and to serve
_LIVE_MAX_DROP = 3.0  # points; fewer need more inputs to be sure of


def command(
    out: Annotated[Path, typer.Option(help="The folder for everything that the demo makes.")] = Path("edgewise-demo"),
    per_class: Annotated[int, typer.Option(min=20, help="Drawn images per class to profile.")] = 120,
    live: Annotated[bool, typer.Option("--live/--no-live", help="Play a user through the service at the end.")] = True,
    seed: options.Seed = 0,
    threads: options.Threads = 1,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Draw images, profile the bundled zoo, judge the selectors, fit one, answer new images with it, and report.

    At the end a user is played through the service, where the extras serve and torch are installed.
    """
    from edgewise.report.record import write_profile_report
    from edgewise.select.judge.fair_table_json import table_to_json

    started = perf_counter()
    _clear(out)
    outcomes = _profile_drawn(out, per_class, threads, seed, quiet=quiet, json=json)
    table = _judge(outcomes, seed, quiet=quiet, json=json)
    _answer_new(out, outcomes, table, threads, seed, json=json)
    report = write_profile_report(out / "profile", out / "report.html", title="The edgewise demo", show_images=True)
    report = report.resolve()
    lines = learned(table)
    story = _play(out, threads, seed, quiet=quiet, json=json) if live else []
    seconds = perf_counter() - started
    if json:
        told = {"fair_table": table_to_json(table), "learned": lines, "seconds": seconds, "report": report}
        print_json(told | {"live": story})
        return
    console.print(f"\n[bold]What was learned[/] [dim]({seconds:.0f} s)[/]")
    for line in (*lines, *story, str(report)):
        console.print(line, soft_wrap=True, markup=False)


def _say(text: str, *, json: bool) -> None:
    if not json:
        console.print(f"\n[bold]{text}[/]")


def _profile_drawn(out: Path, per_class: int, threads: int, seed: int, *, quiet: bool, json: bool) -> Outcomes:
    """Draw the images to learn from and a few new ones, and profile the bundled zoo on the first."""
    from edgewise.drawn import write_split

    _say(f"1. Draw {10 * per_class:,} images of ten everyday objects, easy and hard", json=json)
    write_split(out / "data", "profile", per_class)
    write_split(out / "new", "sample", 1)
    _say("2. Profile the four bundled networks on every image", json=json)
    settings = Settings(("tiny:*",), out / "data", out / "profile", threads=threads, seed=seed)
    with progress_bars(quiet=quiet or json) as progress:
        outcomes = make_profile(settings, progress)
    if not json:
        profile.show(outcomes)
    return outcomes


def _judge(outcomes: Outcomes, seed: int, *, quiet: bool, json: bool) -> FairTable:
    """Cross-validate the standard selectors, and keep the evaluation beside the profile."""
    from edgewise.report.record import save_evaluation
    from edgewise.select.judge.evaluate import evaluate

    _say("3. Judge two selectors on images that they have not seen", json=json)
    with progress_bars(quiet=quiet or json) as progress:
        evaluation = evaluate(outcomes.trials(), _methods(seed), seed=seed, progress=progress)
    save_evaluation(outcomes, evaluation, {"command": "demo", "seed": seed})
    if not json:
        show_table(evaluation.table)
    return evaluation.table


def _answer_new(out: Path, outcomes: Outcomes, table: FairTable, threads: int, seed: int, *, json: bool) -> None:
    """Fit the cascade to all images, and answer the new ones with it."""
    from edgewise.select.judge.fair_table_json import table_to_json
    from edgewise.select.named import CASCADE
    from edgewise.serve.deployment import save_deployment
    from edgewise.serve.engine import Engine

    _say("4. Fit the cascade to all of them and answer ten new images with it", json=json)
    selector = _methods(seed)[CASCADE].fit(outcomes.trials())
    about = {"method": CASCADE, "seed": seed, "fair_table": table_to_json(table)}
    save_deployment(out / "selector", selector, outcomes.manifest, about)
    engine = Engine(out / "selector", threads=threads)
    replies = [(path, engine.classify(path)) for path in sorted((out / "new").rglob("*.png"))]
    if not json:
        show_replies([(f"{path.parent.name}.png", reply) for path, reply in replies])


def _play(out: Path, threads: int, seed: int, *, quiet: bool, json: bool) -> list[str]:
    """Play a user, another and the first again through the real service; what came of it, or how to see it."""
    from edgewise.live.run import Settings, run
    from edgewise.live.service import missing_extras
    from edgewise.live.stream import DRAWN_THEN, DRAWN_USER, draw_items, make_stream
    from edgewise.report.live import write_live
    from edgewise.report.live_words import headline

    if missing := missing_extras():
        return [f"A device that learns its user can be seen too. {install_hint(','.join(missing))}"]
    _say("5. Serve a user, another, and the first again, who are learned while they are answered", json=json)
    serve = {"--max-drop": (_LIVE_MAX_DROP,), "--target-speedup": DRAWN_SPEEDUPS}
    settings = Settings("drawn images", DRAWN_MODEL, serve, threads=threads, seed=seed)
    with live_display(quiet=quiet or json) as display:
        items = draw_items(out / "live" / "data", DRAWN_USER, DRAWN_THEN, _LIVE_INPUTS, display.progress)
        stream = make_stream(items, DRAWN_USER, DRAWN_THEN, _LIVE_INPUTS)
        story = run(stream, out / "live" / "state", settings, display, display.progress)
    page = out / "live.html"
    write_live(page, story)
    if not json:
        show_story(story)
    return [headline(story), str(page.resolve())]


def _methods(seed: int) -> dict[str, Method]:
    """The paper's premodel and the cascade; `edgewise select evaluate` compares all there are."""
    from edgewise.select.budget.auto import BudgetedMethod
    from edgewise.select.named import CASCADE, PREMODEL
    from edgewise.select.paths import path_named
    from edgewise.select.premodel.method import PremodelMethod

    return {PREMODEL: PremodelMethod(), CASCADE: BudgetedMethod(CASCADE, path_named("cascade"), seed=seed)}


def _clear(out: Path) -> None:
    """Start anew in a folder that an earlier demo made; leave any other folder with files in it alone."""
    if out.exists() and not out.is_dir():
        raise UsageError(f"{out} is a file.", "Choose a folder with --out.")
    if out.exists() and any(out.iterdir()):
        if not (out / MARKER).exists():
            raise UsageError(f"{out} holds other files than a demo's.", "Choose another folder with --out.")
        read_json(out / MARKER, "demo", SCHEMA)
        shutil.rmtree(out)
    write_json(out / MARKER, "demo", SCHEMA, {})


def learned(table: FairTable) -> list[str]:
    """Three lines: the best single model, what the cascade gained, and how the paper's premodel did."""
    from edgewise.select.named import CASCADE, PREMODEL

    best = max((row for row in table.rows if row.kind == "single"), key=lambda row: row.accuracy.value)
    rows = {row.name: row for row in table.rows}
    cascade, premodel = rows[CASCADE], rows[PREMODEL]
    points = 100 * (cascade.accuracy.value - best.accuracy.value)
    return [
        f"The best single model, {best.name}, is right on {_reach(best)} each.",
        f"The cascade is right on {_reach(cascade)}: {points:+.2f} points, "
        f"{best.mean_ms / cascade.mean_ms:.1f}x as fast; against a coin of equal cost it {_verb(cascade)}.",
        f"The paper's premodel is right on {_reach(premodel)}; against a coin of equal cost it {_verb(premodel)}.",
    ]


def _reach(row: Row) -> str:
    return f"{100 * row.accuracy.value:.2f}% of the images in {milliseconds(row.mean_ms)} ms"


def _verb(row: Row) -> str:
    """The verdict as the end of a sentence."""
    if row.gain is None:
        return "was not judged"
    interval = f"{100 * row.gain.value:+.1f} points, 95% {100 * row.gain.low:+.1f} to {100 * row.gain.high:+.1f}"
    verbs = {
        "beats the mixing line": "wins",
        "does not": "loses",
        "cannot tell": "cannot be told apart",
        "": "was not judged",
    }
    return f"{verbs[row.verdict]} ({interval})"
