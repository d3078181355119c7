"""A network for one user, out of real networks: how fast, at which accuracy, beside every smaller network there is.

    python benchmarks/prune_users.py [--rapid | --further] [--users 12] [--work DIR] [--jobs 2]

Data: EDGEWISE_DATA (default ../shared/data). Users are drawn from its 20 classes, out of the ten dog classes, out of
the ten others, and mixed: five classes each, three users a pool, and ten classes, one a pool. A user's stream is 500
unlabelled training images of those classes, three fifths to make the network and the rest for its guard; accuracy is
that on the official validation images, which nothing else sees. First come the baselines: every network of the data
restricted to the user's classes, at its own input size and at smaller ones. Times are one thread, batch 1, all files in
turns in one run; MobileNetV2's are LiteRT's, all others ONNX Runtime's. Every network is made and judged once and kept
in --work, so a run that was cut off goes on. Writes benchmarks/results/prune_users.json, docs/prune_users.md and its
picture. With --users 6 the first six, one of five and one of ten classes of each pool. With --rapid the first three, of
five classes, and two user networks each; with --further the two others, on a page of their own.
"""

import argparse
import json
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from pages import write_page, write_result
from pictures import write_svg
from prune_users_data import (
    BASELINES,
    IMAGES,
    IMAGES_PER_STREAM,
    SEED,
    Network,
    User,
    baseline_answers,
    baseline_file,
    foreign_images,
    prepared,
    restricted_right,
    session_of,
    stream_of,
    torch_classifier,
    users,
    validation,
    write_atomically,
)
from prune_users_drop import RESAMPLES, drop_over_users
from prune_users_page import page, rival_of, words
from prune_users_picture import draw

from edgewise.prune.foreign import Way, accepted_at, foreign_scores
from edgewise.prune.speed import sessions_in_turns_ms
from edgewise.select.judge.bootstrap import interval, resampled_means

DRAWS = {5: 3, 10: 1}
RAPID_USERS = 3
WAYS: tuple[Way, ...] = ("other", "max-probability", "energy")
HELD_OUT = 0.4
RUNS = 40
WHOLE = Network("ResNet-50", 224)


@dataclass(frozen=True)
class Variant:
    """One way to make a user's network: so many times as fast as `whole`, of it at a smaller input or of the best."""

    whole: Network
    target_speedup: float
    size_px: int | None = None  # None: the base is chosen out of all PyTorch networks, at several sizes

    @property
    def name(self) -> str:
        of = "the best base" if self.size_px is None else Network(self.whole.kind, self.size_px).name
        return f"{of}, {self.target_speedup:g}x asked for"

    @property
    def key(self) -> str:
        of = "best" if self.size_px is None else Network(self.whole.kind, self.size_px).key
        return f"{of}-{self.target_speedup:g}"


VARIANTS = (
    Variant(WHOLE, 2.0, 192),
    Variant(WHOLE, 4.0),
    Variant(WHOLE, 2.9, 160),
    Variant(Network("Inception-V3", 299), 2.3, 224),
)
RAPID_VARIANTS, FURTHER_VARIANTS = VARIANTS[:2], VARIANTS[2:]
OTHERS = (Network("ResNet-18", 224), Network("Inception-V3", 299))  # that the base may be, beside `whole`


def user_network(work: Path, variant: Variant, user: User) -> None:
    """Make, write and judge one network."""
    import torch

    from edgewise.prune.guard import Guard
    from edgewise.prune.onnx_clock import OnnxClock
    from edgewise.prune.record import write_user_network
    from edgewise.prune.settings import Settings
    from edgewise.prune.user_images import UserImages
    from edgewise.prune.user_maker import UserMaker

    done = work / user.name / f"user-{variant.key}.json"
    if done.is_file():
        return
    torch.set_num_threads(1)
    started = perf_counter()
    whole = torch_classifier(variant.whole)
    maker = UserMaker(
        whole,
        tuple(variant.whole.columns(user)),
        UserImages(stream_of(user, work), seed=SEED),
        Settings(variant.target_speedup, held_out=HELD_OUT, seed=SEED),
        Guard(when_undecided="estimate"),
        cache(lambda: OnnxClock(whole.session.module, variant.whole.size_px)),  # type: ignore[attr-defined]
    )
    if variant.size_px is None:
        made = maker.of_the_best([torch_classifier(network) for network in OTHERS])
    else:
        made = maker.of_itself(variant.size_px)
    took = perf_counter() - started
    written = write_user_network(
        work / user.name / variant.key,
        made.network,
        made.base,
        whole,
        threads=1,
        candidates=made.choice.tried if made.choice else (),
    )
    preprocess = made.base.card.preprocess
    session = session_of(written.model)
    paths, labels = validation(user.classes)
    own = np.stack([session.run(image)[0] for image in prepared(paths, preprocess)])
    others = foreign_images(user)
    foreign = np.stack([session.run(image)[0] for image in prepared(others, preprocess)])
    network = made.network
    write_atomically(
        done,
        {
            "file": str(written.model),
            "base": f"{made.base.card.name.split('-')[0]} at {preprocess.size_px} px",
            "size_px": preprocess.size_px,
            "cut": network.plan.removes,
            "right": (own[:, :-1].argmax(axis=1) == labels).tolist(),
            "foreign_accepted": {
                way: accepted_at(foreign_scores(way, own), foreign_scores(way, foreign)) for way in WAYS
            },
            "macs": network.macs,
            "generic_macs": network.macs_before,
            "evidence": network.evidence.to_values()["found"],
            "cost": asdict(network.cost),
            "seconds": took,
            "images": network.images,
        },
    )


def restricted_name(network: Network) -> str:
    return f"{network.kind}, restricted, {network.size_px} px"


def judged(work: Path, user: User, variants: Sequence[Variant]) -> dict[str, Any]:
    """One user: every network's accuracy, time, and drop with its interval, against ResNet-50 and against its own."""
    rows: dict[str, Any] = {}
    sessions: list[tuple[Any, int]] = []
    for network in BASELINES:
        rows[restricted_name(network)] = {"right": restricted_right(work, network, user)}
        sessions.append((session_of(baseline_file(work, network)), network.size_px))
    for variant in variants:
        row = json.loads((work / user.name / f"user-{variant.key}.json").read_text())
        sessions.append((session_of(Path(row.pop("file"))), row["size_px"]))
        rows[variant.name] = row | {"against": restricted_name(variant.whole)}
    ms = dict(zip(rows, sessions_in_turns_ms(sessions, runs=RUNS), strict=True))
    answers = np.array([row["right"] for row in rows.values()], float).T
    means = resampled_means(answers, RESAMPLES, SEED)
    names = list(rows)
    whole = names.index(restricted_name(WHOLE))
    for place, (name, row) in enumerate(rows.items()):
        drop = interval(float(answers[:, whole].mean() - answers[:, place].mean()), means[:, whole] - means[:, place])
        row |= {"accuracy": float(answers[:, place].mean()), "drop": asdict(drop), "ms": ms[name]}
        row["times_as_fast"] = ms[names[whole]] / ms[name]
        if "against" in row:
            row["own_times_as_fast"] = ms[row["against"]] / ms[name]
    return {"pool": user.pool, "draw": user.draw, "classes": list(user.classes), "rows": rows}


def over_users(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Means over users and images: drop and speed of each network, resampled over both."""
    summary: dict[str, Any] = {}
    for name, first in found[0]["rows"].items():
        summary[name] = {
            "drop": _drop(found, name, restricted_name(WHOLE)),
            "times_as_fast": float(np.median([user["rows"][name]["times_as_fast"] for user in found])),
            "accuracy": float(np.mean([user["rows"][name]["accuracy"] for user in found])),
        }
        if "against" in first:
            summary[name] |= {
                "own_drop": _drop(found, name, first["against"]),
                "own_times_as_fast": float(np.median([user["rows"][name]["own_times_as_fast"] for user in found])),
            }
    made = [name for name, row in found[0]["rows"].items() if "against" in row]
    for name in made:
        rival = rival_of(summary, made, name)
        summary[name] |= {"rival": rival, "over_rival": _drop(found, rival, name) if rival else None}
    return summary


def _drop(found: list[dict[str, Any]], name: str, against: str) -> dict[str, float]:
    return drop_over_users(
        [user["rows"][against]["right"] for user in found], [user["rows"][name]["right"] for user in found]
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    some = parser.add_mutually_exclusive_group()
    some.add_argument("--rapid", action="store_true", help="one user of each pool, and two networks each")
    some.add_argument("--further", action="store_true", help="the two other networks alone")
    parser.add_argument("--users", type=int, default=12, help="the first so many users")
    parser.add_argument("--jobs", type=int, default=2, help="networks made at once")
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    drawn = list(users(DRAWS))[: RAPID_USERS if options.rapid else options.users]
    variants = RAPID_VARIANTS if options.rapid else FURTHER_VARIANTS if options.further else VARIANTS
    with ProcessPoolExecutor(options.jobs, max_tasks_per_child=1) as pool:
        waiting = [pool.submit(user_network, options.work, variant, user) for user in drawn for variant in variants]
        waiting += [pool.submit(baseline_answers, options.work, network) for network in BASELINES]
        for done, one in enumerate(waiting, 1):
            one.result()
            print(f"{done} of {len(waiting)} networks made or judged", file=sys.stderr)
    found = [judged(options.work, user, variants) for user in drawn]
    summary = over_users(found)
    for user in found:
        for row in user["rows"].values():
            del row["right"]
    result = {
        "seed": SEED,
        "rapid": options.rapid,
        "further": options.further,
        "images_of_a_stream": IMAGES_PER_STREAM,
        "held_out": HELD_OUT,
        "users": found,
        "over_users": summary,
        "made": [variant.name for variant in variants],
    }
    result["in_words"] = words(result)
    name = "prune_users_further" if options.further else "prune_users"
    write_result(name, result)
    shown = write_svg(name, draw(result), "accuracy lost against speed, baselines and user networks")
    write_page(name, page(result, shown))


if __name__ == "__main__":
    main()
