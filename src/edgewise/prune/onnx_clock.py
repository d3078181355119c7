"""How long a network takes on ONNX Runtime, beside one that it is to replace."""

import tempfile
from pathlib import Path

import numpy as np
from torch import nn

from edgewise.prune.int8_network import write_int8
from edgewise.prune.speed import sessions_in_turns_ms
from edgewise.prune.user_record import Precision
from edgewise.runtime.onnx import OnnxSession
from edgewise.zoo.export import to_onnx

_RUNS, _LEAST_S = 20, 0.4


class OnnxClock:
    """Times networks in turns with a reference, so that whatever disturbs the machine disturbs both alike.

    On a busy device most runs are disturbed, and medians of few runs with them. What disturbs only adds, so for shares
    the least time of each counts.

    With the precision int8, networks are timed as they will serve; the reference stays float32. Of what they answer
    nothing shows in their time, so one image of noise is enough to quantise them with.
    """

    def __init__(self, reference: nn.Module, size_px: int, *, threads: int = 1, precision: Precision = "fp32") -> None:
        """`reference`: [n, 3, size, size] to [n, outputs]. Raises what `to_onnx` does."""
        self._threads = threads
        self._precision: Precision = precision
        self._reference = self._loaded(reference, size_px, "reference", "fp32")

    def share(self, network: nn.Module, size_px: int) -> float:
        """The network's time at its own input size, as a share of the reference's."""
        reference_ms, own_ms = sessions_in_turns_ms(
            [self._reference, self._loaded(network, size_px, "network", self._precision)],
            runs=_RUNS,
            pick=min,
            least_s=_LEAST_S,
        )
        return own_ms / reference_ms

    def reference_ms(self) -> float:
        """The reference alone."""
        return sessions_in_turns_ms([self._reference])[0]

    def _loaded(self, network: nn.Module, size_px: int, name: str, precision: Precision) -> tuple[OnnxSession, int]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.onnx"
            if precision == "int8":
                noise = np.random.default_rng(0).normal(size=(1, 3, size_px, size_px)).astype(np.float32)
                write_int8(network, noise, path)
            else:
                path.write_bytes(to_onnx(network, size_px, f"The {name}"))
            return OnnxSession(path, threads=self._threads), size_px
