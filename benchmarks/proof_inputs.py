"""Contest B of the page of proof: a selector of edgewise beside plain cascades and every network alone."""

import importlib.util
import json
import sys
import tomllib
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from time import process_time_ns
from typing import Any

import numpy as np
from proof_cost import run_and_measure
from proof_lines import lines_of
from prune_users_data import DATA, SEED, folders, write_atomically
from prune_users_drop import RESAMPLES
from select_imagenet20 import export_onnx, write_zoo

from edgewise.live.wilson import wilson
from edgewise.select.judge.bootstrap import interval, resampled_means

HERE = Path(__file__).parent
RIVALS = HERE / "rivals"
EDGEWISE = "edgewise: profile, select fit, classify"
PAIR, SEARCHED = "plain cascade, ResNet-18 then Inception-V3", "plain cascade, the best of all pairs"
PAIRS = {PAIR: ("ResNet-18", "Inception-V3"), SEARCHED: ()}
SCRIPTS = {PAIR: "two_sessions.py", SEARCHED: "plain_cascade.py"}
WARM_UP = 20


def inputs(work: Path, of_a_class: int) -> dict[str, Any]:
    """Everything is learned and tuned on so many images of each class, and judged on as many others."""
    work.mkdir(parents=True, exist_ok=True)
    export_onnx(work)
    zoo, models = write_zoo(work, inception=True), work / "models.toml"
    models.write_text(_models(zoo))
    tuning, test = _halves(work, of_a_class)
    costs = {EDGEWISE: _edgewise(work, zoo, tuning)}
    costs |= {name: _tuned(work, name, models, tuning) for name in PAIRS}
    rows = _judged(work, models, test)
    compared = {name: _beside(rows[EDGEWISE], row) for name, row in rows.items() if name != EDGEWISE}
    for row in rows.values():
        row |= {"accuracy": asdict(wilson(sum(row["right"]), len(row["right"])))}
        ms = row.pop("ms")
        row |= {"mean_ms": float(np.mean(ms)), "p90_ms": float(np.quantile(ms, 0.9))}
        del row["right"]
    for name, cost in costs.items():
        rows[name] |= {"cost": cost}
    for name, lines in _lines().items():
        rows[name] |= {"lines": lines}
    return {
        "images_tuned_on": len(_files(tuning)),
        "images_judged_on": len(_files(test)),
        "classes": len(folders()),
        "rows": rows,
        "compared": compared,
        "lines_of_the_zoo": lines_of(zoo),
        "cascades": {name: json.loads(_kept(work, name).read_text()) for name in PAIRS},
        "said": json.loads((work / "fit.json").read_text())["choice"]["why"],
    }


def _lines() -> dict[str, int]:
    ours = sum(lines_of(RIVALS / f"edgewise_{name}.sh") for name in ("select", "answer"))
    return {EDGEWISE: ours, **{name: lines_of(RIVALS / script) for name, script in SCRIPTS.items()}}


def _beside(own: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """How much more often the first is right, a share, and how many times as fast it is; resampled over images."""
    figures = np.column_stack([own["right"], other["right"], own["ms"], other["ms"]]).astype(float)
    means = resampled_means(figures, RESAMPLES, SEED)
    value = figures.mean(axis=0)
    return {
        "points": asdict(interval(value[0] - value[1], means[:, 0] - means[:, 1])),
        "speed": asdict(interval(value[3] / value[2], means[:, 3] / means[:, 2])),
    }


def _models(zoo: Path) -> str:
    """The zoo's file with everything written out that edgewise knows by itself; the cascade's script reads it."""
    names = (DATA / "wnids_1000.txt").read_text().split()
    sizes = {"MobileNetV1 0.25": 128, "MobileNetV1 0.5": 160, "MobileNetV1 0.75": 192, "MobileNetV2": 224}
    found: list[str] = []
    for one in tomllib.loads(zoo.read_text())["model"]:
        lite = one["source"].startswith("tflite:")
        known = one.get("classes", ["background", *names] if lite else names)
        full = {"resize_px": round(sizes[one["name"]] * 256 / 224)} if lite else {}
        full |= one | {"classes": known}
        found.append("[[model]]\n" + "".join(f"{key} = {json.dumps(value)}\n" for key, value in full.items()))
    return "\n".join(found)


def _halves(work: Path, of_a_class: int) -> tuple[Path, Path]:
    """Folders with links to so many validation images of each class, and to as many others; drawn by the seed."""
    rng = np.random.default_rng(SEED)
    halves = work / "tuning", work / "test"
    for name in folders():
        files = sorted((DATA / "imagenet20" / "val" / name).iterdir())
        for place, index in enumerate(rng.permutation(len(files))[: 2 * of_a_class]):
            link = halves[place % 2] / name / files[index].name
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.is_symlink():
                link.symlink_to(files[index])
    return halves


def _files(folder: Path) -> list[Path]:
    return sorted(path for name in folders() for path in (folder / name).iterdir())


def _edgewise(work: Path, zoo: Path, tuning: Path) -> dict[str, Any]:
    done = work / "edgewise.cost.json"
    if not done.is_file():
        cost = run_and_measure(["bash", RIVALS / "edgewise_select.sh", zoo, tuning, work], work / "edgewise.log")
        write_atomically(done, asdict(cost))
    return json.loads(done.read_text())


def _kept(work: Path, name: str) -> Path:
    return work / f"cascade-{len(PAIRS[name])}.json"


def _tuned(work: Path, name: str, models: Path, tuning: Path) -> dict[str, Any]:
    kept = _kept(work, name)
    done = kept.with_suffix(".cost.json")
    if not done.is_file():
        command = [sys.executable, RIVALS / SCRIPTS[name], "tune", models, tuning, kept, *PAIRS[name]]
        write_atomically(done, asdict(run_and_measure(command, kept.with_suffix(".log"))))
    return json.loads(done.read_text())


def _judged(work: Path, models: Path, test: Path) -> dict[str, Any]:
    """Of each way to answer: whether each image is answered right, and its CPU ms from file to answer, in turns."""
    done = work / "judged.json"
    if not done.is_file():
        write_atomically(done, _in_turns(_ways(work, models), _files(test)))
    return json.loads(done.read_text())


def _ways(work: Path, models: Path) -> dict[str, Callable[[Path], str | None]]:
    from edgewise import Engine

    plain = _script("plain_cascade")
    engine = Engine(work / "selector", threads=1, runtime="onnxruntime")

    def ours(path: Path) -> str | None:
        reply = engine.classify(path)
        return reply.class_id or reply.label

    ways: dict[str, Callable[[Path], str | None]] = {EDGEWISE: ours}
    classes = folders()
    alone = plain.load(models, classes, ())
    kept = json.loads(_kept(work, SEARCHED).read_text())
    searched = plain.Cascade(alone[kept["small"]], alone[kept["large"]], kept["threshold"])
    ways[SEARCHED] = lambda path: classes[searched(path)]
    two = _script("two_sessions")
    threshold = json.loads(_kept(work, PAIR).read_text())["threshold"]
    entries = {one["name"]: one for one in tomllib.loads(models.read_text())["model"]}
    pair = [two.Model(entries[name], classes) for name in PAIRS[PAIR]]
    ways[PAIR] = lambda path: classes[two.answer(*pair, threshold, path)]
    for name, model in alone.items():
        single = plain.Cascade(model, model, 0.0)
        ways[name] = lambda path, single=single: classes[single(path)]
    return ways


def _script(name: str) -> Any:
    spec = importlib.util.spec_from_file_location(name, RIVALS / f"{name}.py")
    assert spec is not None and spec.loader is not None  # noqa: PT018
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _in_turns(ways: dict[str, Callable[[Path], str | None]], files: list[Path]) -> dict[str, Any]:
    rows: dict[str, Any] = {name: {"right": [], "ms": []} for name in ways}
    names = list(ways)
    for path in files[:: max(1, len(files) // WARM_UP)]:  # of all classes, so that every model that is needed is loaded
        for answer in ways.values():
            answer(path)
    for place, path in enumerate(files):
        path.read_bytes()  # whoever comes first would else wait for the disk
        start = place % len(names)
        for name in (*names[start:], *names[:start]):
            began = process_time_ns()  # one thread answers, so that it is the time one would wait on a free core
            said = ways[name](path)
            rows[name]["ms"].append((process_time_ns() - began) / 1e6)
            rows[name]["right"].append(said == path.parent.name)
    return rows
