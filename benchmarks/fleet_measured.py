"""What the real observer, the real guard and the real change detector do on real answers, for `fleet_calibration.py`.

Answers are those of real networks on the official validation images of 20 classes. Users are drawn from all 20; their
streams from one half of the images, and what is right is judged on the other half.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from find_classes import EVENNESS, logits_of
from prune_users_data import SEED, Network, User, folders, validation

from edgewise.personal.audits import LEAST_AUDITS
from edgewise.personal.beliefs import Belief
from edgewise.personal.change import ChangeDetector
from edgewise.personal.fit import Fit
from edgewise.personal.learning import Learning
from edgewise.personal.observer import Observer
from edgewise.personal.user_classes import UserClasses, outside
from edgewise.personal.user_prior import UserPrior
from edgewise.prune.guard import Guard
from edgewise.prune.posterior import Posterior
from edgewise.select.calibration import softmax

GENERIC = Network("ResNet-50", 224)
STATIC = (
    GENERIC,
    Network("ResNet-50", 192),
    Network("ResNet-50", 160),
    Network("ResNet-18", 224),
    Network("ResNet-18", 192),
    Network("ResNet-18", 160),
    Network("ResNet-18", 128),
    Network("MobileNetV2 int8", 224),
)
WATCHED = Network("ResNet-18", 160)  # stands for a user's network where change is noticed, as in change_detection.py
MOST_INPUTS = 3000
OWN_REJECTION = 0.05
SERVED_BEFORE, WATCHED_FOR, UNCHANGED = 2000, 5000, 20_000
_LOOK = 32  # inputs between two looks of the guard; the device looks after each
_SUREST = 1 - 1e-6  # that the generic network is: more has no logit


@dataclass(frozen=True)
class Answers:
    """Of all networks on all images, and which half of the images is heard."""

    logits: dict[str, np.ndarray]  # by network: float32 [n, outputs]
    columns: dict[str, np.ndarray]  # by network: its output for each of the 20 classes
    labels: np.ndarray  # int [n]: place among the 20 classes
    beliefs: tuple[Belief, ...]  # of the generic network

    @classmethod
    def read(cls, work: Path) -> "Answers":
        logits = {one.key: logits_of(work, one) for one in STATIC}
        everything = User("all", 0, tuple(folders()))
        columns = {one.key: np.array(one.columns(everything)) for one in STATIC}
        return cls(logits, columns, validation(folders())[1], tuple(Belief.of(row) for row in logits[GENERIC.key]))

    @property
    def known(self) -> int:
        return self.logits[GENERIC.key].shape[1]

    @property
    def heard(self) -> np.ndarray:
        """bool [n]: every other image."""
        return np.arange(len(self.labels)) % 2 == 0

    def stream(self, classes: np.ndarray, shares: np.ndarray, rng: np.random.Generator) -> np.ndarray:
        """int [MOST_INPUTS]: places of heard images, drawn with replacement."""
        each = [np.flatnonzero(self.heard & (self.labels == one)) for one in range(len(folders()))]
        return np.array([rng.choice(each[one]) for one in rng.choice(classes, MOST_INPUTS, p=shares)])


def shares_of(count: int, rng: np.random.Generator) -> np.ndarray:
    """How frequent each of a user's classes is."""
    return rng.dirichlet(np.full(count, EVENNESS))


def learned(answers: Answers, count: int, number: int) -> dict[str, Any]:
    """One user of so many classes: the real observer on a stream, and what each network then answers right."""
    rng = np.random.default_rng([SEED, 1, count, number])
    own, shares = rng.choice(len(folders()), count, replace=False), shares_of(count, rng)
    observer = Observer(answers.known)
    stream = answers.stream(own, shares, rng)
    found = next((observer.settled for place in stream if observer.add(answers.beliefs[place])), None)
    if found is None:
        return {"classes": count, "inputs": None, "missed": 1.0, "beyond": 0, "among_found": 0.0, "right": []}
    places = {int(column): place for place, column in enumerate(answers.columns[GENERIC.key])}
    known = [places[index] for index in found.classes if index in places]
    missed = [share for one, share in zip(own, shares, strict=True) if one not in known]
    return {
        "classes": count,
        "inputs": observer.seen,
        "missed": float(sum(missed)),
        "beyond": len(found.classes) - len(set(known) & set(own.tolist())),
        "among_found": _among_found(answers, own, shares, found),
        "right": [_right(answers, one, own, shares, found) for one in STATIC],
    }


def _right(
    answers: Answers, network: Network, own: np.ndarray, shares: np.ndarray, found: UserClasses
) -> dict[str, float]:
    """Shares of held-out images that a network answers right, among all classes and under the user's prior."""
    logits = answers.logits[network.key]
    in_all, told = logits.argmax(axis=1), _told(network, logits, found)
    return {
        "all": _over_own(answers, network, in_all, own, shares),
        "told": _over_own(answers, network, told, own, shares),
        "foreign": _over_others(answers, network, in_all, own),
        "foreign_told": _over_others(answers, network, told, own),
    }


def _among_found(answers: Answers, own: np.ndarray, shares: np.ndarray, found: UserClasses) -> float:
    """The same of the generic network among the classes that were found; what looks more foreign than 95% of heard
    inputs is answered under the prior, as a user's network turns it away.
    """
    logits, among = answers.logits[GENERIC.key], np.array(found.classes)
    scores = -np.logaddexp.reduce(logits[:, among].astype(np.float64), axis=1)
    limit = np.quantile(scores[answers.heard & np.isin(answers.labels, own)], 1 - OWN_REJECTION)
    kept = among[logits[:, among].argmax(axis=1)]
    return _over_own(answers, GENERIC, np.where(scores <= limit, kept, _told(GENERIC, logits, found)), own, shares)


def _told(network: Network, logits: np.ndarray, found: UserClasses) -> np.ndarray:
    """Answers under the user's prior."""
    shift = 1 if network.kind == "MobileNetV2 int8" else 0  # its outputs begin with the background
    prior = UserPrior(tuple(index + shift for index in found.classes), found.shares)
    return prior.of(logits).argmax(axis=1)


def _over_own(answers: Answers, network: Network, given: np.ndarray, own: np.ndarray, shares: np.ndarray) -> float:
    """Of held-out images of the user's classes, weighted by how frequent these are."""
    right = given == answers.columns[network.key][answers.labels]
    held = ~answers.heard
    return float(np.dot([right[held & (answers.labels == one)].mean() for one in own], shares))


def _over_others(answers: Answers, network: Network, given: np.ndarray, own: np.ndarray) -> float:
    right = given == answers.columns[network.key][answers.labels]
    return float(right[~answers.heard & ~np.isin(answers.labels, own)].mean())


@dataclass(frozen=True)
class _Earlier:
    """What `Fit` asks of an earlier network: whether an input is of its classes."""

    name: str
    classes: tuple[int, ...]
    shares: tuple[float, ...]

    def outside(self, belief: Belief, known: int) -> float:
        return outside(self.classes, self.shares, belief, known)


def learned_again(answers: Answers, count: int, number: int) -> dict[str, Any]:
    """After an alarm: one class was replaced; the earlier network fits what comes, or new classes are found.

    Each fourth alarm was a false one, and nothing has changed.
    """
    rng = np.random.default_rng([SEED, 2, count, number])
    own, shares = rng.choice(len(folders()), count + 1, replace=False), shares_of(count, rng)
    generic = answers.columns[GENERIC.key]
    earlier = _Earlier("network-1", tuple(generic[own[:-1]].tolist()), tuple(shares.tolist()))
    replaced, changed = int(rng.integers(count)), number % 4 > 0
    now = own[:-1].copy()
    if changed:
        now[replaced] = own[-1]
    learning = Learning()
    observer = Observer(answers.known, learning.enough)
    fit = Fit(earlier, answers.known, learning.enough.most_outside, learning.enough.alpha)  # type: ignore[arg-type]
    back = settled = None
    for place in answers.stream(now, shares, rng):
        belief = answers.beliefs[place]
        fit.take(belief)
        if observer.add(belief) is not None and observer.seen >= learning.fewest_inputs:
            settled = observer.seen
        if fit.verdict == "fits":
            back = observer.seen
        if back or settled:
            break
    share = float(shares[replaced]) if changed else 0.0
    return {"classes": count, "changed": share, "back": back, "settled": None if back else settled}


@dataclass(frozen=True)
class _Watched:
    """One user's scores and audits; scores blurred as in change_detection_streams.py, whose reasons hold here too."""

    scores: np.ndarray
    outside: np.ndarray
    labels: np.ndarray
    calibration: np.ndarray  # places
    heard: np.ndarray  # bool
    own: np.ndarray
    blur: float

    @classmethod
    def of(cls, answers: Answers, own: np.ndarray, rng: np.random.Generator) -> "_Watched":
        small, large = answers.logits[WATCHED.key], softmax(answers.logits[GENERIC.key])
        scores = -np.logaddexp.reduce(small[:, answers.columns[WATCHED.key][own]].astype(np.float64), axis=1)
        mass = np.clip(1 - large[:, answers.columns[GENERIC.key][own]].sum(axis=1).astype(np.float64), 0.0, 1.0)
        mixed = rng.permutation(np.flatnonzero(np.isin(answers.labels, own)))
        held = mixed[: len(mixed) // 2]
        heard = np.ones(len(answers.labels), bool)
        heard[held] = False
        blur = 1.06 * float(scores[np.isin(answers.labels, own)].std()) * (len(mixed) // 2) ** -0.2
        return cls(scores, mass, answers.labels, held, heard, own, blur)

    def detector(self, seed: int) -> ChangeDetector:
        learning = Learning()
        assert len(self.calibration) >= LEAST_AUDITS
        return ChangeDetector.begin(
            self.scores[self.calibration], self.outside[self.calibration], learning.false_alarms, seed
        )

    def alarm(
        self, detector: ChangeDetector, classes: np.ndarray, shares: np.ndarray, count: int, rng: np.random.Generator
    ) -> ChangeDetector:
        """The detector after so many inputs, or at its alarm."""
        each = {int(one): np.flatnonzero(self.heard & (self.labels == one)) for one in classes}
        audit_share = Learning().audit_share
        for one in rng.choice(classes, count, p=shares):
            place = rng.choice(each[int(one)])
            audited = float(self.outside[place]) if rng.random() < audit_share else None
            detector = detector.update(float(self.scores[place]) + rng.normal(0.0, self.blur), audited)
            if detector.alarm:
                break
        return detector


_FEWEST_WATCHED = 3  # classes: fewer leave too few images to calibrate a detector with


def noticed(answers: Answers, count: int, number: int, *, at_once: bool) -> dict[str, Any]:
    """One class is replaced, after 2,000 inputs or from the first on; after how many it is noticed."""
    rng = np.random.default_rng([SEED, 3 + at_once, count, number])
    own, shares = rng.choice(len(folders()), count + 1, replace=False), shares_of(count, rng)
    user = _Watched.of(answers, own[:-1], rng)
    detector = user.detector(number)
    if not at_once:
        detector = user.alarm(detector, own[:-1], shares, SERVED_BEFORE, rng)
    early = detector.alarm is not None
    replaced = int(rng.integers(count))
    now = own[:-1].copy()
    now[replaced] = own[-1]
    before = detector.inputs
    if not early:
        detector = user.alarm(detector, now, shares, WATCHED_FOR, rng)
    delay = detector.inputs - before if detector.alarm and not early else None
    return {"classes": count, "changed": float(shares[replaced]), "early": early, "after": delay}


def unchanged(answers: Answers, count: int, number: int) -> dict[str, Any]:
    """No change at all: at which of 20,000 inputs a false alarm came, if any."""
    rng = np.random.default_rng([SEED, 5, count, number])
    own, shares = rng.choice(len(folders()), count, replace=False), shares_of(count, rng)
    user = _Watched.of(answers, own, rng)
    alarm = user.alarm(user.detector(number), own, shares, UNCHANGED, rng).alarm
    return {"classes": count, "at": alarm.at_input if alarm else None}


def guarded(
    expected_points: float, agreement: float, most_points: float, streams: int, key: Sequence[int]
) -> list[dict[str, Any]]:
    """The real guard on drawn inputs of one real network: after how many it was let in, refused, or given up.

    The network differs from the generic one on a share 1 - agreement of inputs, and loses there a probability that is
    Beta(1, b), as the guard's own docstring has it, so that the mean is what the real guard expected of it.
    """
    learning = Learning()
    posterior = Posterior((0, 1))
    differing = max(1 - agreement, 1e-3)
    mean = min(max(expected_points / 100 / differing, 1e-3), 0.95)
    found = []
    for number in range(streams):
        rng = np.random.default_rng([SEED, 6, *key, number])
        guard, evidence = Guard(most_points, learning.alpha), None
        while evidence is None or (evidence.verdict == "undecided" and evidence.inputs < learning.most_verified):
            lost = np.minimum(rng.beta(1, 1 / mean - 1, _LOOK), _SUREST)
            differs = rng.random(_LOOK) < differing
            taught = np.column_stack([np.log((1 + lost) / 2), np.log((1 - lost) / 2)])
            student = np.where(differs[:, None], [[0.0, 1.0]], [[1.0, 0.0]])
            evidence = guard.judge(taught, student, posterior, after=evidence)
        found.append({"inputs": evidence.inputs, "passes": evidence.verdict == "passes"})
    return found
