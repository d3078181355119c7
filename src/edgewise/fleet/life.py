"""What happens to one user's device: which phase for how many inputs.

The phases, and what leads from one to the next, are the real device's own (`personal.session.Session`). How long each
lasts is drawn from what the real observer, guard and change detector were measured to do.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from math import ceil

import numpy as np

from edgewise.fleet.chances import Chances, verdict
from edgewise.fleet.pruning_law import Drawn
from edgewise.fleet.terms import Terms
from edgewise.fleet.user import User, outside
from edgewise.personal.observer import Enough
from edgewise.personal.session import Phase, Session

_GAVE_UP = 3000  # inputs that the measured observers were given
_NEVER = 1 << 60


@dataclass(frozen=True)
class Stretch:
    """So many inputs alike."""

    phase: Phase
    inputs: int
    told: bool  # the user's classes are held to be known
    foreign: float  # share of inputs of classes that are not among those
    network: Drawn | None  # that is made, tried or serves; None: the generic one alone
    paid: float = 0.0  # for making it, in inferences of the generic network
    ends: str = ""  # what happens at its end: "alarm", "false alarm", "let in", "turned down", "back" or nothing


def milder(network: Drawn, attempts: int) -> Drawn:
    """What is asked for after so many refusals: half of the speed beyond 1 is given up each time, as the device does.

    Reading: nobody has measured these; what it loses is taken to shrink alike.
    """
    left = 0.5**attempts
    return replace(network, drop=network.drop * left, times_as_fast=1 + (network.times_as_fast - 1) * left)


class Life:
    """One device with one user. With a `network` it makes and verifies one; without, its fixed network is told the
    user's classes as soon as they are known, which costs nothing.
    """

    def __init__(
        self,
        user: User,
        terms: Terms,
        chances: Chances,
        rng: np.random.Generator,
        network: Drawn | None = None,
        generic_s: float = 0.0,
    ) -> None:
        """`generic_s`: seconds of an inference, by which making a network lasts so many inputs."""
        self._user, self._terms, self._chances, self._rng = user, terms, chances, rng
        self._network, self._generic_s = network, generic_s
        self._classes = list(user.classes)
        self._drifts = [*user.drifts]
        self._at = 0
        self._session = Session()
        self._earlier: dict[str, tuple[int, ...]] = {}  # classes of networks that have served
        self._attempts: dict[str, int] = {}

    def stretches(self) -> Iterator[Stretch]:
        """All of it, one after the other."""
        steps = {"observe": self._observe, "prune": self._prune, "verify": self._verify, "watch": self._watch}
        while self._at < self._terms.inputs:
            yield from steps[self._session.phase]()

    def _observe(self) -> Iterator[Stretch]:
        after, network, settles = self._outcome()
        until = max(after, self._session.wait)
        if until > self._left:
            yield from self._pass(self._left)  # something changes before: what was observed is of no use
            self._drift()
        elif network is not None:
            yield from self._pass(until, ends="back")
            self._session = self._session.known_again(network, self._earlier[network], self._user.shares)
        elif settles:
            yield from self._pass(until)
            self._session = self._session.settled(tuple(self._classes), self._user.shares)
            if self._network is None:
                self._session = self._session.made().let_in()
        else:
            yield from self._pass(until)

    def _outcome(self) -> tuple[int, str | None, bool]:
        """After how many inputs what was observed tells something: an earlier network, or that classes are settled."""
        if self._session.attempts and self._session.shares and not self._foreign:
            return 1, None, True  # a network was turned down; the classes stand
        if self._earlier:
            name = min(self._earlier, key=lambda one: self._outside(self._earlier[one]))
            row = self._chances.again(self._outside(self._earlier[name]), self._rng)
            if row.back is not None:
                return row.back, name, False
            return row.settled or _GAVE_UP, None, row.settled is not None
        learned = self._chances.learned(len(self._classes), self._rng)
        return learned.inputs or _GAVE_UP, None, learned.inputs is not None

    def _prune(self) -> Iterator[Stretch]:
        assert self._network is not None
        inputs = max(1, ceil(self._terms.rate * self._generic_s * self._network.making_inputs))
        each = self._network.making_inputs / inputs
        yield from self._pass_all(inputs, self._tried, each)
        self._session = self._session.made()

    def _verify(self) -> Iterator[Stretch]:
        tried, most = self._tried, self._terms.max_drop_points
        passes, ends = True, "let in"
        if most is not None:
            row = verdict(tried.of, most, self._session.attempts, self._rng)
            yield from self._pass_all(row.inputs, tried)
            passes = row.passes
        fits = self._foreign <= Enough().most_outside
        if self._at >= self._terms.inputs:
            return
        if passes and fits:
            assert self._session.candidate is not None
            self._attempts[self._session.candidate] = self._session.attempts
            self._session = self._session.let_in()
        else:
            ends = "turned down"
            self._session = self._session.turned_down()
            if not fits:
                self._session = replace(self._session, shares=())
        yield Stretch("verify", 0, True, 0.0, tried, ends=ends)

    def _watch(self) -> Iterator[Stretch]:
        name = self._session.serving
        assert name is not None
        self._earlier[name] = self._session.classes
        network = self._network and milder(self._network, self._attempts.get(name, 0))
        foreign, began = self._foreign, self._at
        alarm = began + self._until_alarm(foreign, at_once=True)
        while self._at < self._terms.inputs:
            inputs = min(self._left, alarm - self._at)
            if self._at + inputs < alarm or alarm > self._terms.inputs:
                yield from self._pass(inputs, network)
                self._drift()
                if self._foreign != foreign:
                    foreign = self._foreign
                    later = self._at + self._until_alarm(foreign, at_once=False)
                    alarm = min(alarm, later) if foreign else later
                continue
            yield from self._pass(inputs, network, ends="alarm" if foreign else "false alarm")
            served = replace(self._session, served=self._at - began)
            self._session = replace(served.changed(), shares=())
            return

    def _until_alarm(self, foreign: float, *, at_once: bool) -> int:
        if foreign:
            found = self._chances.delay(foreign, self._rng, at_once=at_once)
        else:
            found = self._chances.false_alarm(self._rng) if at_once else None
        return _NEVER if found is None else found

    def _pass_all(self, inputs: int, network: Drawn, paid_each: float = 0.0) -> Iterator[Stretch]:
        """So many inputs, whatever changes meanwhile."""
        end = min(self._at + inputs, self._terms.inputs)
        while self._at < end:
            yield from self._pass(min(self._left, end - self._at), network, paid_each)
            self._drift()

    def _pass(
        self, inputs: int, network: Drawn | None = None, paid_each: float = 0.0, ends: str = ""
    ) -> Iterator[Stretch]:
        """So many inputs in which nothing changes."""
        session = self._session
        told = bool(session.shares)
        yield Stretch(session.phase, inputs, told, self._foreign if told else 0.0, network, paid_each * inputs, ends)
        self._at += inputs
        if session.wait:
            self._session = replace(session, wait=max(0, session.wait - inputs))

    def _drift(self) -> None:
        """What changes here."""
        while self._drifts and self._drifts[0].at <= self._at:
            drift = self._drifts.pop(0)
            self._classes[drift.place] = drift.becomes

    @property
    def _left(self) -> int:
        """Inputs until something changes, or the end."""
        return min(self._drifts[0].at if self._drifts else _NEVER, self._terms.inputs) - self._at

    @property
    def _foreign(self) -> float:
        return self._outside(self._session.classes)

    @property
    def _tried(self) -> Drawn:
        assert self._network is not None
        return milder(self._network, self._session.attempts)

    def _outside(self, known: tuple[int, ...]) -> float:
        return outside(self._classes, self._user.shares, known)
