"""What one user's life cost and what of it was answered right, on each way."""

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from edgewise.fleet.calibration import Calibration, Learned
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.life import Stretch

_FIELDS = ("all", "told", "foreign", "foreign_told")


@dataclass(frozen=True, eq=False)
class Account:
    """Of one way, or of several at once: float64 [ways]. A cost is in inferences of the generic network."""

    cost: np.ndarray
    right: np.ndarray  # inputs


@dataclass(frozen=True)
class Own:
    """Of a network of one's own."""

    cost: float
    paid: float  # of that, for making networks
    right: float
    served: int  # inputs that it answered, or turned away
    served_right: float
    first_served: int | None  # the input from which on the first network served
    broke_even: int | None  # the first input by which all that was paid for making was won back
    made: int
    turned_down: int
    alarms: int
    false_alarms: int
    wrong_until_noticed: float  # inputs of classes that are not the user's any more, answered wrong by its network


class Abilities:
    """What each fixed network answers right of one user's inputs, float64 [networks] each."""

    def __init__(self, able: Learned) -> None:
        table = np.array([[getattr(one, name) for name in _FIELDS] for one in able.right])
        self.all, self.told, self.foreign, self.foreign_told = table.T
        self.among_found = able.among_found  # of the generic network


def fixed_among_all(able: Abilities, device: FleetDevice, inputs: int) -> Account:
    """Each fixed network, which is told nothing."""
    return Account(inputs / np.array(device.times_as_fast), inputs * able.all)


def fixed_among_found(stretches: Iterable[Stretch], able: Abilities, device: FleetDevice) -> Account:
    """Each fixed network, which answers under the user's prior while that is known, by `Life` without a network."""
    right, inputs = np.zeros(len(able.all)), 0
    for one in stretches:
        inputs += one.inputs
        right += one.inputs * _under_the_prior(one, able)
    return Account(inputs / np.array(device.times_as_fast), right)


def _under_the_prior(one: Stretch, able: Abilities) -> np.ndarray:
    """Right of an input, float64 [networks]; among all classes where none are held to be known."""
    if not one.told:
        return able.all
    return (1 - one.foreign) * able.told + one.foreign * able.foreign_told


class OwnAccount:
    """Adds up a life with networks of one's own."""

    def __init__(self, able: Abilities, device: FleetDevice, calibration: Calibration) -> None:
        self._able, self._device = able, device
        self._audits, self._rejected = calibration.audit_share, calibration.own_rejection

    def of(self, stretches: Iterable[Stretch]) -> Own:
        at, cost, paid, right, served, served_right, wrong = 0, 0.0, 0.0, 0.0, 0, 0.0, 0.0
        first = broke_even = None
        ends: dict[str, int] = {}
        for one in stretches:
            spent = one.inputs * self._each(one) + one.paid * self._device.making_factor
            over = cost - at
            cost, paid = cost + spent, paid + one.paid * self._device.making_factor
            if one.phase == "watch":
                first = at if first is None else first
                if broke_even is None and one.inputs and over + spent - one.inputs <= 0 < over:
                    broke_even = at + int(np.ceil(over / (1 - spent / one.inputs)))
                answered, fooled = self._served(one)
                served, served_right, wrong = served + one.inputs, served_right + answered, wrong + fooled
                right += answered
            else:
                right += one.inputs * float(_under_the_prior(one, self._able)[0])
            at += one.inputs
            if one.ends:
                ends[one.ends] = ends.get(one.ends, 0) + 1
        return Own(
            cost,
            paid,
            right,
            served,
            served_right,
            first,
            broke_even,
            ends.get("let in", 0) + ends.get("turned down", 0),
            ends.get("turned down", 0),
            ends.get("alarm", 0),
            ends.get("false alarm", 0),
            wrong,
        )

    def _each(self, one: Stretch) -> float:
        """Cost of an input."""
        if one.network is None or one.phase in ("observe", "prune"):
            return 1.0
        own = 1 / (one.network.times_as_fast * self._device.own_factor)
        if one.phase == "verify":
            return 1.0 + own
        turned_away = (1 - one.foreign) * self._rejected + one.foreign * (1 - one.network.of.let_in)
        return own + turned_away + (1 - turned_away) * self._audits

    def _served(self, one: Stretch) -> tuple[float, float]:
        """Inputs answered right, and of those of other classes the ones taken for the user's own."""
        assert one.network is not None
        let_in = one.network.of.let_in
        known, foreign = one.inputs * (1 - one.foreign), one.inputs * one.foreign
        own = min(1.0, max(0.0, self._able.among_found - one.network.drop))
        return known * own + foreign * (1 - let_in) * float(self._able.foreign_told[0]), foreign * let_in
