"""Which classes a user meets, found from answers without labels: how many inputs it takes, and how right it is.

    python benchmarks/find_classes.py [--streams 3] [--work DIR]

Users and networks are those of `prune_users.py`: five classes, three users a pool, and ten classes, one a pool. A
stream draws classes with shares of its own (Dirichlet, 3) and validation images of them with replacement; a share of
the inputs is foreign, of the data's other classes alike. The observer sees the generic network's logits alone, and
stops by its own test, or after 3,000 inputs. Beside it stands what is usual: the fewest first answers that cover 95% of
the same inputs. Answers of networks are kept in --work. Writes benchmarks/results/find_classes.json and
docs/find_classes.md.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

import numpy as np
from pages import markdown_table, write_page, write_result
from prune_users_data import IMAGES, SEED, Network, User, baseline_answers, folders, users, validation

from edgewise.personal.beliefs import Belief
from edgewise.personal.observer import Observer

NETWORKS = (Network("ResNet-50", 224), Network("ResNet-18", 224), Network("MobileNetV2 int8", 224))
FOREIGN = (0.0, 0.1, 0.2, 0.3)
DRAWS = {5: 3, 10: 1}
MOST_INPUTS, COVER, EVENNESS = 3000, 0.95, 3.0
_LEAST_PROBABILITY = 1e-4  # of a network that gives 8-bit probabilities


def logits_of(work: Path, network: Network) -> np.ndarray:
    """float32 [n, outputs], of all validation images."""
    answers = baseline_answers(work, network)
    if network.kind != "MobileNetV2 int8":
        return answers
    return np.log(np.maximum(answers / answers.sum(axis=1, keepdims=True), _LEAST_PROBABILITY)).astype(np.float32)


def stream(user: User, foreign: float, labels: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """int64 [MOST_INPUTS]: places among all validation images."""
    own = [folders().index(name) for name in user.classes]
    others = [index for index in range(len(folders())) if index not in own]
    shares = rng.dirichlet(np.full(len(own), EVENNESS))
    classes = rng.choice(own, MOST_INPUTS, p=shares)
    away = rng.random(MOST_INPUTS) < foreign
    classes[away] = rng.choice(others, int(away.sum()))
    places = [np.flatnonzero(labels == index) for index in range(len(folders()))]
    return np.array([rng.choice(places[index]) for index in classes])


def covering(first: np.ndarray) -> list[int]:
    """The fewest first answers that cover 95% of inputs, most frequent first."""
    values, counts = np.unique(first, return_counts=True)
    order = np.argsort(-counts, kind="stable")
    needed = int(np.searchsorted(np.cumsum(counts[order]), COVER * len(first))) + 1
    return values[order][:needed].tolist()


def observe(logits: np.ndarray, beliefs: list[Belief], images: np.ndarray, true: set[int]) -> dict[str, Any]:
    """One stream until the observer knows its user, or gives up."""
    observer = Observer(logits.shape[1])
    settled = next((observer.settled for place in images if observer.add(beliefs[place])), None)
    seen = images[: observer.seen]
    cover = covering(logits[seen].argmax(axis=1))
    found = set() if settled is None else set(settled.classes)
    return {
        "inputs": observer.seen if settled else None,
        "classes": len(true),
        "found": len(found),
        "right": len(found & true),
        "cover": len(cover),
        "cover_right": len(set(cover) & true),
    }


def rows_of(work: Path, network: Network, streams: int) -> list[dict[str, Any]]:
    """All streams of one network, by share of foreign inputs."""
    logits, labels = logits_of(work, network), validation(folders())[1]
    beliefs = [Belief.of(row) for row in logits]
    rows = []
    for foreign in FOREIGN:
        found = []
        for number, user in enumerate(users(DRAWS)):
            for draw in range(streams):
                rng = np.random.default_rng([SEED, number, draw])
                images = stream(user, foreign, labels, rng)
                found.append(observe(logits, beliefs, images, set(network.columns(user))))
        print(f"{network.name}, {foreign:.0%} foreign", file=sys.stderr)
        rows.append({"network": network.name, "foreign": foreign, **summary(found)})
    return rows


def summary(found: list[dict[str, Any]]) -> dict[str, Any]:
    """Over users and streams. Precision and recall are of the streams that were settled."""
    settled = [one for one in found if one["inputs"] is not None]
    row: dict[str, Any] = {"streams": len(found), "settled": len(settled)}
    if settled:
        row["inputs"] = [float(np.quantile([one["inputs"] for one in settled], share)) for share in (0.5, 0.9)]
        row["precision"] = float(np.mean([one["right"] / one["found"] for one in settled]))
        row["recall"] = float(np.mean([one["right"] / one["classes"] for one in settled]))
        row["complete"] = float(np.mean([one["right"] == one["classes"] for one in settled]))
        row["too_many"] = float(np.mean([one["found"] - one["right"] for one in settled]))
    row["cover_too_many"] = float(np.mean([one["cover"] - one["cover_right"] for one in found]))
    row["cover_recall"] = float(np.mean([one["cover_right"] / one["classes"] for one in found]))
    return row


def page(result: dict[str, Any]) -> list[str]:
    return [
        "# Which classes a user meets",
        f"Made by `python benchmarks/find_classes.py` (seed {result['seed']}): {result['users']} users, "
        f"{result['streams']} streams each. No label is used. A class is the user's when it makes up 2% of the stream "
        "by the prior of greatest likelihood; enough was seen when at most a fifth of fresh inputs is of other "
        "classes, by a bound that holds at every moment. "
        f'After {MOST_INPUTS:,} inputs it gives up. "Too many" counts classes that were found and are not the '
        "user's; the last columns are the fewest first answers that cover 95% of the same inputs.",
        markdown_table(
            [
                "network",
                "foreign %",
                "settled %",
                "after inputs, median (90%)",
                "precision %",
                "recall %",
                "all found %",
                "too many",
                "first answers: too many",
                "recall %",
            ],
            [_cells(row) for row in result["rows"]],
        ),
        "Foreign inputs are of ten or fifteen other classes alike, so that at 30% each of them makes up 2% of the "
        "stream and is met indeed: what is found then is what comes, not an error of the method alone. Where more than "
        "a fifth of the stream stays outside of what is found, the device goes on observing, and the generic network "
        "serves.",
    ]


def _cells(row: dict[str, Any]) -> list[str]:
    cells = [row["network"], f"{100 * row['foreign']:.0f}", f"{100 * row['settled'] / row['streams']:.0f}"]
    if row["settled"]:
        cells.append(f"{row['inputs'][0]:.0f} ({row['inputs'][1]:.0f})")
        cells += [f"{100 * row[key]:.1f}" for key in ("precision", "recall", "complete")]
        cells.append(f"{row['too_many']:.1f}")
    else:
        cells += [""] * 5
    return [*cells, f"{row['cover_too_many']:.1f}", f"{100 * row['cover_recall']:.1f}"]


def asked(description: str | None) -> argparse.Namespace:
    """What the command line asks of a benchmark over streams; without the data it ends here."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    parser.add_argument("--streams", type=int, default=3, help="of each user")
    options = parser.parse_args()
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    return options


def main() -> None:
    options = asked(__doc__)
    rows = [row for network in NETWORKS for row in rows_of(options.work, network, options.streams)]
    result = {"seed": SEED, "users": len(list(users(DRAWS))), "streams": options.streams, "rows": rows}
    write_result("find_classes", result)
    write_page("find_classes", page(result))


if __name__ == "__main__":
    main()
