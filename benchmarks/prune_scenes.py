"""A network for one user of scenes: the second paper's other data, and a network that this script trains.

    python benchmarks/prune_scenes.py [--work DIR]

Data: EDGEWISE_DATA (default ../shared/data), the Intel scenes: 1,500 training and 720 test images of six classes, 100
px. A ResNet-18 at 112 px gets a new head, and its last stage is trained with it on four fifths of the training images;
the epoch is chosen on the rest. Users meet two or three of the classes, two users each, drawn by the seed. A user's
stream is the training images of those classes, without labels; accuracy is that on the test images, which nothing else
sees. Baselines: the network restricted to the user's classes, at its own input and at smaller ones. Times are those of
ONNX Runtime, one thread, batch 1, all networks in turns. Networks are made once and kept in --work, so a run that was
cut off goes on. Writes benchmarks/results/prune_scenes.json and docs/prune_scenes.md.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from dataclasses import asdict
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from pages import markdown_table, write_page, write_result
from prune_users_data import DATA, prepared, session_of, write_atomically
from prune_users_drop import drop_over_users
from prune_users_page import NOTICE, points_of
from torch import Tensor, nn
from torch.nn import functional

from edgewise.images.preprocess import Preprocess
from edgewise.prune.activation_cache import ActivationCache
from edgewise.prune.guard import Guard
from edgewise.prune.onnx_clock import OnnxClock
from edgewise.prune.record import write_user_network
from edgewise.prune.settings import Settings
from edgewise.prune.speed import sessions_in_turns_ms
from edgewise.prune.tail import open_at
from edgewise.prune.user_images import UserImages
from edgewise.prune.user_maker import UserMaker
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.card import Card
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier, text_fingerprint
from edgewise.zoo.export import to_onnx

SCENES = DATA / "intel_scenes"
SEED, RUNS = 0, 40
SIZE_PX, SMALLER_PX = 112, (96, 80)
USERS = {2: 2, 3: 2}  # so many users of so many classes
TARGETS = (1.5, 2.0)
HELD_OUT = 0.4
EPOCHS, BATCH, RATE = 8, 32, 2e-4
LEARNED = 0.8  # of the training images


def names() -> list[str]:
    return sorted(path.name for path in (SCENES / "train").iterdir())


def images_of(split: str, classes: Sequence[str]) -> tuple[list[Path], np.ndarray]:
    files = [(path, place) for place, name in enumerate(classes) for path in sorted((SCENES / split / name).iterdir())]
    return [path for path, _ in files], np.array([place for _, place in files])


def tensors(paths: Sequence[Path], preprocess: Preprocess) -> Tensor:
    return torch.from_numpy(np.concatenate(list(prepared(paths, preprocess))))


def generic(work: Path) -> tuple[Classifier, dict[str, Any]]:
    """The network of six classes; trained once. How it was."""
    sys.path.insert(0, str(DATA))
    import nets

    network = nets.resnet18()
    network.fc = nn.Linear(512, len(names()))
    network.eval()
    eats = nets.INPUT["resnet18"]
    preprocess = Preprocess(SIZE_PX, SIZE_PX, mean=tuple(eats.mean), std=tuple(eats.std))
    weights, notes = work / "scenes.pt", work / "scenes.json"
    if not notes.is_file():
        found = train(network, preprocess)
        weights.parent.mkdir(parents=True, exist_ok=True)
        torch.save(network.state_dict(), weights)
        write_atomically(notes, found)
    network.load_state_dict(torch.load(weights, weights_only=True))
    card = Card("scenes", "torch:benchmarks/prune_scenes.py:generic", ClassSet(tuple(names())), preprocess)
    session = TorchSession(network, "scenes", size_px=SIZE_PX)
    return Classifier(card, session, text_fingerprint("scenes")), json.loads(notes.read_text())


def train(network: nn.Module, preprocess: Preprocess) -> dict[str, Any]:
    """The last stage and the head, on what enters them; the weights of the best epoch stay."""
    torch.manual_seed(SEED)
    paths, labels = images_of("train", names())
    order = np.random.default_rng(SEED).permutation(len(paths))
    cut = round(LEARNED * len(paths))
    images, wanted = tensors([paths[place] for place in order], preprocess), torch.from_numpy(labels[order])
    tail = open_at(network, images[:1], "layer4")
    kept = ActivationCache(4000, "float16", SEED)
    for batch in images.split(50):
        kept.add(tail.enter(batch), torch.zeros(len(batch), 1))
    best, state, shares = 0.0, None, []
    with tail.opened() as parameters:
        optimiser = torch.optim.AdamW(parameters.values(), lr=RATE, weight_decay=1e-2)
        schedule = torch.optim.lr_scheduler.CosineAnnealingLR(optimiser, EPOCHS)
        for epoch in range(EPOCHS):
            for rows in torch.randperm(cut).split(BATCH):
                optimiser.zero_grad()
                functional.cross_entropy(tail(kept.batch(rows.tolist())), wanted[rows]).backward()
                optimiser.step()
            schedule.step()
            with torch.no_grad():
                rows = torch.arange(cut, len(paths))
                said = torch.cat([tail(kept.batch(some.tolist())).argmax(1) for some in rows.split(50)])
            shares.append(float((said == wanted[cut:]).float().mean()))
            print(f"epoch {epoch + 1} of {EPOCHS}: {shares[-1]:.1%} of images left out", file=sys.stderr)
            if shares[-1] > best:
                best, state = shares[-1], {name: weight.clone() for name, weight in network.state_dict().items()}
    assert state is not None
    network.load_state_dict(state)
    return {"learned_from": cut, "left_out": len(paths) - cut, "right_of_left_out": shares}


def users() -> list[tuple[str, ...]]:
    rng = np.random.default_rng(SEED)
    return [
        tuple(sorted(rng.choice(names(), classes, replace=False).tolist()))
        for classes, count in USERS.items()
        for _ in range(count)
    ]


def stream_of(classes: Sequence[str], work: Path) -> Path:
    folder = work / "-".join(classes) / "stream"
    for path in images_of("train", classes)[0]:
        link = folder / path.parent.name / path.name
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.is_symlink():
            link.symlink_to(path)
    return folder


def answered(file: Path, preprocess: Preprocess, classes: Sequence[str], columns: Sequence[int]) -> list[bool]:
    session = session_of(file)
    paths, labels = images_of("test", classes)
    given = [int(session.run(image)[0, list(columns)].argmax()) for image in prepared(paths, preprocess)]
    return (np.array(given) == labels).tolist()


def user_rows(work: Path, whole: Classifier, files: dict[int, Path], classes: tuple[str, ...]) -> dict[str, Any]:
    """The network restricted, at each input, and cut; all timed in turns."""
    folder = work / "-".join(classes)
    columns = tuple(names().index(name) for name in classes)
    rows: dict[str, Any] = {}
    sessions: list[tuple[Any, int]] = []
    for size_px, file in files.items():
        right = answered(file, whole.card.preprocess.at(size_px), classes, columns)
        rows[f"restricted, {size_px} px"] = {"right": right}
        sessions.append((session_of(file), size_px))
    for target in TARGETS:
        done = folder / f"{target:g}.json"
        if not done.is_file():
            write_atomically(done, made(folder / f"{target:g}", whole, classes, columns, target, work))
            print(f"{', '.join(classes)}: {target:g}x made", file=sys.stderr)
        row = json.loads(done.read_text())
        sessions.append((session_of(Path(row.pop("file"))), SIZE_PX))
        rows[f"user network, {target:g}x asked for"] = row
    ms = sessions_in_turns_ms(sessions, runs=RUNS)
    for row, took in zip(rows.values(), ms, strict=True):
        row |= {"ms": took, "times_as_fast": ms[0] / took}
    return {"classes": list(classes), "rows": rows}


def made(
    folder: Path, whole: Classifier, classes: tuple[str, ...], columns: tuple[int, ...], target: float, work: Path
) -> dict[str, Any]:
    network = whole.session.module  # type: ignore[attr-defined]
    maker = UserMaker(
        whole,
        columns,
        UserImages(stream_of(classes, work), seed=SEED),
        Settings(target, held_out=HELD_OUT, seed=SEED),
        Guard(when_undecided="estimate"),
        cache(lambda: OnnxClock(network, SIZE_PX)),
    )
    found = maker.of_itself()
    written = write_user_network(folder, found.network, found.base, whole, threads=1)
    return {
        "file": str(written.model),
        "right": answered(written.model, whole.card.preprocess, classes, range(len(classes))),
        "macs_percent": 100 * found.network.macs / found.network.macs_before,
        "evidence": found.network.evidence.to_values()["found"],
        "seconds": found.network.cost.seconds,
        "images": found.network.images,
        "cost": asdict(found.network.cost),
    }


def over_users(found: Sequence[dict[str, Any]]) -> dict[str, Any]:
    """Of each network means over users, with the drop's interval over users and images."""
    summary: dict[str, Any] = {}
    first = next(iter(found[0]["rows"]))
    for name in found[0]["rows"]:
        before, after = ([user["rows"][one]["right"] for user in found] for one in (first, name))
        summary[name] = {
            "drop": drop_over_users(before, after),
            "accuracy": float(np.mean([np.mean(user["rows"][name]["right"]) for user in found])),
            "times_as_fast": float(np.median([user["rows"][name]["times_as_fast"] for user in found])),
        }
    return summary


def page(result: dict[str, Any]) -> list[str]:
    made_names = [name for name in result["over_users"] if name.startswith("user")]
    return [
        "# A network for one user of scenes",
        f"Made by `python benchmarks/prune_scenes.py` (seed {result['seed']}). ResNet-18 at {SIZE_PX} px, its last "
        f"stage and a head of six classes trained on {result['training']['learned_from']} images (up to "
        f"{max(result['training']['right_of_left_out']):.1%} right of {result['training']['left_out']} left out, by "
        f"which the epoch was chosen); {100 * result['six_way']:.1f}% right on the test images, six classes. "
        f"{len(result['users'])} users of two or three classes, their training images without labels, "
        f"{HELD_OUT:.0%} of them the guard's. Points are of accuracy on the test images against the network restricted "
        "to the user's classes, means over users, 95% by resampling users and images.",
        markdown_table(
            ["", "right %", "points (95%)", "times as fast"],
            [
                [name, f"{100 * row['accuracy']:.1f}", points_of(row["drop"]), f"{row['times_as_fast']:.2f}"]
                for name, row in result["over_users"].items()
            ],
        ),
        "## User by user",
        markdown_table(
            ["user", "network", "right %", "times as fast", "MACs %", "the guard: drop expected", "made in, s"],
            [
                [
                    ", ".join(user["classes"]),
                    name,
                    f"{100 * row['accuracy']:.1f}",
                    f"{row['times_as_fast']:.2f}",
                    f"{row['macs_percent']:.0f}" if name in made_names else "",
                    f"{row['evidence']['verdict']}: {row['evidence']['drop_points']:.2f}" if name in made_names else "",
                    f"{row['seconds']:.0f}" if name in made_names else "",
                ]
                for user in result["users"]
                for name, row in user["rows"].items()
            ],
        ),
        "## Notice",
        NOTICE,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-scenes"))
    options = parser.parse_args()
    if not SCENES.is_dir():
        sys.exit(f"No evaluation data at {DATA}; set EDGEWISE_DATA to its folder.")
    torch.set_num_threads(1)
    whole, training = generic(options.work)
    files: dict[int, Path] = {}
    for size_px in (SIZE_PX, *SMALLER_PX):
        files[size_px] = options.work / f"generic-{size_px}.onnx"
        files[size_px].write_bytes(to_onnx(whole.session.module, size_px, "The network"))  # type: ignore[attr-defined]
    found = [user_rows(options.work, whole, files, classes) for classes in users()]
    six_way = answered(files[SIZE_PX], whole.card.preprocess, names(), range(len(names())))
    summary = over_users(found)
    for user in found:
        for row in user["rows"].values():
            row["accuracy"] = float(np.mean(row.pop("right")))
    result = {
        "seed": SEED,
        "training": training,
        "six_way": float(np.mean(six_way)),
        "users": found,
        "over_users": summary,
    }
    write_result("prune_scenes", result)
    write_page("prune_scenes", page(result))


if __name__ == "__main__":
    main()
