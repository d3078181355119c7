"""Who says what a smaller network would lose: the generic network alone, or all networks of the device together.

    python benchmarks/joint_belief.py [--work DIR]

Data: EDGEWISE_DATA (default ../shared/data), the official validation images. ResNet-50 at 192 px is the generic network
of users of five and of ten classes, ResNet-18 and MobileNetV2 int8 are smaller ones beside it. What each would lose
among the user's classes is estimated without labels, and held against what it does lose. One half of a user's images is
what temperatures and choices are fitted to, the other is judged. Answers of networks are kept in --work. Writes
benchmarks/results/joint_belief.json and docs/joint_belief.md.
"""

import argparse
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from find_classes import logits_of
from live_user import NETWORK, SMALLER
from pages import markdown_list, markdown_table, write_page, write_result
from prune_users_data import IMAGES, SEED, User, baseline_file, folders, session_of, torch_classifier, users, validation

from edgewise.images.preprocess import Preprocess
from edgewise.personal.costs import Costs
from edgewise.personal.shadow import Shadow, fitted
from edgewise.prune.guard import Guard, expected_drops
from edgewise.prune.joint_belief import JointBelief
from edgewise.prune.posterior import Posterior
from edgewise.prune.speed import taking_turns_ms
from edgewise.select.judge.bootstrap import interval, resampled_means

DRAWS = {5: 8, 10: 2}
RESAMPLES, RUNS = 2000, 30
_IMAGE = (480, 640, 3)
ALONE, RAW, TOGETHER = "the generic network alone", "together, no temperatures", "together"
Bad = Callable[[np.ndarray, np.random.Generator], np.ndarray]
BAD: dict[str, Bad] = {
    "as it is": lambda logits, _: logits,
    "ten times too sure": lambda logits, _: 10 * logits,
    "with noise": lambda logits, rng: logits + 3 * rng.standard_normal(logits.shape),
    "with noise, ten times too sure": lambda logits, rng: 10 * (logits + 3 * rng.standard_normal(logits.shape)),
    "noise alone": lambda logits, rng: 30 * rng.standard_normal(logits.shape),
}


@dataclass(frozen=True, eq=False)
class Seen:
    """A user's validation images, in a drawn order; the first half is fitted to."""

    posterior: Posterior
    truth: np.ndarray  # int [n]: places among the user's classes
    taught: np.ndarray  # float [n, C]
    others: tuple[np.ndarray, ...]

    @property
    def half(self) -> int:
        return len(self.truth) // 2

    @property
    def first(self) -> "Seen":
        return self._of(slice(None, self.half))

    @property
    def second(self) -> "Seen":
        return self._of(slice(self.half, None))

    @property
    def loss(self) -> list[float]:
        """True points that each other network loses against the generic one."""
        own = list(self.posterior.classes)
        right = [logits[:, own].argmax(axis=1) == self.truth for logits in (self.taught, *self.others)]
        return [100 * float(np.mean(right[0]) - np.mean(one)) for one in right[1:]]

    def believed(self, by: str, joint: JointBelief) -> np.ndarray | None:
        """What the guard takes in the place of the generic network's logits, if anything."""
        if by == ALONE:
            return None
        if by == RAW:
            joint = JointBelief((1.0,) * len(self.others))
        return joint.logits(self.taught, self.others, self.posterior)

    def foretold(self, by: str, joint: JointBelief) -> list[float]:
        """The points that each other network is expected to lose."""
        own, believed = list(self.posterior.classes), self.believed(by, joint)
        drops = [expected_drops(self.taught, one[:, own], self.posterior, believed)[0] for one in self.others]
        return [100 * float(one.mean()) for one in drops]

    def joint(self) -> JointBelief:
        return JointBelief.fitted(self.taught, self.others, self.posterior)

    def _of(self, part: slice) -> "Seen":
        others = tuple(one[part] for one in self.others)
        return replace(self, truth=self.truth[part], taught=self.taught[part], others=others)


def seen_by(work: Path) -> list[tuple[User, Seen]]:
    """All users."""
    labels = validation(folders())[1]
    taught, *others = (logits_of(work, one)[:, -1000:] for one in (NETWORK, *SMALLER))  # without a background class
    found = []
    for number, user in enumerate(users(DRAWS)):
        places = [folders().index(name) for name in user.classes]
        order = np.random.default_rng([SEED, number]).permutation(np.flatnonzero(np.isin(labels, places)))
        truth = np.searchsorted(places, labels[order])
        posterior = Posterior(tuple(NETWORK.columns(user)))
        found.append((user, Seen(posterior, truth, taught[order], tuple(one[order] for one in others))))
    return found


def summary(foretold: Sequence[float], true: Sequence[float]) -> dict[str, float]:
    """Over users: the mean, its error, and whether those are let in that lose no more than may be."""
    most = Guard.max_drop_points
    error, let_in = np.array(foretold) - np.array(true), np.array(foretold) <= most
    worth = np.array(true) <= most
    return {
        "foretold": float(np.mean(foretold)),
        "error": float(np.abs(error).mean()),
        "worth_let_in": float(let_in[worth].mean()) if worth.any() else 1.0,
        "others_let_in": float(let_in[~worth].mean()) if (~worth).any() else 0.0,
    }


def losses(all_seen: Sequence[Seen]) -> list[dict[str, Any]]:
    """Of each smaller network by itself, and of what would be wrong with one."""
    rows = []
    for place, network in enumerate(SMALLER):
        for name, change in BAD.items():
            rng = np.random.default_rng(SEED)
            changed = [_changed(one, place, change, rng) for one in all_seen]
            true = [one.second.loss[place] for one in changed]
            row: dict[str, Any] = {"network": network.name, "change": name, "true": float(np.mean(true))}
            row["worth"] = float(np.mean(np.array(true) <= Guard.max_drop_points))
            for by in (ALONE, RAW, TOGETHER):
                foretold = [one.second.foretold(by, one.first.joint())[place] for one in changed]
                row[by] = summary(foretold, true)
            rows.append(row)
            print(network.name, name, file=sys.stderr)
    return rows


def _changed(seen: Seen, place: int, change: Bad, rng: np.random.Generator) -> Seen:
    others = list(seen.others)
    others[place] = change(others[place], rng)
    return replace(seen, others=tuple(others))


def choices(all_seen: Sequence[Seen], costs: Costs) -> list[dict[str, Any]]:
    """What is chosen by each belief for each user, and what that gets right and takes."""
    rows = []
    for by in (ALONE, TOGETHER):
        for share in (0.1, 0.25, 0.5, 1.0):
            found = np.array([_chosen(one, by, share * Guard.max_drop_points / 100, costs) for one in all_seen])
            points, taken, own, right = found.T
            mean = interval(float(points.mean()), resampled_means(points[:, None], RESAMPLES, SEED)[:, 0])
            rows.append(
                {
                    "by": by,
                    "may_lose": share * Guard.max_drop_points,
                    "right": 100 * float(right.mean()),
                    "points": asdict(mean),
                    "worst": float(points.min()),
                    "time": float(taken.mean()),
                    "own": float(own.mean()),
                }
            )
    return rows


def _chosen(seen: Seen, by: str, most_drop: float, costs: Costs) -> tuple[float, float, float, float]:
    """Points against the generic network, time beside its own, share of its own answers, and share that is right."""
    first, second, joint = seen.first, seen.second, seen.first.joint()
    own = list(seen.posterior.classes)
    chooser = fitted(_shadow(first, first.believed(by, joint)), costs, most_drop)
    taught = second.taught[:, own].argmax(axis=1) == second.truth
    if chooser is None:
        return 0.0, 1.0, 0.0, float(taught.mean())
    shadow = _shadow(second, None)
    right, taken, members = taught.copy(), np.zeros(len(taught)), 0
    for place, (doubts, foreign) in enumerate(zip(shadow.doubt, shadow.foreign, strict=True)):
        member = chooser.member_for(doubts, foreign)
        away = foreign[chooser.members[0]] > chooser.most_foreign
        ran = chooser.members[:1] if away else chooser.members
        if member is None:
            taken[place] = sum(costs.members[one] for one in ran) + costs.whole
            continue
        members += 1
        taken[place] = sum(costs.members[one] for one in ran[: ran.index(member) + 1])
        right[place] = second.others[member][place, own].argmax() == second.truth[place]
    share = float(taken.mean() / costs.whole)
    return 100 * float(right.mean() - taught.mean()), share, members / len(taught), float(right.mean())


def _shadow(seen: Seen, believed: np.ndarray | None) -> Shadow:
    among = replace(seen.posterior, other=True)
    return Shadow.of([among.scores(one) for one in seen.others], seen.taught, seen.posterior, believed)


def measured(work: Path) -> Costs:
    """Whole inputs, from pixels to the answer, by turns."""
    image = np.random.default_rng(SEED).integers(256, size=_IMAGE, dtype=np.uint8)
    calls = []
    for network in (NETWORK, *SMALLER):
        if network.kind == "MobileNetV2 int8":
            preprocess = Preprocess(size_px=224, resize_px=256, mean=(0.5, 0.5, 0.5), std=(0.5, 0.5, 0.5))
        else:
            preprocess = torch_classifier(network).card.preprocess
        session = session_of(baseline_file(work, network))
        calls.append(
            partial(lambda session, preprocess: session.run(preprocess.apply(image)[None]), session, preprocess)
        )
    whole, *members = taking_turns_ms(calls, runs=RUNS, pick=min)
    return Costs(0.0, whole, tuple(members), (False,) * len(members))


def page(result: dict[str, Any]) -> list[str]:
    costs = result["ms"]
    times = ", ".join(f"{name} {ms / costs[0]:.2f}" for name, ms in zip(result["smaller"], costs[1:], strict=True))
    return [
        "# Who judges what a smaller network would lose",
        f"Made by `python benchmarks/joint_belief.py` (seed {result['seed']}): {result['users']} users of five and of "
        f"ten classes, {result['network']} as the generic network, {' and '.join(result['smaller'])} beside it, each "
        "among the user's classes, on the official validation images. The guard lets in what is expected to lose "
        f"{result['most']:g} point at most. No label is used to say so: a network's loss is what somebody believes of "
        "the inputs where it answers otherwise than the generic network. One half of a user's images is fitted to, "
        "the other half is judged here. Users share classes and images, so that they differ less than strangers "
        "would.",
        "## A smaller network that answers everything",
        markdown_list(
            [
                f'"{ALONE}" believes in its own answers: what it does not know of its own errors counts as a loss of '
                "the other's.",
                "\"together\" is the mean of all networks' logits (the logarithmic opinion pool), each smaller one's "
                "over a temperature that is fitted, without labels, to how often it answers as the generic one does.",
                f'"{RAW}" is the same without these: a network that is wrong and sure of it vouches for itself.',
                "Error is the mean distance of the estimate from the truth, in points, over users. Let in: of users "
                "whose smaller network loses no more than may be, and of the others, by the estimate alone; the guard "
                "asks for a bound besides.",
            ]
        ),
        *(_loss_table(result, network) for network in result["smaller"]),
        "## A choice for each input",
        "Which smaller network answers, or the generic one where they are in doubt, fitted as the device does it; "
        f"beside the generic network that is told the user's true classes ({result['told']:.1f}% right). Points with "
        f"95% over users. Time is of whole inputs, beside the generic network's: {times}.",
        markdown_table(
            ["judged by", "may lose", "right %", "points (95%)", "worst user", "time %", "times as fast", "others %"],
            [_choice(row) for row in result["choices"]],
        ),
    ]


def _loss_table(result: dict[str, Any], network: str) -> str:
    columns = [network, "loses, points", "judged by", "foretold", "error", "let in, of those worth it", "of the others"]
    rows = []
    for row in result["losses"]:
        if row["network"] != network:
            continue
        for place, by in enumerate((ALONE, RAW, TOGETHER)):
            found, first = row[by], place == 0
            rows.append(
                [
                    row["change"] if first else "",
                    f"{row['true']:+.2f}" if first else "",
                    by,
                    f"{found['foretold']:+.2f}",
                    f"{found['error']:.2f}",
                    f"{100 * found['worth_let_in']:.0f}%" if row["worth"] else "none is",
                    f"{100 * found['others_let_in']:.0f}%" if row["worth"] < 1 else "all are",
                ]
            )
    return markdown_table(columns, rows)


def _choice(row: dict[str, Any]) -> list[str]:
    points = row["points"]
    return [
        row["by"],
        f"{row['may_lose']:g}",
        f"{row['right']:.1f}",
        f"{points['value']:+.2f} ({points['low']:+.2f} to {points['high']:+.2f})",
        f"{row['worst']:+.1f}",
        f"{100 * row['time']:.0f}",
        f"{1 / row['time']:.2f}",
        f"{100 * row['own']:.0f}",
    ]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--work", type=Path, default=Path("/tmp/edgewise-prune-users"))
    work = parser.parse_args().work
    if not IMAGES.is_dir():
        sys.exit(f"No evaluation data at {IMAGES.parent}; set EDGEWISE_DATA to its folder.")
    all_seen = [seen for _, seen in seen_by(work)]
    costs = measured(work)
    told = [one.second.taught[:, list(one.posterior.classes)].argmax(axis=1) == one.second.truth for one in all_seen]
    result = {
        "seed": SEED,
        "users": len(all_seen),
        "network": NETWORK.name,
        "smaller": [one.name for one in SMALLER],
        "most": Guard.max_drop_points,
        "told": 100 * float(np.mean([one.mean() for one in told])),
        "ms": [costs.whole, *costs.members],
        "losses": losses(all_seen),
        "choices": choices(all_seen, costs),
    }
    write_result("joint_belief", result)
    write_page("joint_belief", page(result))


if __name__ == "__main__":
    main()
