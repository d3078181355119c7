"""Contest A of the page of proof: a network for one user, by edgewise and by what its users would pick instead."""

import json
import sys
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
from proof_compared import GENERIC_NAME, beside, of_all
from proof_cost import run_and_measure
from proof_lines import lines_of
from prune_users_data import (
    DATA,
    Network,
    User,
    baseline_file,
    prepared,
    session_of,
    stream_of,
    validation,
    write_atomically,
)

from edgewise.images.preprocess import Preprocess
from edgewise.prune.speed import sessions_in_turns_ms

HERE = Path(__file__).parent
RIVALS = HERE / "rivals"
SIZE_PX, SPEEDUP, LONGER = 192, 2.0, 3
BLOCKS, RUNS = 8, 8
GENERIC, SMALLER = Network("ResNet-50", 224), Network("ResNet-18", 224)
LITE = Network("MobileNetV2 int8", 224)


@dataclass(frozen=True)
class Way:
    """One way to get a network for a user; `files` are what its user writes."""

    name: str
    key: str
    files: tuple[str, ...]
    known: str  # what it says of the accuracy before anyone has a label
    ours: bool = False
    base: str = ""  # the key of the way whose network it quantises, or tunes on
    times: float = 0  # as long as edgewise took; 0: it does not train
    labels: str = "generic"
    images: int = 0  # of the user, where they are others than those of all ways


TP = "torch_pruning_user.py"
NOTHING = "nothing"
REFUSED = 5  # what `edgewise prune` ends with where its guard lets no network in
CUT = Way("edgewise, ResNet-50 cut", "edgewise", ("edgewise_user.sh",), "the guard's bound", ours=True)
BEST = Way("edgewise, the best base, int8", "edgewise-best", ("edgewise_user_best.sh",), "the guard's bound", ours=True)
FEW = Way(
    "edgewise, ResNet-50 cut, of 200 images",
    "edgewise-200",
    ("edgewise_user.sh",),
    "the guard's bound",
    ours=True,
    images=200,
)
WAYS = (
    CUT,
    FEW,
    BEST,
    Way("Torch-Pruning, tuned as long as edgewise took", "tp-1", (TP,), NOTHING, times=1),
    Way(f"Torch-Pruning, {LONGER} times as long", "tp-3", (TP,), NOTHING, base="tp-1", times=LONGER),
    Way(
        f"Torch-Pruning, {LONGER} times as long, true labels", "tp-3-true", (TP,), NOTHING, times=LONGER, labels="true"
    ),
    Way(f"Torch-Pruning, {LONGER} times as long, int8", "tp-3-int8", (TP, "quantise_onnx.py"), NOTHING, base="tp-3"),
    Way("ResNet-18, restricted", "resnet18", ("fixed_network.py",), NOTHING),
    Way(
        "ResNet-18, restricted, int8",
        "resnet18-int8",
        ("fixed_network.py", "quantise_onnx.py"),
        NOTHING,
        base="resnet18",
    ),
    Way("MobileNetV2 int8, restricted", "mobilenet", (), NOTHING),
    Way(GENERIC_NAME, "resnet50", ("fixed_network.py",), NOTHING),
)
RAPID = tuple(way for way in WAYS if way.key != "edgewise-best" and way.labels != "true")


def make(work: Path, user: User, way: Way, per_stream: int) -> None:
    """Get one network, once; its file, cost and what was said of it are kept."""
    folder = work / user.name / way.key
    done = folder / "made.json"
    if done.is_file():
        return
    folder.mkdir(parents=True, exist_ok=True)
    images, size_px = stream_of(user, work, way.images or per_stream), GENERIC.size_px
    if way.ours:
        made = _by_edgewise(work, images, user, way, per_stream)
    elif way.times:
        made = _by_torch_pruning(work, folder, images, user, way)
    elif way.base:
        base = json.loads((work / user.name / way.base / "made.json").read_text())
        size_px, out = base["size_px"], folder / "int8.onnx"
        command = [*_script("quantise_onnx.py"), base["file"], out, images, "--size", str(size_px)]
        cost = asdict(run_and_measure(command, folder / "log"))
        cost = _both(base["cost"], cost)
        made = {"file": str(out), "size_px": size_px, "outputs": base["outputs"], "cost": cost}
    elif way.key == "mobilenet":
        nothing = {"wall_s": 0.0, "cpu_s": 0.0, "peak_bytes": 0}
        made = {"file": str(baseline_file(work, LITE)), "size_px": 224, "outputs": LITE.columns(user), "cost": nothing}
    else:
        out = folder / "restricted.onnx"
        own = ",".join(map(str, GENERIC.columns(user)))
        cost = run_and_measure([*_script("fixed_network.py"), way.key, own, out], folder / "log")
        made = {"file": str(out), "size_px": size_px, "outputs": list(range(len(user.classes))), "cost": asdict(cost)}
    write_atomically(done, made)


def made_already(work: Path, drawn: Sequence[User], ways: Sequence[Way]) -> tuple[list[User], list[Way]]:
    """The users who have a network of edgewise, and of the ways that take long those that all of these users have."""
    there = [user for user in drawn if (work / user.name / CUT.key / "made.json").is_file()]
    if not there:
        sys.exit(f"No user has a network in {work}; leave --made out.")
    have: set[str] = set()
    for way in WAYS:
        made = all((work / user.name / way.key / "made.json").is_file() for user in there)
        if made or not (way.ours or way.times or way.base not in ("", *have)):
            have.add(way.key)
    return there, [way for way in ways if way.key in have]


def _both(first: dict[str, float], second: dict[str, float]) -> dict[str, float]:
    """The cost of one thing after the other."""
    added = {key: first[key] + second[key] for key in ("wall_s", "cpu_s")}
    return {**added, "peak_bytes": max(first["peak_bytes"], second["peak_bytes"])}


def _script(name: str) -> list[str | Path]:
    return [sys.executable, HERE / "proof_run.py", RIVALS / name]


def _by_edgewise(work: Path, images: Path, user: User, way: Way, per_stream: int) -> dict[str, Any]:
    """Its network; where its guard refuses, its user stays with the generic one and has waited for nothing."""
    folder = work / user.name / way.key
    source, out = f"torch:{DATA / 'nets.py'}:", folder / "network"
    zoo = [f"{source}resnet18"] if way is BEST else []
    command = ["bash", RIVALS / way.files[0], f"{source}resnet50", *zoo, images, ",".join(user.classes), out]
    cost = run_and_measure(command, folder / "log", allowed=(0, REFUSED))
    if cost.code == REFUSED:
        make(work, user, next(one for one in WAYS if one.key == "resnet50"), per_stream)
        generic = json.loads((work / user.name / "resnet50" / "made.json").read_text())
        lines = [line.strip() for line in (folder / "log").read_text().splitlines()]
        said = next(line for line in lines if line.startswith("error: "))
        return {**generic, "cost": asdict(cost), "refused": said.removeprefix("error: ")}
    record = json.loads((out / "user_network.json").read_text())["data"]
    (model,) = (path for path in out.glob("*-user.onnx"))
    return {
        "file": str(model),
        "size_px": record["size_px"],
        "outputs": list(range(len(user.classes))),  # behind them stands one for all other classes
        "cost": asdict(cost),
        "guard": record["evidence"]["found"],
        "base": record["base"],
        "cut": record["cut"],
        "macs": record["macs"],
    }


def _by_torch_pruning(work: Path, folder: Path, images: Path, user: User, way: Way) -> dict[str, Any]:
    ours = json.loads((work / user.name / CUT.key / "made.json").read_text())
    seconds, out = way.times * ours["cost"]["cpu_s"], folder / "network.onnx"
    command = [*_script(TP), images, out, "--classes", ",".join(map(str, GENERIC.columns(user)))]
    command += ["--labels", way.labels]
    before, said = None, []
    if way.base:
        before = json.loads((work / user.name / way.base / "made.json").read_text())
        seconds -= before["cost"]["cpu_s"]
        said = before["said"]
        command += ["--resume", Path(before["file"]).with_suffix(".pth")]
    command += ["--cpu-seconds", f"{seconds:.0f}"]
    cost = asdict(run_and_measure(command, folder / "log", {"PROOF_CHECKPOINT": str(work / "resnet50.pt")}))
    said += [line for line in (folder / "log").read_text().splitlines() if " M MACs " in line or "epochs" in line]
    return {
        "file": str(out),
        "size_px": SIZE_PX,
        "outputs": list(range(len(user.classes))),
        "cost": _both(before["cost"], cost) if before else cost,
        "said": said,
    }


def judged(work: Path, user: User, ways: Sequence[Way]) -> dict[str, Any]:
    """Whether each validation image of the user's classes is answered right, and times, all networks in turns."""
    made = {way.name: json.loads((work / user.name / way.key / "made.json").read_text()) for way in ways}
    paths, labels = validation(user.classes)
    rows: dict[str, Any] = {}
    for way in ways:
        one = made[way.name]
        kept = work / user.name / way.key / "right.json"
        if not kept.is_file():
            session, eats = session_of(Path(one["file"])), _eats(way, one["size_px"])
            answers = np.stack([session.run(image)[0] for image in prepared(paths, eats)])[:, one["outputs"]]
            write_atomically(kept, {"right": (answers.argmax(axis=1) == labels).tolist()})
        rows[way.name] = {key: value for key, value in one.items() if key not in ("file", "outputs")}
        rows[way.name] |= json.loads(kept.read_text())
    sessions = [(session_of(Path(one["file"])), one["size_px"]) for one in made.values()]
    blocks = [sessions_in_turns_ms(sessions, runs=RUNS) for _ in range(BLOCKS)]
    for name, times in zip(rows, np.array(blocks).T.tolist(), strict=True):
        rows[name]["ms"] = times
    return {"name": user.name, "pool": user.pool, "classes": list(user.classes), "rows": rows}


def _eats(way: Way, size_px: int) -> Preprocess:
    if way.key == "mobilenet":
        return Preprocess(size_px=224, resize_px=256, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
    return Preprocess(size_px=224, resize_px=256).at(size_px)  # ImageNet's usual mean and spread


def contest(work: Path, drawn: Sequence[User], ways: Sequence[Way], per_stream: int) -> dict[str, Any]:
    """All networks of all users, made where they are not there yet, judged and timed, and compared."""
    for user in drawn:
        for way in ways:
            make(work, user, way, per_stream)
            print(f"{user.name}: {way.name}", file=sys.stderr, flush=True)
    found = [judged(work, user, ways) for user in drawn]
    ours = [way.name for way in ways if way.ours]
    compared = {
        own: {way.name: beside(found, own, way.name) for way in ways if not way.ours and way.name != own}
        for own in ours
    }
    over_users = {way.name: of_all(found, way.name) for way in ways}
    for user in found:
        for row in user["rows"].values():
            row |= {"ms": float(np.median(row["ms"])), "accuracy": float(np.mean(row.pop("right")))}
    return {
        "users": found,
        "over_users": over_users,
        "compared": compared,
        "ways": [_described(way) for way in ways],
        "speedup": SPEEDUP,
        "size_px": SIZE_PX,
        "longer": LONGER,
        "images": per_stream,
    }


def _described(way: Way) -> dict[str, Any]:
    """What its user writes, and what is known of it."""
    return {
        "name": way.name,
        "ours": way.ours,
        "known": way.known,
        "files": list(way.files),
        "lines": sum(lines_of(RIVALS / one) for one in way.files),
        "true_labels": way.labels == "true",
        "trained": way.times,
    }
