"""What the generic network gets right once the user's classes are known: it answers under the user's prior.

    python benchmarks/user_prior.py [--streams 3] [--work DIR]

Users, networks and streams are those of `find_classes.py`. Of each class one half of the validation images makes up the
stream, from which the observer learns, without labels, the user's classes and how often each comes; the other half is
answered: by the network among its 1,000 classes, under that prior, and among the user's true classes alone, which
nobody on a device knows. Images of the data's other classes say what the prior costs where it is wrong: at a change of
users, until that is noticed. Writes benchmarks/results/user_prior.json and docs/user_prior.md.
"""

import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from find_classes import DRAWS, NETWORKS, asked, logits_of, stream
from pages import markdown_table, write_page, write_result
from prune_users_data import SEED, Network, User, folders, users, validation

from edgewise.personal.beliefs import Belief
from edgewise.personal.observer import Observer
from edgewise.personal.user_classes import UserClasses
from edgewise.personal.user_prior import LEAST_OUTSIDE, UserPrior
from edgewise.select.judge.bootstrap import interval, resampled_means

FOREIGN, SHARES_OUTSIDE = (0.0, 0.1), (0.01, LEAST_OUTSIDE, 0.2)
RESAMPLES = 2000


def learned(logits: np.ndarray, images: np.ndarray) -> UserClasses | None:
    """What the observer settles on, of one stream."""
    observer = Observer(logits.shape[1])
    beliefs = {place: Belief.of(logits[place]) for place in np.unique(images)}
    return next((observer.settled for place in images if observer.add(beliefs[place])), None)


def judged(
    network: Network, user: User, found: UserClasses, logits: np.ndarray, labels: np.ndarray, held: np.ndarray
) -> dict[str, np.ndarray]:
    """Of each way to answer, whether each held-out image is answered right: the user's own first, then all others."""
    columns = np.array(network.columns(User("all", 0, tuple(folders()))))
    true = columns[labels]
    own_places = [folders().index(name) for name in user.classes]
    is_own = np.isin(labels, own_places)
    answers = {"all": logits.argmax(axis=1)}
    for least in SHARES_OUTSIDE:
        prior = UserPrior(found.classes, found.shares, least_outside=least)
        answers[f"prior {least:g}"] = prior.of(logits).argmax(axis=1)
    among = np.array(network.columns(user))
    answers["among"] = among[logits[:, among].argmax(axis=1)]
    right = {name: (given == true).astype(float) for name, given in answers.items()}
    return {f"{name} own": hits[held & is_own] for name, hits in right.items()} | {
        f"{name} others": hits[held & ~is_own] for name, hits in right.items()
    }


def row_of(work: Path, network: Network, foreign: float, streams: int) -> dict[str, Any]:
    """Over users and streams."""
    logits, labels = logits_of(work, network), validation(folders())[1]
    half = np.arange(len(labels)) % 2 == 0
    heard = np.flatnonzero(half)
    means: list[dict[str, float]] = []
    for number, user in enumerate(users(DRAWS)):
        of_user = []
        for draw in range(streams):
            rng = np.random.default_rng([SEED, number, draw])
            images = heard[stream(user, foreign, labels[heard], rng)]
            found = learned(logits, images)
            if found is not None:
                right = judged(network, user, found, logits, labels, ~half)
                of_user.append({name: float(hits.mean()) for name, hits in right.items()})
        if of_user:
            means.append({name: float(np.mean([one[name] for one in of_user])) for name in of_user[0]})
    table = np.array([list(one.values()) for one in means])
    names = list(means[0])
    against = 100 * (table[:, 1:] - table[:, :1])
    points = resampled_means(against, RESAMPLES, SEED)
    row: dict[str, Any] = {"network": network.name, "foreign": foreign, "users": len(means)}
    row["right"] = dict(zip(names, table.mean(axis=0).tolist(), strict=True))
    row["gain"] = {
        name: asdict(interval(float(against[:, place].mean()), points[:, place]))
        for place, name in enumerate(names[1:])
        if name.endswith("own")
    }
    print(f"{network.name}, {foreign:.0%} foreign: {row['right']}", file=sys.stderr)
    return row


def page(result: dict[str, Any]) -> list[str]:
    kept = f"prior {LEAST_OUTSIDE:g}"
    rows = []
    for row in result["rows"]:
        right, gain = row["right"], row["gain"][f"{kept} own"]
        rows.append(
            [
                row["network"],
                f"{100 * row['foreign']:.0f}",
                f"{100 * right['all own']:.1f}",
                *(f"{100 * right[f'prior {least:g} own']:.1f}" for least in result["least_outside"]),
                f"{gain['value']:+.1f} ({gain['low']:+.1f} to {gain['high']:+.1f})",
                f"{100 * right['among own']:.1f}",
                f"{100 * right['all others']:.1f}",
                *(f"{100 * right[f'prior {least:g} others']:.1f}" for least in result["least_outside"]),
            ]
        )
    named = [f"{100 * least:g}%" for least in result["least_outside"]]
    return [
        "# The generic network under the user's prior",
        f"Made by `python benchmarks/user_prior.py` (seed {result['seed']}): {result['users']} users, "
        f"{result['streams']} streams each, on the official validation images; the observer learns classes and shares "
        "from one half of the images, without labels, and the other half is answered. A user's images are nearly all "
        'of some few classes, and a network of 1,000 is told so by Bayes\' rule: "under the prior" is what the device '
        "answers with once it has learned the user. What it holds to be of other classes is at least the share at the "
        f"head of the column; the device uses {100 * LEAST_OUTSIDE:g}%, and the gain is that one's "
        "(95% over users).",
        markdown_table(
            [
                "network",
                "foreign in the stream %",
                "own images: among 1,000 classes, right %",
                *(f"under the prior, {one}" for one in named),
                "gain, points",
                "among the true classes alone",
                "other classes' images: among 1,000, right %",
                *(f"under the prior, {one}" for one in named),
            ],
            rows,
        ),
        "The last columns are what a change of users costs until it is noticed: there the prior is wrong.",
    ]


def main() -> None:
    options = asked(__doc__)
    rows = [row_of(options.work, one, foreign, options.streams) for one in NETWORKS for foreign in FOREIGN]
    result = {"seed": SEED, "users": len(list(users(DRAWS))), "streams": options.streams, "rows": rows}
    result["least_outside"] = list(SHARES_OUTSIDE)
    write_result("user_prior", result)
    write_page("user_prior", page(result))


if __name__ == "__main__":
    main()
