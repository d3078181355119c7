"""How the report's figures were made, so that a reader can judge them and make them again."""

import shlex
from dataclasses import dataclass
from pathlib import Path

from edgewise.profile.manifest import Licensed, Manifest, StoredModel
from edgewise.profile.outcomes import Outcomes
from edgewise.report.figures import count
from edgewise.select.budget.budget import Budget, written
from edgewise.select.criterion import Criterion
from edgewise.select.judge.fair_table import FairTable

_LISTED = 200
_CRITERIA: dict[Criterion, str] = {
    "top1": "the first answer is right",
    "top5": "one of the first five answers is right",
    "macro-f1": "F1 of the first answers, class by class, averaged over the classes",
}


@dataclass(frozen=True)
class ModelSource:
    """One network: where it came from and what it was."""

    name: str
    source: str
    fingerprint: str
    size: str
    licence: str


@dataclass(frozen=True)
class Provenance:
    """Facts as (name, value), networks, commands, and the images that could not be used."""

    facts: tuple[tuple[str, str], ...]
    models: tuple[ModelSource, ...]
    commands: tuple[str, ...]
    skipped: tuple[tuple[str, str], ...]  # image, reason
    skipped_in_all: int


def provenance(
    outcomes: Outcomes, table: FairTable | None, budget: Budget | None = None, selector: Path | None = None
) -> Provenance:
    """Collect what the manifest and the table record of their making; `budget` is the one that the table was made
    under, `selector` the folder of one that the report explains.
    """
    manifest = outcomes.manifest
    skipped = [(row["image"], row["reason"]) for row in manifest["skipped"]]
    return Provenance(
        facts=(*_machine(manifest), *_profile(manifest), *_judging(table)),
        models=tuple(_model(m, card) for m, card in zip(manifest["models"], manifest["cards"], strict=True)),
        commands=_commands(outcomes, table, budget, selector),
        skipped=tuple(skipped[:_LISTED]),
        skipped_in_all=len(skipped),
    )


def _machine(manifest: Manifest) -> list[tuple[str, str]]:
    machine = manifest["machine"]
    packages = ", ".join(f"{name} {version}" for name, version in machine["packages"].items())
    return [
        ("Machine", f"{machine['cpu']}, {count(machine['cores'], 'core')}, {machine['memory_gib']} GiB"),
        ("System", f"{machine['system']}, Python {machine['python']}"),
        ("Versions", f"edgewise {manifest['edgewise']}, {packages}"),
    ]


def _profile(manifest: Manifest) -> list[tuple[str, str]]:
    return [
        ("Profiled", manifest["created"]),
        ("Threads", str(manifest["threads"])),
        ("Latency", f"mode {manifest['mode']}, models in turn, image by image"),
        ("Seed of the profile", str(manifest["seed"])),
        ("Data", f"{manifest['data']['root']}, {count(manifest['images'], 'image')} used"),
        ("Data SHA-256", manifest["data_sha256"]),
    ]


def _judging(table: FairTable | None) -> list[tuple[str, str]]:
    if table is None:
        return []
    return [
        ("Criterion", _CRITERIA[table.criterion]),
        ("Folds", f"{table.folds}, nested: everything is chosen inside the training folds"),
        ("Seed of the folds", str(table.seed)),
        ("Intervals", f"95%, bootstrap over the images, {count(table.bootstrap, 'resample')}"),
    ]


def _model(model: StoredModel, card: Licensed) -> ModelSource:
    macs, params = card["macs"], card["params"]
    size = ", ".join(
        text
        for text in (f"{macs / 1e6:,.0f} M MACs" if macs else "", f"{params / 1e6:,.2f} M weights" if params else "")
        if text
    )
    return ModelSource(model["name"], model["source"], model["fingerprint"][:12], size, card["licence"])


def _commands(
    outcomes: Outcomes, table: FairTable | None, budget: Budget | None, selector: Path | None
) -> tuple[str, ...]:
    manifest, folder = outcomes.manifest, str(outcomes.folder)
    zoo = [word for model in manifest["models"] for word in ("--zoo", model["source"])]
    settings = ["--threads", str(manifest["threads"]), "--mode", manifest["mode"], "--seed", str(manifest["seed"])]
    data = ["--data", manifest["data"]["path"], *_restriction(outcomes), *_energy_and_embeddings(manifest)]
    explained = ["--selector", str(selector)] if selector else []
    return (
        shlex.join(["edgewise", "profile", *zoo, *data, "--out", folder, *settings]),
        evaluate_command(outcomes, table, budget),
        shlex.join(["edgewise", "report", folder, *explained]),
    )


def _restriction(outcomes: Outcomes) -> list[str]:
    """The option that gave the models fewer classes than they know; nothing where they kept all."""
    if all(chosen is None for chosen in outcomes.manifest["outputs"]):
        return []
    if set(outcomes.labels.tolist()) == set(range(len(outcomes.classes))):
        return ["--classes", "data"]
    return [
        "--classes",
        ",".join(outcomes.classes.ids or map(outcomes.classes.short_name, range(len(outcomes.classes)))),
    ]


def _energy_and_embeddings(manifest: Manifest) -> list[str]:
    """The options by which energy was measured and vectors were kept; nothing where they were left as they are."""
    kept = manifest.get("embeddings", "none")  # earlier profiles kept none, and said nothing of it
    options = [] if kept == "all" else ["--embeddings", kept]
    for option, value in (("--power-file", manifest.get("power_file")), ("--power-unit", manifest.get("power_unit"))):
        options += [option, value] if value else []
    return options


def evaluate_command(outcomes: Outcomes, table: FairTable | None, budget: Budget | None = None) -> str:
    """What makes the fair table of a profile; with the settings of the one that was made."""
    made = ["--criterion", table.criterion, "--folds", str(table.folds), "--seed", str(table.seed)] if table else []
    for name, limit in vars(budget or Budget()).items():
        made += [] if limit is None else [written(name), str(limit)]
    return shlex.join(["edgewise", "select", "evaluate", str(outcomes.folder), *made])
