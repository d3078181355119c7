"""Networks of one user on the official validation images, for `live_user.py`: the device's, and what stands beside it.

Beside them stands selection among generic networks alone, fitted as the device fits its choice: without labels, to what
the large one says of 500 training images. Times are medians of the same images by turns, one thread.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from prune_users_data import (
    SEED,
    Network,
    User,
    baseline_file,
    prepared,
    session_of,
    stream_of,
    torch_classifier,
    validation,
)

from edgewise.images.decode import decode, read_file
from edgewise.personal.chooser import Chooser, doubt
from edgewise.personal.generic import FOLDER, GenericNetwork
from edgewise.personal.shadow import Shadow, fitted
from edgewise.personal.state import DeviceState
from edgewise.personal.tail_network import UserNetwork
from edgewise.prune.posterior import Posterior
from edgewise.select.judge.bootstrap import interval, resampled_means

SMALLER = (Network("ResNet-18", 192), Network("ResNet-18", 160))
RESAMPLES, TURNS = 2000, 40
_AIM = 0.5  # of the drop that may be, as the device's first choice


class Judged:
    """The rows of one user; each says how many answers are right, and how long one takes beside the generic network."""

    def __init__(self, user: User, name: str, state: Path, work: Path, known: Sequence[int], max_drop: float) -> None:
        """`known`: the user's classes among the generic network's, by number; `max_drop` in points."""
        self._user, self._work, self._known, self._max_drop = user, work, tuple(known), max_drop
        self._generic = GenericNetwork(state / FOLDER)
        paths, places = validation(user.classes)
        self._paths, self._labels = paths, np.array(self._known)[places]
        self._entering = [self._generic.enter(decode(read_file(path), path).pixels)[0] for path in paths]
        self._logits = np.concatenate([self._generic.answer(one)[0].reshape(1, -1) for one in self._entering])
        self._right = self._logits.argmax(1) == self._labels
        self._networks = self._let_in(name, state)
        self._sessions = {one: session_of(baseline_file(work, one)) for one in SMALLER}
        self._times = self._by_turns()

    def rows(self) -> list[dict[str, Any]]:
        """All of them, the generic network first."""
        own = self._restricted(self._logits).argmax(1)
        found = [
            self._row("", "the generic network", self._right, 1.0),
            self._row("", "the same among the user's classes", self._is_right(own), 1.0),
        ]
        for smaller in SMALLER:
            found += self._rows_of_smaller(smaller)
        for network in self._networks:
            found += self._rows_of_own(network)
        return found

    def _let_in(self, name: str, state: Path) -> list[UserNetwork]:
        with DeviceState.open(state, self._generic.parts.fingerprint) as opened:
            kept = [one for one in opened.networks(name) if not one.retired and set(one.classes) & set(self._known)]
        return [UserNetwork(state / one.folder) for one in kept]

    def _by_turns(self) -> dict[Any, float]:
        """Seconds of each part."""
        entering, pixels = self._entering[0], decode(read_file(self._paths[0]), self._paths[0]).pixels
        runs: dict[Any, Callable[[], Any]] = {
            "enter": lambda: self._generic.enter(pixels),
            "answer": lambda: self._generic.answer(entering),
        }
        for one, session in self._sessions.items():
            preprocess = torch_classifier(one).card.preprocess
            runs[one] = lambda session=session, preprocess=preprocess: session.run(preprocess.apply(pixels)[None])
        for network in self._networks:
            for place in range(len(network.tails.tails)):
                runs[network.tails.name, place] = lambda network=network, place=place: network.answer(place, entering)
        taken: dict[Any, list[float]] = {name: [] for name in runs}
        for _ in range(TURNS):
            for name, run in runs.items():
                started = perf_counter()
                run()
                taken[name].append(perf_counter() - started)
        return {name: float(np.median(seconds)) for name, seconds in taken.items()}

    def _rows_of_own(self, network: UserNetwork) -> list[dict[str, Any]]:
        """Each tail alone, and the choice among them."""
        tails, enter, whole = network.tails, self._times["enter"], self._times["enter"] + self._times["answer"]
        found: list[dict[str, Any]] = []
        for place in range(len(tails.tails)):
            answers = [tails.classes[int(network.answer(place, one)[0][:-1].argmax())] for one in self._entering]
            share = (enter + self._times[tails.name, place]) / whole
            found.append(self._row(tails.name, f"tail {place + 1} alone", np.array(answers) == self._labels, share))
        tried = [network.choose(one) for one in self._entering]
        answers = [
            tails.classes[int(one.logits[:-1].argmax())] if one.sure else int(row.argmax())
            for one, row in zip(tried, self._logits, strict=True)
        ]
        order = network.chooser.tails
        seconds = [
            enter
            + sum(self._times[tails.name, place] for place in order[: order.index(one.tail) + 1])
            + (0 if one.sure else self._times["answer"])
            for one in tried
        ]
        share = float(np.mean(seconds)) / whole
        row = self._row(tails.name, "chosen for each input", np.array(answers) == self._labels, share)
        return [*found, row | {"own": float(np.mean([one.sure for one in tried]))}]

    def _rows_of_smaller(self, smaller: Network) -> list[dict[str, Any]]:
        """A smaller generic network alone, and as the first of two."""
        share = self._times[smaller] / (self._times["enter"] + self._times["answer"])
        answers = self._answers(smaller, self._paths)
        right = self._is_right(answers[:, :-1].argmax(1))
        found = [self._row("", f"{smaller.name}, among the user's classes", right, share)]
        chooser = self._fitted(smaller, share)
        if chooser is not None:
            sure = doubt(answers) <= chooser.most_doubt[0]
            chosen = np.where(sure, right, self._right)
            row = self._row("", f"{smaller.name} where it is sure", chosen, share + float(1 - sure.mean()))
            found.append(row | {"own": float(sure.mean())})
        return found

    def _fitted(self, smaller: Network, share: float) -> Chooser | None:
        """When it is sure enough; None where it never is, or is not worth its time."""
        folder = stream_of(self._user, self._work)
        paths = sorted(path for path in folder.rglob("*") if path.is_symlink())
        entering = [self._generic.enter(decode(read_file(path), path).pixels)[0] for path in paths]
        taught = np.concatenate([self._generic.answer(one)[0].reshape(1, -1) for one in entering])
        shadow = Shadow.of([self._answers(smaller, paths)], taught, Posterior(self._known))
        return fitted(shadow, [share], 1.0, [np.inf], _AIM * self._max_drop / 100)

    def _answers(self, smaller: Network, paths: Sequence[Path]) -> np.ndarray:
        """float64 [n, K + 1], the last for all other classes."""
        session, preprocess = self._sessions[smaller], torch_classifier(smaller).card.preprocess
        logits = np.concatenate([session.run(one) for one in prepared(paths, preprocess)])
        return Posterior(self._known, other=True).scores(logits)

    def _restricted(self, logits: np.ndarray) -> np.ndarray:
        return logits[:, list(self._known)]

    def _is_right(self, places: np.ndarray) -> np.ndarray:
        return np.array(self._known)[places] == self._labels

    def _row(self, network: str, name: str, right: np.ndarray, share: float) -> dict[str, Any]:
        points = 100 * (right.astype(float) - self._right)
        against = interval(float(points.mean()), resampled_means(points[:, None], RESAMPLES, SEED)[:, 0])
        row = {"network": network, "name": name, "ms": float(share), "right": float(right.mean())}
        return row if right is self._right else row | {"against": asdict(against)}
