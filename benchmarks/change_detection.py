"""When is it noticed that the user changed, and how often wrongly? Two tests with a bound, against three without.

    python benchmarks/change_detection.py [--work DIR] [--streams N]

Data: EDGEWISE_DATA (default ../shared/data), validation images of 20 classes. Users are those of prune_users.py: five
or ten classes. A ResNet-18 at 160 px, restricted to the user's classes, stands for the user's network: an input's score
is its energy. A ResNet-50 at 224 px audits 2% of inputs, drawn by the seed: the mass that it gives to other classes. Of
a user's images one half calibrates, drawn anew for each stream, and the other is drawn from, with replacement, for
20,000 inputs without a change. A change comes after the first 5,000 of them, and is watched for 5,000 inputs more.
Writes benchmarks/results/change_detection.json, docs/change_detection.md and docs/pictures/change_detection.svg.
"""

import argparse
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import Any

import numpy as np
from change_detection_detectors import LAST, Detectors, Paths
from change_detection_page import page
from change_detection_picture import draw
from change_detection_streams import AT_ONCE, AUDITED, CHANGES, Images, Inputs
from pages import write_page, write_result
from pictures import write_svg
from prune_users_data import DATA, User, users

from edgewise.personal.change import ChangeDetector

SEED, STREAMS = 0, 15  # streams of each user
DRAWS = {5: 2, 10: 1}
UNCHANGED, CHANGE_AT, WATCHED = 20_000, 5_000, 5_000
ALPHA = 0.05
SHARES = (0.5, 0.4, 0.3, 0.2, 0.15, 0.1, 0.07, 0.05, 0.03, 0.02)


@dataclass(frozen=True)
class Watched:
    """Paths of one stream: of 20,000 inputs without a change, and of 5,000 after each change."""

    unchanged: Paths
    changed: dict[str, Paths]


def watch(images: Images, seeds: Sequence[int]) -> Watched:
    rng = np.random.default_rng(seeds)
    known, pool = images.halves(rng)
    begun = Detectors.calibrated(images.inputs(known, rng), seeds[-1])
    stream = images.inputs(rng.choice(pool, UNCHANGED), rng)
    parts = [_part(stream, 0, CHANGE_AT), _part(stream, CHANGE_AT, UNCHANGED)]
    served, before = begun.after(parts[0])
    _, rest = served.after(parts[1])
    unchanged = {name: np.maximum.accumulate(np.append(before[name], rest[name])) for name in before}
    changed = {name: served.after(change(images, pool, WATCHED, rng))[1] for name, change in CHANGES.items()}
    changed |= {name: begun.after(change(images, pool, WATCHED, rng))[1] for name, change in AT_ONCE.items()}
    return Watched(unchanged, changed)


def _part(inputs: Inputs, start: int, end: int) -> Inputs:
    return Inputs(inputs.scores[start:end], inputs.outside[start:end], inputs.audited[start:end])


def row(found: Sequence[Watched], name: str, threshold: float) -> dict[str, Any]:
    """False alarms, and delays of the streams that had none before the change."""
    false = [bool(one.unchanged[name][-1] >= threshold) for one in found]
    quiet = [one for one in found if one.unchanged[name][CHANGE_AT - 1] < threshold]
    delays = {}
    for change in (*CHANGES, *AT_ONCE):
        streams = found if change in AT_ONCE else quiet
        delays[change] = _delays([int(np.searchsorted(one.changed[change][name], threshold)) + 1 for one in streams])
    return {"false_alarms": float(np.mean(false)), "early": 1 - len(quiet) / len(found), "delays": delays}


def _delays(delays: Sequence[int]) -> dict[str, Any]:
    """Median and 90% quantile, none where that many were not noticed while it was watched for."""
    if not delays:
        return {"median": None, "p90": None, "noticed": None}
    median, high = (float(np.quantile(delays, share, method="higher")) for share in (0.5, 0.9))
    return {
        "median": median if median <= WATCHED else None,
        "p90": high if high <= WATCHED else None,
        "noticed": float(np.mean(np.array(delays) <= WATCHED)),
    }


def swept(found: Sequence[Watched], name: str) -> list[dict[str, Any]]:
    """A row for each threshold, chosen afterwards so that a wanted share of streams has a false alarm."""
    highest = np.array([float(one.unchanged[name][-1]) for one in found])
    thresholds = {float(np.quantile(highest, 1 - share, method="higher")) for share in SHARES}
    thresholds.add(1.001 * float(highest.max()))
    if name.startswith("k of"):
        thresholds = {float(count) for count in range(3, LAST + 1)}
    return [{"threshold": threshold, **row(found, name, threshold)} for threshold in sorted(thresholds)]


def without_halves(images: Images, seeds: Sequence[int], kind: str) -> dict[str, bool]:
    """Whether each of the set detectors alarms in 20,000 inputs: exchangeable ones, or ones that come in runs."""
    rng = np.random.default_rng([*seeds, 1])
    known, pool = images.halves(rng)
    if kind == "exchangeable":
        both = np.concatenate([known, pool])
        known, places = rng.choice(both, len(known)), rng.choice(both, UNCHANGED)
    else:
        places = images.in_runs(pool, UNCHANGED, rng)
    _, paths = Detectors.calibrated(images.inputs(known, rng), seeds[-1]).after(images.inputs(places, rng))
    return {name: bool(path[-1] >= 1) for name, path in paths.items() if "," in name}


def microseconds(images: Images) -> float:
    """Of one update of the whole detector, with 2% audits: the median of 2,000."""
    rng = np.random.default_rng(SEED)
    known, pool = images.halves(rng)
    detector = ChangeDetector.begin(images.scores[known], images.outside[known])
    stream = images.inputs(rng.choice(pool, 2000), rng)
    took = []
    for score, outside, audited in zip(stream.scores, stream.outside, stream.audited, strict=True):
        begun = perf_counter_ns()
        detector = detector.update(float(score), float(outside) if audited else None)
        took.append(perf_counter_ns() - begun)
    return float(np.median(took)) / 1000


def measured(chosen: Sequence[User], work: Path, streams: int) -> dict[str, Any]:
    found: list[Watched] = []
    others: dict[str, list[dict[str, bool]]] = {"exchangeable": [], "in runs": []}
    images = [Images.of(user, work) for user in chosen]
    for number, one in enumerate(images):
        for stream in range(streams):
            found.append(watch(one, [SEED, number, stream]))
            for kind, raised in others.items():
                raised.append(without_halves(one, [SEED, number, stream], kind))
        print(f"{chosen[number].name}: {streams} streams watched", file=sys.stderr)
    names = [name for name in found[0].unchanged if "," in name]
    base = [name for name in found[0].unchanged if "," not in name]
    return {
        "set": {name: row(found, name, 1.0) for name in names},
        "swept": {name: swept(found, name) for name in base},
        "false_alarms_of": {
            kind: {name: float(np.mean([one[name] for one in raised])) for name in names}
            for kind, raised in others.items()
        },
        "by_user": by_user(chosen, found, streams),
        "update_us": microseconds(images[0]),
    }


def by_user(chosen: Sequence[User], found: Sequence[Watched], streams: int) -> list[dict[str, Any]]:
    name = f"both, {ALPHA:g}"
    return [
        {"user": user.name, **row(found[place * streams : (place + 1) * streams], name, 1.0)}
        for place, user in enumerate(chosen)
    ]


def pictured(result: Mapping[str, Any]) -> str:
    words = "delay until a change is noticed against the share of streams with a false alarm, four changes"
    return write_svg("change_detection", draw(result), words)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    parser.add_argument("--streams", type=int, default=STREAMS, help="of each user")
    options = parser.parse_args()
    if not DATA.is_dir():
        sys.exit(f"No evaluation data at {DATA}; set EDGEWISE_DATA to its folder.")
    chosen = list(users(DRAWS))
    result = {
        "seed": SEED,
        "users": [{"name": user.name, "classes": list(user.classes)} for user in chosen],
        "streams": options.streams,
        "inputs": {"unchanged": UNCHANGED, "change_at": CHANGE_AT, "watched": WATCHED, "audited": AUDITED},
        **measured(chosen, options.work, options.streams),
    }
    write_result("change_detection", result)
    write_page("change_detection", page(result, pictured(result)))


if __name__ == "__main__":
    main()
