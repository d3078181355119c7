"""How long what a user's network is made of takes on the device. Needs the extra `torch`.

The service answers meanwhile, and takes the CPU from whatever runs: of small networks most runs are disturbed. What
disturbs only adds, so the least time counts.
"""

import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

import numpy as np
from torch import nn

from edgewise.personal.generic import GenericNetwork
from edgewise.prune.speed import taking_turns_ms
from edgewise.runtime.engines import Engine
from edgewise.runtime.part import Part, open_part
from edgewise.zoo.export import part_to_onnx

_RUNS, _LEAST_S = 30, 0.4
_IMAGE = (480, 640, 3)  # what is timed with preparing it
_FILE = "part.onnx"


class PartClock:
    """Times what takes the place of the generic network, or of its second part, on what serves, in turns."""

    def __init__(
        self, generic: nn.Module, shape: tuple[int, ...], engine: Engine, threads: int, named: tuple[str, str, str]
    ) -> None:
        """`shape`: of what it takes, of one input. `named`: in errors, and its input and output in files."""
        self._values = np.random.default_rng(0).normal(size=(1, *shape)).astype(np.float32)
        self._engine, self._threads, self._named = engine, threads, named
        self._generic = self._loaded(generic)

    def share(self, network: nn.Module) -> float:
        """Its time, as a share of the generic one's."""
        runs = [partial(part.run, self._values) for part in (self._generic, self._loaded(network))]
        generic_ms, ms = taking_turns_ms(runs, runs=_RUNS, pick=min, least_s=_LEAST_S)
        return ms / generic_ms

    def exported(self, network: nn.Module) -> bytes:
        what, taken, given = self._named
        return part_to_onnx(network, self._values.shape[1:], what, (taken, given))

    def _loaded(self, network: nn.Module) -> Part:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / _FILE
            path.write_bytes(self.exported(network))
            return open_part(path, threads=self._threads, engine=self._engine)


def whole_inputs_ms(generic: GenericNetwork, tails: Sequence[Part], wholes: Sequence[Part]) -> list[float]:
    """Of the generic network's first part, of its second, of these tails, these whole networks, and smaller networks.

    What takes the image is timed with preparing it.
    """
    image = np.random.default_rng(0).integers(256, size=_IMAGE, dtype=np.uint8)
    entering = np.random.default_rng(0).normal(size=(1, *generic.parts.entering)).astype(np.float32)
    prepare = generic.parts.preprocess.apply
    runs: list[Callable[[], object]] = [partial(generic.enter, image), partial(generic.answer, entering)]
    runs += [partial(tail.run, entering) for tail in tails]
    runs += [partial(lambda whole: whole.run(prepare(image)[None]), whole) for whole in wholes]
    runs += [partial(one.answer, image) for one in generic.smaller]
    return taking_turns_ms(runs, runs=_RUNS, pick=min, least_s=_LEAST_S)
