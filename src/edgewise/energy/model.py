"""The energy of an answer, reckoned from what a network multiplies and moves: a stated model, not a measurement."""

from collections.abc import Mapping
from dataclasses import dataclass

from edgewise.zoo.macs.work import BYTES, Number, Work


@dataclass(frozen=True)
class Prices:
    """What one step costs, in picojoules."""

    source: str
    mac_pj: Mapping[Number, float]
    memory_pj_per_byte: float  # outside of the chip
    cache_pj_per_byte: float  # the largest on the chip


HOROWITZ_2014 = Prices(
    source="45 nm, Horowitz, ISSCC 2014",
    # A multiplication and an addition each; integers of 8 bits are added up in 32.
    mac_pj={"int8": 0.2 + 0.1, "float16": 1.1 + 0.4, "float32": 3.7 + 0.9},
    memory_pj_per_byte=1300 / 8,  # the least that is said of 64 bits: 1.3 to 2.6 nJ
    cache_pj_per_byte=100 / 8,  # 64 bits of 1 MiB
)


def modelled_mj(work: Work, prices: Prices = HOROWITZ_2014) -> float:
    """Millijoules of one image: its multiply-accumulates, its weights out of memory, its activations through the cache.

    Reading: every weight comes from memory once an image, since models that take turns leave none in the cache, and
    what a layer takes or gives passes the cache once. Fetching and scheduling instructions, which cost a processor many
    times the arithmetic, and leakage are left out: the figures compare models, they do not predict a meter.
    """
    picojoules = sum(
        layer.macs * prices.mac_pj[layer.number]
        + layer.weights * BYTES[layer.number] * prices.memory_pj_per_byte
        + layer.activations * BYTES[layer.number] * prices.cache_pj_per_byte
        for layer in work.layers
    )
    return picojoules / 1e9
