"""What answers one user, on the official validation images, for `live_user.py`: the device's choice and its parts.

Each half stands beside it alone. Selection alone knows no user: smaller generic networks answer, among all classes,
what they are sure of, and the large one the rest; fitted as the device fits its choice, without labels, to what all
of them believe together of 500 training images. The user's half alone is each tail, or a smaller network among the
user's classes, that answers everything.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from prune_users_data import SEED, User, stream_of, validation

from edgewise.images.decode import decode, read_file
from edgewise.personal.chooser import Chooser, doubt
from edgewise.personal.costs import Costs
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.image_run import ImageRun
from edgewise.personal.inference import Inference, infer
from edgewise.personal.shadow import Shadow, fitted
from edgewise.personal.state import DeviceState
from edgewise.personal.tail_network import UserNetwork
from edgewise.personal.user_prior import UserPrior
from edgewise.prune.joint_belief import JointBelief
from edgewise.prune.posterior import Posterior
from edgewise.select.judge.bootstrap import interval, resampled_means

RESAMPLES, TURNS = 2000, 2
_AIM = 0.5  # of the drop that may be, as the device's first choice

Answer = tuple[int, float, bool]  # class, ms, and whether another than the generic network gave it


class Judged:
    """The rows of one user; each says how many answers are right, and how long one takes beside the generic network."""

    def __init__(self, user: User, name: str, state: Path, work: Path, known: Sequence[int], max_drop: float) -> None:
        """`known`: the user's classes among the generic network's, by number; `max_drop` in points."""
        self._known = tuple(known)
        self._generic = GenericNetwork(state / FOLDER)
        paths, places = validation(user.classes)
        self._pixels = [decode(read_file(path), path).pixels for path in paths]
        self._labels = np.array(self._known)[places]
        self._stream = sorted(path for path in stream_of(user, work).rglob("*") if path.is_symlink())
        self._most_drop = _AIM * max_drop / 100
        self._networks = self._let_in(name, state)

    def rows(self) -> list[dict[str, Any]]:
        """All of them, the generic network first."""
        ways = self._ways()
        right = {way: np.zeros(len(self._pixels)) for way in ways}
        own, ms = ({way: np.zeros(len(self._pixels)) for way in ways} for _ in range(2))
        for place, pixels in enumerate(self._pixels):
            for way, answer in ways.items():
                runs = [answer(pixels) for _ in range(TURNS)]
                found, _, by_another = runs[-1]
                right[way][place] = found == self._labels[place]
                own[way][place], ms[way][place] = by_another, min(taken for _, taken, _ in runs)
        whole = "", "the generic network"
        rows: list[dict[str, Any]] = []
        for network, way in ways:
            key = network, way
            points = 100 * (right[key] - right[whole])
            against = interval(float(points.mean()), resampled_means(points[:, None], RESAMPLES, SEED)[:, 0])
            share, hits = float(ms[key].mean() / ms[whole].mean()), float(right[key].mean())
            row = {"network": network, "name": way, "ms": share, "right": hits, "own": float(own[key].mean())}
            rows.append(row if key == whole else row | {"against": asdict(against)})
        return rows

    def _let_in(self, name: str, state: Path) -> list[UserNetwork]:
        with DeviceState.open(state, self._generic.parts.fingerprint) as opened:
            kept = [one for one in opened.networks(name) if not one.retired and set(one.classes) & set(self._known)]
        networks = [UserNetwork(state / one.folder) for one in kept]
        for one in networks:
            one.warm_up()
        return networks

    def _ways(self) -> dict[tuple[str, str], Callable[[np.ndarray], Answer]]:
        """By network and name."""
        found: dict[tuple[str, str], Callable[[np.ndarray], Answer]] = {
            ("", "the generic network"): lambda pixels: _told(infer(self._generic, pixels)),
            ("", "the same among the user's true classes"): self._among,
        }
        for place, one in enumerate(self._generic.smaller):
            name = f"{one.facts.name}, among all classes"
            found["", name] = lambda pixels, place=place: self._by_smaller(place, pixels)
        for place, chooser in self._selections():
            name = f"{self._generic.smaller[place].facts.name} where it is sure, else the generic network"
            found["", name] = lambda pixels, chooser=chooser, place=place: self._selected(chooser, place, pixels)
        for one in self._networks:
            found |= self._of_own(one)
        return found

    def _of_own(self, own: UserNetwork) -> dict[tuple[str, str], Callable[[np.ndarray], Answer]]:
        tails = own.tails
        prior = UserPrior(tails.classes, tails.shares, tails.evidence.posterior.temperature)
        found: dict[tuple[str, str], Callable[[np.ndarray], Answer]] = {
            (tails.name, "the generic network, told the user's classes"): lambda pixels: _told(
                infer(self._generic, pixels, prior=prior)
            )
        }
        for member, name in enumerate(own.members):
            found[tails.name, f"{name}, alone"] = lambda pixels, member=member: self._alone(own, member, pixels)
        chosen = tails.name, "chosen for each input: the device"
        return found | {chosen: lambda pixels: _told(infer(self._generic, pixels, own, prior=prior))}

    def _among(self, pixels: np.ndarray) -> Answer:
        run = ImageRun(self._generic, pixels)
        return self._known[int(run.answer()[list(self._known)].argmax())], run.ms, False

    def _by_smaller(self, place: int, pixels: np.ndarray) -> Answer:
        logits, ms = self._generic.smaller[place].answer(pixels)
        return int(logits.argmax()), ms, True

    def _alone(self, own: UserNetwork, member: int, pixels: np.ndarray) -> Answer:
        run = ImageRun(self._generic, pixels)
        return own.tails.classes[int(own.answer(member, run)[:-1].argmax())], run.ms, True

    def _selected(self, chooser: Chooser, place: int, pixels: np.ndarray) -> Answer:
        logits, ms = self._generic.smaller[place].answer(pixels)
        if doubt(_with_others(logits[None]))[0] <= chooser.most_doubt[0]:
            return int(logits.argmax()), ms, True
        found, more, _ = _told(infer(self._generic, pixels))
        return found, ms + more, False

    def _selections(self) -> list[tuple[int, Chooser]]:
        """When each smaller network is sure enough; those that never are, or are not worth their time, are left out."""
        stream = [decode(read_file(path), path).pixels for path in self._stream]
        runs = [ImageRun(self._generic, pixels) for pixels in stream]
        taught = np.stack([run.answer() for run in runs])
        everything = Posterior(tuple(range(taught.shape[1])))
        whole_ms = float(np.median([run.ms for run in runs]))
        found: list[tuple[int, Chooser]] = []
        asked = [[one.answer(pixels) for pixels in stream] for one in self._generic.smaller]
        given = [np.stack([logits for logits, _ in of]) for of in asked]
        joint = JointBelief.fitted(taught, given, everything)
        believed = joint.logits(taught, given, everything)
        for place, answers in enumerate(given):
            ms = [taken for _, taken in asked[place]]
            shadow = Shadow.of([_with_others(answers)], taught, everything, believed)
            costs = Costs(0.0, whole_ms, (float(np.median(ms)),), (False,))
            chooser = fitted(shadow, costs, self._most_drop)
            if chooser is not None:
                found.append((place, chooser))
        return found


def _with_others(logits: np.ndarray) -> np.ndarray:
    """With a last output for other classes, of which there are none."""
    return np.column_stack([logits, np.full(len(logits), -1e9, np.float32)])


def _told(inference: Inference) -> Answer:
    return inference.classes[0], inference.ms, inference.by_user_network
