"""How long a network takes on ONNX Runtime, beside one that it is to replace."""

import tempfile
from pathlib import Path

from torch import nn

from edgewise.prune.speed import sessions_in_turns_ms
from edgewise.runtime.onnx import OnnxSession
from edgewise.zoo.export import to_onnx

_RUNS, _LEAST_S = 20, 0.4


class OnnxClock:
    """Times networks in turns with a reference, so that whatever disturbs the machine disturbs both alike.

    On a busy device most runs are disturbed, and medians of few runs with them. What disturbs only adds, so for shares
    the least time of each counts.
    """

    def __init__(self, reference: nn.Module, size_px: int, *, threads: int = 1) -> None:
        """`reference`: [n, 3, size, size] to [n, outputs]. Raises what `to_onnx` does."""
        self._threads = threads
        self._reference = self._loaded(reference, size_px, "reference")

    def share(self, network: nn.Module, size_px: int) -> float:
        """The network's time at its own input size, as a share of the reference's."""
        reference_ms, own_ms = sessions_in_turns_ms(
            [self._reference, self._loaded(network, size_px, "network")], runs=_RUNS, pick=min, least_s=_LEAST_S
        )
        return own_ms / reference_ms

    def reference_ms(self) -> float:
        """The reference alone."""
        return sessions_in_turns_ms([self._reference])[0]

    def _loaded(self, network: nn.Module, size_px: int, name: str) -> tuple[OnnxSession, int]:
        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / f"{name}.onnx"
            path.write_bytes(to_onnx(network, size_px, f"The {name}"))
            return OnnxSession(path, threads=self._threads), size_px
