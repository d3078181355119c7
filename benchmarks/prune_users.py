"""A network for one user, out of real networks: how fast, at which accuracy, beside every smaller network there is.

    python benchmarks/prune_users.py [--rapid] [--work DIR] [--jobs 2]

Data: EDGEWISE_DATA (default ../shared/data). Users are drawn from its 20 classes: five classes each, out of the ten dog
classes, out of the ten others, and mixed. A user's stream is unlabelled training images of those classes, half to make
the network and half for its guard; accuracy is that on the official validation images, which nothing else sees. First
come the baselines: ResNet-18 and ResNet-50 restricted to the user's classes, at their own input size and at a smaller
one. Times are ONNX Runtime's, one thread, batch 1, all files in turns in one run. Every network is made and judged
once and kept in --work, so a run that was cut off goes on. Writes benchmarks/results/prune_users.json,
docs/prune_users.md and its picture. With --rapid one user of each pool, otherwise three.
"""

import argparse
import json
import os
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from pages import ROOT, write_page, write_result
from pictures import write_svg
from prune_users_page import page, words
from prune_users_picture import draw

from edgewise.images.decode import decode, read_file
from edgewise.prune.speed import in_turns_ms
from edgewise.runtime.onnx import OnnxSession
from edgewise.select.judge.bootstrap import interval, resampled_means
from edgewise.store import atomic_path
from edgewise.zoo.classifier import Classifier

DATA = Path(os.environ.get("EDGEWISE_DATA", ROOT.parent / "shared" / "data")).resolve()
IMAGES = DATA / "imagenet20"
SEED, CLASSES_PER_USER, IMAGES_PER_CLASS = 0, 5, 60
DOG_LAST = "n02115641"  # the ten dog classes at full aspect sort up to it; the springer is the other half's
SPRINGER = "n02102040"
NETWORKS = {"ResNet-18": "resnet18", "ResNet-50": "resnet50"}
SIZES_PX = (224, 192)
RUNS, RESAMPLES = 40, 2000


@dataclass(frozen=True)
class User:
    """Classes of one user, as folders of the data set."""

    pool: str
    draw: int
    classes: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.pool}-{self.draw}"


@dataclass(frozen=True)
class Variant:
    """One way to make a user's network."""

    network: str
    size_px: int
    target_speedup: float

    @property
    def name(self) -> str:
        return f"{self.network} at {self.size_px} px, {self.target_speedup:g}x asked for"

    @property
    def key(self) -> str:
        return f"{NETWORKS[self.network]}-{self.size_px}-{self.target_speedup:g}"


VARIANTS = (Variant("ResNet-50", 192, 1.5), Variant("ResNet-18", 224, 1.3))


def users(draws: int) -> Iterator[User]:
    """Of each pool so many, drawn by the seed."""
    folders = sorted(path.name for path in (IMAGES / "train").iterdir())
    dogs = [name for name in folders if name.startswith("n02") and name <= DOG_LAST and name != SPRINGER]
    pools = {"dogs": dogs, "others": [name for name in folders if name not in dogs], "mixed": folders}
    for place, (pool, names) in enumerate(pools.items()):
        rng = np.random.default_rng([SEED, place])
        for number in range(draws):
            chosen = rng.choice(len(names), CLASSES_PER_USER, replace=False)
            yield User(pool, number, tuple(names[i] for i in sorted(chosen)))


def classifier(network: str, size_px: int) -> Classifier:
    """A network of the evaluation data as the zoo loads it, at an input size."""
    from edgewise.zoo.card import CardFile
    from edgewise.zoo.loaders import load
    from edgewise.zoo.sources import Source

    given = {"name": network, "size_px": size_px, "resize_px": round(256 * size_px / 224), "classes": "imagenet1k"}
    return load(Source("torch", f"{DATA / 'nets.py'}:{NETWORKS[network]}", CardFile(given, "the benchmark")))


def validation(user: User, prepared: Any) -> tuple[np.ndarray, np.ndarray]:
    """All validation images of the user's classes, float32 [n, 3, size, size], and their labels."""
    images, labels = [], []
    for label, folder in enumerate(user.classes):
        for path in sorted((IMAGES / "val" / folder).iterdir()):
            images.append(prepared.apply(decode(read_file(path), path).pixels))
            labels.append(label)
    return np.stack(images), np.asarray(labels)


def right(session: Any, images: np.ndarray, labels: np.ndarray, columns: list[int]) -> list[bool]:
    """Whether each answer among the columns is the label."""
    answers = [session.run(image[None])[0, columns].argmax() for image in images]
    return [bool(answer == label) for answer, label in zip(answers, labels, strict=True)]


def wnids() -> list[str]:
    return (DATA / "wnids_1000.txt").read_text().split()


def baseline(work: Path, network: str, size_px: int, user: User) -> None:
    """Export a network at a size once, and judge it restricted to the user's classes."""
    from edgewise.zoo.export import export_onnx

    done = work / user.name / f"{NETWORKS[network]}-{size_px}.json"
    if done.is_file():
        return
    model = classifier(network, size_px)
    folder = work / "generic" / f"{NETWORKS[network]}-{size_px}"
    if not (folder / "done").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        exported = export_onnx(replace(model, card=replace(model.card, name="generic")), folder)
        (folder / "done").write_text(exported.model.name)
    path = folder / (folder / "done").read_text()
    images, labels = validation(user, model.card.preprocess)
    columns = [wnids().index(name) for name in user.classes]
    _write(done, {"file": str(path), "size_px": size_px, "right": right(OnnxSession(path), images, labels, columns)})


def user_network(work: Path, variant: Variant, user: User) -> None:
    """Make, write and judge one network."""
    import torch

    from edgewise.prune.guard import Guard
    from edgewise.prune.make import Settings, make_user_network
    from edgewise.prune.record import write_user_network
    from edgewise.prune.stream import read_stream

    done = work / user.name / f"user-{variant.key}.json"
    if done.is_file():
        return
    torch.set_num_threads(1)
    model = classifier(variant.network, variant.size_px)
    columns = [wnids().index(name) for name in user.classes]
    stream = read_stream(_links(work, user), model.card.preprocess, seed=SEED)
    settings = Settings(target_speedup=variant.target_speedup, seed=SEED)
    made = make_user_network(
        model.session.module,  # type: ignore[attr-defined]
        stream.images,
        columns,
        settings,
        Guard(when_undecided="estimate"),
        source=model.card.source,
    )
    written = write_user_network(work / user.name / variant.key, made, model.card, model, threads=1)
    images, labels = validation(user, model.card.preprocess)
    found = right(OnnxSession(written.model), images, labels, list(range(len(columns))))
    _write(
        done,
        {
            "file": str(written.model),
            "size_px": variant.size_px,
            "right": found,
            "macs": made.macs,
            "generic_macs": made.macs_before,
            "evidence": made.evidence.to_values()["found"],
            "spent": [asdict(one) for one in made.spent],
            "images": made.images,
        },
    )


def _links(work: Path, user: User) -> Path:
    """A folder with links to the user's training images."""
    folder = work / user.name / "stream"
    for name in user.classes:
        (folder / name).mkdir(parents=True, exist_ok=True)
        for path in sorted((IMAGES / "train" / name).iterdir())[:IMAGES_PER_CLASS]:
            link = folder / name / path.name
            if not link.is_symlink():
                link.symlink_to(path)
    return folder


def _write(path: Path, found: dict[str, Any]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with atomic_path(path) as temporary:
        temporary.write_text(json.dumps(found))


def judged(work: Path, user: User) -> dict[str, Any]:
    """One user: every network's accuracy, drop against ResNet-50 with its interval, and time."""
    rows = {
        f"{network}, restricted, {size} px": json.loads(
            (work / user.name / f"{NETWORKS[network]}-{size}.json").read_text()
        )
        for network in NETWORKS
        for size in SIZES_PX
    }
    for variant in VARIANTS:
        rows[variant.name] = json.loads((work / user.name / f"user-{variant.key}.json").read_text())
    files = [(Path(row["file"]), row["size_px"]) for row in rows.values()]
    ms = dict(zip(rows, in_turns_ms(files, runs=RUNS), strict=True))
    answers = np.array([row["right"] for row in rows.values()], float).T
    means = resampled_means(answers, RESAMPLES, SEED)
    whole = list(rows).index("ResNet-50, restricted, 224 px")
    found: dict[str, Any] = {}
    for place, (name, row) in enumerate(rows.items()):
        drop = interval(float(answers[:, whole].mean() - answers[:, place].mean()), means[:, whole] - means[:, place])
        kept = {key: row[key] for key in ("macs", "generic_macs", "evidence", "spent", "images") if key in row}
        found[name] = {
            "accuracy": float(answers[:, place].mean()),
            "drop": asdict(drop),
            "ms": ms[name],
            "times_as_fast": ms["ResNet-50, restricted, 224 px"] / ms[name],
            "right": row["right"],
            **kept,
        }
    return {"pool": user.pool, "draw": user.draw, "classes": list(user.classes), "rows": found}


def over_users(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over users and images: drop and speed of each network, resampled over both."""
    names = list(found[0]["rows"])
    rng = np.random.default_rng(SEED)
    summary: dict[str, Any] = {}
    for name in names:
        drops = [
            np.array(user["rows"]["ResNet-50, restricted, 224 px"]["right"], float)
            - np.array(user["rows"][name]["right"], float)
            for user in found
        ]
        resampled = np.empty(RESAMPLES)
        for place in range(RESAMPLES):
            picked = rng.integers(0, len(drops), len(drops))
            resampled[place] = np.mean([rng.choice(drops[user], len(drops[user])).mean() for user in picked])
        summary[name] = {
            "drop": asdict(interval(float(np.mean([drop.mean() for drop in drops])), resampled)),
            "times_as_fast": float(np.median([user["rows"][name]["times_as_fast"] for user in found])),
            "accuracy": float(np.mean([user["rows"][name]["accuracy"] for user in found])),
        }
    return summary


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    parser.add_argument("--rapid", action="store_true", help="one user of each pool")
    parser.add_argument("--jobs", type=int, default=2, help="networks made at once")
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {DATA}; set EDGEWISE_DATA to its folder.")
    drawn = list(users(1 if options.rapid else 3))
    for network in NETWORKS:  # exported once, before several users want them
        for size in SIZES_PX:
            baseline(options.work, network, size, drawn[0])
    with ProcessPoolExecutor(options.jobs) as pool:
        waiting = [pool.submit(user_network, options.work, variant, user) for variant in VARIANTS for user in drawn]
        waiting += [
            pool.submit(baseline, options.work, network, size, user)
            for user in drawn
            for network in NETWORKS
            for size in SIZES_PX
        ]
        for done, one in enumerate(waiting, 1):
            one.result()
            print(f"{done} of {len(waiting)} networks made or judged", file=sys.stderr)
    found = [judged(options.work, user) for user in drawn]
    summary = over_users(found)
    for user in found:
        for row in user["rows"].values():
            del row["right"]
    result = {
        "seed": SEED,
        "rapid": options.rapid,
        "images_of_a_stream": CLASSES_PER_USER * IMAGES_PER_CLASS,
        "users": found,
        "over_users": summary,
        "made": [variant.name for variant in VARIANTS],
    }
    result["in_words"] = words(result)
    write_result("prune_users", result)
    shown = write_svg("prune_users", draw(result), "accuracy lost against speed, baselines and user networks")
    write_page("prune_users", page(result, shown))


if __name__ == "__main__":
    main()
