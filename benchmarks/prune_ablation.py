"""What each part of pruning for a user is worth: criterion, order, granularity and recovery, one changed at a time.

    python benchmarks/prune_ablation.py [--rapid] [--work DIR] [--jobs 2]

Data and users are those of `prune_users.py`: the first user of five classes of each pool, 500 unlabelled training
images, accuracy on the official validation images. ResNet-18 at 160 px is cut until, measured on ONNX Runtime, it is as
fast as asked; a walk stops by foretold times. All variants of one user are judged on the same images and timed in turns
in one run. Every network is made once and kept in --work, so a run that was cut off goes on. Writes
benchmarks/results/prune_ablation.json and docs/prune_ablation.md. With --rapid one user.
"""

import argparse
import json
import sys
from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pages import markdown_table, write_page, write_result
from prune_users import HELD_OUT
from prune_users_data import (
    IMAGES,
    IMAGES_PER_STREAM,
    SEED,
    Network,
    User,
    baseline_answers,
    baseline_file,
    prepared,
    restricted_right,
    session_of,
    stream_of,
    torch_classifier,
    users,
    validation,
    write_atomically,
)
from prune_users_drop import drop_over_users
from prune_users_page import NOTICE, points_of

from edgewise.prune.guard import Guard
from edgewise.prune.speed import sessions_in_turns_ms

if TYPE_CHECKING:
    from torch import Tensor, nn

    from edgewise.prune.make import UserNetwork

SURE = 25.0  # the logit of a true label, against 0: all of the probability
BASE, SPEEDUP = Network("ResNet-18", 160), 1.25
USUAL = "as usual"
VARIANTS: dict[str, dict[str, Any]] = {
    USUAL: {},
    "criterion: taylor": {"criterion": "taylor"},
    "criterion: taylor, class-blind": {"criterion": "taylor-blind"},
    "criterion: activation": {"criterion": "activation"},
    "criterion: firing": {"criterion": "firing"},
    "criterion: L1": {"criterion": "l1"},
    "criterion: random": {"criterion": "random"},
    "where: uniform": {"where": "uniform"},
    "where: global": {"where": "global"},
    "where: bottom-up": {"where": "bottom-up"},
    "where: top-down": {"where": "top-down"},
    "granularity: streams too": {"streams": True},
    "granularity: own reads, 0.75": {"reads": 0.75},
    "recovery: none": {"recovery": ()},
    "recovery: renormalise": {"recovery": ("renormalise",)},
    "recovery: distil": {"recovery": ("distil",)},
    "recovery: renormalise, distil": {"recovery": ("renormalise", "distil")},
    "recovery: solve, distil": {"recovery": ("solve", "distil")},
    "taught by: the generic network": {"recovery": ("renormalise",)},
    "taught by: true labels": {"recovery": ("renormalise",)},
}
TAUGHT = {"taught by: the generic network": False, "taught by: true labels": True}  # by labels?


def make(work: Path, name: str, user: User) -> None:
    """Make, write and judge one network, or note why none came out."""
    import torch

    from edgewise.errors import EdgewiseError
    from edgewise.prune.make import make_user_network
    from edgewise.prune.onnx_clock import OnnxClock
    from edgewise.prune.record import write_user_network
    from edgewise.prune.settings import Settings
    from edgewise.prune.stream import read_stream

    folder = _folder(work, name, user)
    if (folder / "done.json").is_file():
        return
    torch.set_num_threads(1)
    model = torch_classifier(BASE)
    module = model.session.module  # type: ignore[attr-defined]
    stream = read_stream(stream_of(user, work), model.card.preprocess, seed=SEED)
    clock = OnnxClock(module, BASE.size_px)
    settings = Settings(SPEEDUP, held_out=HELD_OUT, seed=SEED, **VARIANTS[name])
    try:
        made = make_user_network(
            module,
            stream.images,
            BASE.columns(user),
            settings,
            Guard(when_undecided="estimate"),
            measured=lambda network: clock.share(network, BASE.size_px),
        )
    except EdgewiseError as error:
        write_atomically(folder / "done.json", {"refused": str(error)})
        return
    if name in TAUGHT:
        made = taught(made, module, stream.images, labels_of(user, work) if TAUGHT[name] else None, BASE.columns(user))
    written = write_user_network(folder / "network", made, model, model, threads=1)
    paths, labels = validation(user.classes)
    session = session_of(written.model)
    answers = [int(session.run(image)[0, :-1].argmax()) for image in prepared(paths, model.card.preprocess)]
    found = {
        "file": str(written.model),
        "right": [bool(answer == label) for answer, label in zip(answers, labels, strict=True)],
        "macs": made.macs,
        "generic_macs": made.macs_before,
        "expected_drop_points": made.evidence.drop_points,
        "agreement_percent": made.evidence.agreement_percent,
        "seconds": made.cost.seconds,
        "own_macs": None if made.cost.macs is None else made.cost.macs.total,
    }
    write_atomically(folder / "done.json", found)


def labels_of(user: User, work: Path) -> np.ndarray:
    """The true class of each image of the stream, of the user's, in the stream's order."""
    from edgewise.images.below import images_below

    paths = images_below(stream_of(user, work))[0]
    order = np.random.default_rng(SEED).permutation(len(paths))
    return np.array([user.classes.index(paths[place].parent.name) for place in order])


def taught(
    made: "UserNetwork", generic: "nn.Module", images: "Tensor", labels: np.ndarray | None, columns: list[int]
) -> "UserNetwork":
    """Its tail trained, from the generic network's probabilities or from true labels, and from nothing else."""
    import torch

    from edgewise.prune.activation_cache import ActivationCache
    from edgewise.prune.distill import Distillation, distil
    from edgewise.prune.material import answers
    from edgewise.prune.tail import open_at
    from edgewise.prune.taught import Taught

    tail = open_at(made.network, images[:1], "layer4")
    logits = torch.from_numpy(answers(generic, images[: made.images]))
    if labels is not None:
        logits = torch.full_like(logits, 0.0)
        logits[torch.arange(len(logits)), torch.tensor(columns)[labels[: len(logits)]]] = SURE
    cache = ActivationCache(600)
    for batch, said in zip(images[: made.images].split(25), logits.split(25), strict=True):
        cache.add(tail.enter(batch), said)
    distil(tail, cache, made.classes, Distillation(mimicry=0.0))
    held = images[made.images :]
    judged = Taught(answers(generic, held), made.classes)
    guard = Guard(when_undecided="estimate")
    return replace(made, evidence=judged.judge(guard, answers(made.network, held)))


def _folder(work: Path, name: str, user: User) -> Path:
    return work / user.name / "ablation" / "".join(sign if sign.isalnum() else "-" for sign in name)


def judged(work: Path, user: User) -> dict[str, dict[str, Any]]:
    """All variants of one user, timed in turns."""
    rows: dict[str, dict[str, Any]] = {}
    sessions = [(session_of(baseline_file(work, BASE)), BASE.size_px)]
    for name in VARIANTS:
        row = json.loads((_folder(work, name, user) / "done.json").read_text())
        if "file" in row:
            sessions.append((session_of(Path(row.pop("file"))), BASE.size_px))
        rows[name] = row
    ms = sessions_in_turns_ms(sessions, runs=40)
    times = iter(ms[1:])
    for row in rows.values():
        if "right" in row:
            row["times_as_fast"] = ms[0] / next(times)
    return rows


def over_users(found: list[tuple[list[bool], dict[str, dict[str, Any]]]]) -> dict[str, Any]:
    """Of each variant means over users, with the drop's interval over users and images."""
    summary: dict[str, Any] = {}
    for name in VARIANTS:
        rows = [user[name] for _, user in found]
        refused = [row["refused"] for row in rows if "refused" in row]
        if refused:
            summary[name] = {"refused": refused[0]}
            continue
        summary[name] = {
            "drop": drop_over_users([whole for whole, _ in found], [row["right"] for row in rows]),
            **{
                key: float(np.mean([row[key] for row in rows]))
                for key in ("times_as_fast", "expected_drop_points", "agreement_percent", "seconds")
            },
            "macs_percent": float(np.mean([100 * row["macs"] / row["generic_macs"] for row in rows])),
        }
    return summary


def page(result: dict[str, Any]) -> list[str]:
    rows = []
    for name, row in result["variants"].items():
        if "refused" in row:
            rows.append([name, "", "", "", "", "", " ".join(row["refused"].split())])
            continue
        rows.append(
            [
                name,
                points_of(row["drop"]),
                f"{row['times_as_fast']:.2f}",
                f"{row['macs_percent']:.0f}",
                f"{row['agreement_percent']:.1f}",
                f"{row['expected_drop_points']:.2f}",
                f"{row['seconds']:.0f} s",
            ]
        )
    return [
        "# What each part of pruning for a user is worth",
        f"Made by `python benchmarks/prune_ablation.py{' --rapid' if result['rapid'] else ''}` (seed "
        f"{result['seed']}). "
        f"{result['base']} for {result['users']} user{'s' if result['users'] > 1 else ''} of five classes, "
        f"{result['images_of_a_stream']} unlabelled training images each, cut until ONNX Runtime takes "
        f"1 / {result['speedup']:g} of the time. The usual way: {result['usual']}. Each row changes one thing. "
        "Points are of labelled accuracy against the same network uncut and restricted to the user's classes, "
        "with 95% intervals over users and images: many rows cannot be told apart. "
        "Agreement and expected drop are the guard's, on the images kept apart.",
        markdown_table(
            ["", "points (95%)", "times as fast", "MACs %", "answered alike %", "expected drop", "made in, or why not"],
            rows,
        ),
        NOTICE,
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    parser.add_argument("--rapid", action="store_true", help="one user")
    parser.add_argument("--jobs", type=int, default=2, help="networks made at once")
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    drawn = list(users({5: 1}))[: 1 if options.rapid else None]
    baseline_answers(options.work, BASE)
    with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
        waiting = [pool.submit(make, options.work, name, user) for user in drawn for name in VARIANTS]
        for done, one in enumerate(waiting, 1):
            one.result()
            print(f"{done} of {len(waiting)} networks made", file=sys.stderr)
    found = [(restricted_right(options.work, BASE, user), judged(options.work, user)) for user in drawn]
    result = {
        "seed": SEED,
        "rapid": options.rapid,
        "base": BASE.name,
        "speedup": SPEEDUP,
        "users": len(drawn),
        "images_of_a_stream": IMAGES_PER_STREAM,
        "usual": "reconstruction error, by latency, channels inside blocks alone, layers solved anew",
        "variants": over_users(found),
    }
    write_result("prune_ablation", result)
    write_page("prune_ablation", page(result))


if __name__ == "__main__":
    main()
