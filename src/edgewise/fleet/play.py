"""Users of one block, one after the other: what an executor runs."""

from dataclasses import dataclass

import numpy as np

from edgewise.fleet.accounts import Abilities, OwnAccount, fixed_among_all, fixed_among_found
from edgewise.fleet.calibration import Calibration
from edgewise.fleet.chances import Chances
from edgewise.fleet.device import FleetDevice
from edgewise.fleet.life import Life
from edgewise.fleet.popularity import Popularity
from edgewise.fleet.pruning_law import PruningLaw
from edgewise.fleet.terms import Terms
from edgewise.fleet.user import User, generators

Rows = dict[str, np.ndarray]
NEVER = -1  # where an input is to be named


@dataclass(frozen=True)
class Block:
    """A job: the users from `first` on, before `last`."""

    terms: Terms
    calibration: Calibration
    device: FleetDevice
    first: int
    last: int


def play(block: Block) -> Rows:
    """A row for each user, and how often the block's users began with each class ("met").

    "cost" and "right", float32 [users, ways] in the order of `ways_of`: of an input, the generic network's time being
    1, and 0..1. All else is of the network of one's own; inputs are -1 where it never came to that.
    """
    popularity = Popularity(block.calibration.known, block.terms.popularity)
    chances, law = Chances(block.calibration), PruningLaw(block.calibration.made)
    rows = [_of_user(number, block, popularity, chances, law) for number in range(block.first, block.last)]
    met = np.zeros(block.calibration.known, np.int64)
    for _, classes in rows:
        met[list(classes)] += 1
    return {name: np.array([row[name] for row, _ in rows], _TYPES[name]) for name in _TYPES} | {"met": met}


_TYPES: dict[str, type] = {
    "cost": np.float32,
    "right": np.float32,
    "classes": np.int16,
    "group": np.uint64,
    "drop": np.float32,
    "times_as_fast": np.float32,
    "making_inputs": np.float32,
    "paid": np.float32,
    "served": np.float32,
    "served_right": np.float32,
    "first_served": np.int32,
    "broke_even": np.int32,
    "made": np.int32,
    "turned_down": np.int32,
    "alarms": np.int32,
    "false_alarms": np.int32,
    "wrong_until_noticed": np.float32,
}


def _of_user(
    number: int, block: Block, popularity: Popularity, chances: Chances, law: PruningLaw
) -> tuple[dict[str, object], tuple[int, ...]]:
    terms, device, inputs = block.terms, block.device, block.terms.inputs
    happens, fixed_dice, own_dice = generators(terms.seed, number)
    user = User.draw(terms, popularity, chances, happens)
    network = law.draw(len(user.classes), happens)
    able = Abilities(user.able)
    among_all = fixed_among_all(able, device, inputs)
    among_found = fixed_among_found(Life(user, terms, chances, fixed_dice).stretches(), able, device)
    making_s = device.generic_ms * device.making_factor / 1000
    own_life = Life(user, terms, chances, own_dice, network, making_s)
    own = OwnAccount(able, device, block.calibration).of(own_life.stretches())
    row: dict[str, object] = {
        "cost": np.concatenate([[own.cost], among_all.cost, among_found.cost]) / inputs,
        "right": np.concatenate([[own.right], among_all.right, among_found.right]) / inputs,
        "classes": len(user.classes),
        "group": _group(user.classes),
        "drop": network.drop,
        "times_as_fast": network.times_as_fast,
        "making_inputs": network.making_inputs,
        "paid": own.paid / inputs,
        "served": own.served / inputs,
        "served_right": own.served_right / own.served if own.served else 0.0,
        "first_served": NEVER if own.first_served is None else own.first_served,
        "broke_even": NEVER if own.broke_even is None else own.broke_even,
        "made": own.made,
        "turned_down": own.turned_down,
        "alarms": own.alarms,
        "false_alarms": own.false_alarms,
        "wrong_until_noticed": own.wrong_until_noticed,
    }
    return row, user.classes


def _group(classes: tuple[int, ...]) -> int:
    """The same number for the same set of classes, another for another but for one chance in 10^19 (FNV-1a)."""
    found = 0xCBF29CE484222325
    for one in sorted(classes):
        found = (found ^ (one + 1)) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return found
