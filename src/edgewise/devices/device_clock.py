"""How long a network takes on another device, beside one that it is to replace: foretold, in the place of a clock."""

from typing import TYPE_CHECKING

from edgewise.devices.predict import Prediction, Predictor
from edgewise.devices.source_layers import layers_of_module
from edgewise.devices.table import DeviceTable
from edgewise.prune.user_record import Foretold

if TYPE_CHECKING:
    from torch import nn


class DeviceClock:
    """Foretells networks for a device of the table; both sides of a share are foretold, so that errors of one sort
    cancel.
    """

    def __init__(
        self, table: DeviceTable, device: str, reference: "nn.Module", size_px: int, *, threads: int = 1
    ) -> None:
        """`reference`: [n, 3, size, size] to [n, outputs]. Raises as `predict` does."""
        self._device, self._threads = table.device(device).id, threads
        self._predictor = Predictor.of(table, device, threads)
        self._reference = self._foretell(reference, size_px)

    def share(self, network: "nn.Module", size_px: int) -> float:
        """The network's time at its own input size, as a share of the reference's."""
        return self._foretell(network, size_px).ms / self._reference.ms

    def reference_ms(self) -> float:
        """The reference's time."""
        return self._reference.ms

    def foretold(self, network: "nn.Module", size_px: int) -> Foretold:
        """What a record tells of a network that was made by this clock."""
        found = self._foretell(network, size_px)
        return Foretold(
            device=self._device,
            threads=self._threads,
            ms=found.ms,
            low_ms=found.low_ms,
            high_ms=found.high_ms,
            generic_ms=self._reference.ms,
            networks=found.networks,
            median_error=found.median_error,
            worst_error=found.worst_error,
        )

    def _foretell(self, network: "nn.Module", size_px: int) -> Prediction:
        return self._predictor.predict(layers_of_module(network, size_px, "The network"))
