"""`edgewise profile`: every model on every image."""

import shlex
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import typer

from edgewise.cli import options
from edgewise.cli.console import milliseconds, percent, print_json, print_table, progress_bars
from edgewise.cli.console import show_note as note
from edgewise.energy.energy import Energy
from edgewise.energy.power_file import PowerUnit
from edgewise.executors.executor import Executor, open_executor
from edgewise.executors.executor import Name as ExecutorName
from edgewise.profile.latency import Mode
from edgewise.profile.outcomes import Outcomes
from edgewise.profile.run import ProfileRun, Settings, make_or_resume
from edgewise.text import printable

_SKIPPED_SHOWN = 5


def command(
    data: Annotated[
        Path,
        typer.Option(
            help="A folder of class folders, a CSV of file,label, Parquet, or class folders at a URL (s3://...)."
        ),
    ],
    out: Annotated[Path, typer.Option(help="The folder for the profile; an unfinished one there is completed.")],
    zoo: Annotated[
        list[str] | None,
        typer.Option(
            help="A classifier: tiny:NAME, onnx:PATH, tflite:PATH, torch:PATH.py:FACTORY, timm:NAME, torchvision:NAME, "
            "hf:OWNER/NAME, ensemble:A+B, or a zoo file PATH.toml; patterns are expanded. Repeat for more. "
            "Default: tiny:*.",
            autocompletion=options.complete_zoo,
        ),
    ] = None,
    weights: options.Weights = None,
    classes: Annotated[
        str | None,
        typer.Option(help="Restrict every model to these classes: a,b,c, or 'data' for those of the data set."),
    ] = None,
    embeddings: Annotated[
        str,
        typer.Option(
            help="Keep the penultimate vectors of these models, for selectors that decide by them: all (of those that "
            "have such), none, or NAME,NAME.",
        ),
    ] = "all",
    mode: Annotated[
        Mode, typer.Option(help="How long latency is measured: 64, 128 or 1024 runs, or 6, 10 or 60 s a model.")
    ] = "rapid",
    power_file: Annotated[
        Path | None,
        typer.Option(
            help="Measure energy from a file that holds the power of the moment, as hwmon's power1_input does. "
            "Default: the processor's own counters (RAPL) where they may be read; else energy is modelled."
        ),
    ] = None,
    power_unit: Annotated[
        PowerUnit | None, typer.Option(help="What the power file counts in, where its name does not tell.")
    ] = None,
    threads: options.Threads = 1,
    executor: options.Executor = "local",
    address: options.Address = None,
    jobs: options.Jobs = None,
    seed: options.Seed = 0,
    json: options.Json = False,
    quiet: options.Quiet = False,
) -> None:
    """Run every model of a zoo on every image, and keep what each answered and how long it took.

    A killed run goes on where it stopped when the same command is given again. With --executor ray, or more --jobs than
    one, processes of the cluster or of this machine run the models; what a killed one was at is done again. Time and
    energy are always measured here alone, when all have answered.
    """
    settings = Settings(
        zoo=tuple(zoo or ["tiny:*"]),
        data=data,
        out=out,
        classes=tuple(name.strip() for name in classes.split(",")) if classes else None,
        threads=threads,
        mode=mode,
        seed=seed,
        weights=tuple(weights or ()),
        embeddings=_embeddings(embeddings),
        power_file=power_file,
        power_unit=power_unit,
    )
    try:
        with progress_bars(quiet=quiet or json) as progress, _opened(executor, address, jobs, threads) as where:
            run = make_or_resume(settings, progress, where)
    except KeyboardInterrupt as interrupt:
        raise KeyboardInterrupt("give the same command again, and it goes on where it stopped") from interrupt
    outcomes = run.outcomes
    if json:
        print_json(
            {
                "profile": out,
                "images": len(outcomes.labels),
                "models": summary(outcomes),
                "energy": outcomes.energy,
                "failed": outcomes.manifest["failed"],
                "skipped": outcomes.manifest["skipped"],
                "unread": outcomes.manifest["unread"],
                "nodes": _nodes(run),
            }
        )
        return
    show(outcomes)
    if quiet:
        return
    if outcomes.energy:
        note(_of_energy(outcomes.energy))
    if run.was_complete:
        note("It was complete already; nothing was measured again.")
    elif run.images_before:
        note(f"{run.images_before:,} images were there from an earlier run.")
    _note_nodes(run)
    note(f"The profile is in {out}. Next: edgewise select evaluate {shlex.quote(str(out))}")


@contextmanager
def _opened(name: ExecutorName, address: str | None, jobs: int | None, threads: int) -> Iterator[Executor | None]:
    """The executor; None = one process here, which needs none."""
    if name == "local" and jobs in (None, 1) and address is None:
        yield None
        return
    with open_executor(name, address=address, jobs=jobs or (1 if name == "local" else None), threads=threads) as found:
        yield found


def _embeddings(text: str) -> tuple[str, ...]:
    """The choice of `--embeddings`."""
    if text == "none":
        return ()
    return tuple(name.strip() for name in text.split(","))


def _nodes(run: ProfileRun) -> list[dict[str, object]]:
    """How many images each node of an executor answered, this time."""
    made = run.made
    if made is None:
        return []
    return [{"node": node, "images": images, "cpu": made.cpus[node]} for node, images in sorted(made.images.items())]


def _note_nodes(run: ProfileRun) -> None:
    nodes = _nodes(run)
    if nodes:
        note("Images of each node: " + ", ".join(f"{node['node']} {node['images']:,}" for node in nodes) + ".")
    if len({node["cpu"] for node in nodes}) > 1:
        note("The nodes have different processors, on which answers may differ in their last bits.")


def show(outcomes: Outcomes) -> None:
    """Print what a profile found."""
    source = outcomes.energy.source if outcomes.energy else None
    rows = [
        [
            row.model,
            percent(row.top1),
            percent(row.top5),
            milliseconds(row.p50_ms),
            milliseconds(row.p90_ms),
            *([f"{row.energy_mj:.3g}"] if source else []),
        ]
        for row in summary(outcomes)
    ]
    print_table(
        f"{len(outcomes.labels):,} images, {len(outcomes.classes)} classes",
        ["model", "top-1 %", "top-5 %", "p50 ms", "p90 ms", *([f"mJ, {source}"] if source else [])],
        rows,
    )
    for row in outcomes.manifest["failed"]:
        note(f"left out {row['name']}: {printable(row['reason'])}")
    skipped = [(row["image"], row["reason"]) for row in outcomes.manifest["skipped"]]
    skipped += [(row["name"], row["reason"]) for row in outcomes.manifest["unread"]]
    for name, reason in skipped[:_SKIPPED_SHOWN]:
        note(f"skipped {printable(name)}: {printable(reason)}")
    if len(skipped) > _SKIPPED_SHOWN:
        note(f"... and {len(skipped) - _SKIPPED_SHOWN} more; all are listed in the profile's manifest.json")


def _of_energy(energy: Energy) -> str:
    """Where the figures come from, in a sentence."""
    if energy.source == "measured":
        return f"Energy is measured: {energy.how}, above the {energy.idle_w:.3g} W of the idle machine."
    if energy.source == "modelled":
        return f"Energy is modelled from MACs and bytes ({energy.how}), not measured: {printable(energy.reason)}."
    return f"Energy is neither measured nor modelled: {printable(energy.reason)}."


@dataclass(frozen=True)
class Summary:
    """One model's figures on the profile."""

    model: str
    top1: float  # shares of 1
    top5: float
    p50_ms: float  # preparing and inference
    p90_ms: float
    energy_mj: float | None  # None where it is neither measured nor modelled


def summary(outcomes: Outcomes) -> list[Summary]:
    """Accuracy and time of each model, cheapest first."""
    trials = outcomes.trials()
    top1, top5 = trials.right(1).mean(axis=0), trials.right(5).mean(axis=0)
    energies = [None] * len(trials.models) if trials.energy_mj is None else trials.energy_mj.tolist()
    totals = {time.model: time for time in outcomes.latency if time.stage == "total"}
    return [
        Summary(model, float(top1[m]), float(top5[m]), totals[model].p50_ms, totals[model].p90_ms, energy)
        for m, (model, energy) in enumerate(zip(trials.models, energies, strict=True))
    ]
