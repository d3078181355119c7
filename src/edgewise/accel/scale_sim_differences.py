"""Where SCALE-Sim 3 counts compute cycles otherwise than we do, layer by layer: three differences, and no others.

overhang
    An image that its strides do not divide gets another row and column of windows, which hang over its edge: outputs
    are rounded up there (topology_utils.py, topo_calc_hyperparams) and down here, as in PyTorch.
drain
    Products that stay are never drained: it lets the array's last row write an output R - 1 cycles before its last
    sum is made (systolic_compute_os.py, create_ofmap_demand_mat), and saves R cycles a fold. Its maintainer agrees that
    it should be 2R + C + T - 2 (scalesim-project/scale-sim-v3, issue 4).
last cycle
    It reports the number of the last cycle, which begins at 0, for how many there were
    (double_buffered_scratchpad_mem.py, service_memory_requests; scalesim-project/SCALE-Sim, issue 125).
"""

from dataclasses import dataclass
from math import ceil, prod

from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution
from edgewise.accel.gemm import Gemm
from edgewise.errors import UsageError


@dataclass(frozen=True)
class Differences:
    """In cycles of one layer: ours are SCALE-Sim's compute cycles, less overhang, and all others added."""

    overhang_cycles: int
    drain_cycles: int
    last_cycle: int = 1

    @property
    def net_cycles(self) -> int:
        """What ours are more than SCALE-Sim's."""
        return self.drain_cycles + self.last_cycle - self.overhang_cycles


def differences(layer: Convolution, array: Array) -> Differences:
    """What tells SCALE-Sim's compute cycles for a layer from ours; its padding is part of SCALE-Sim's image.

    Raises `UsageError` for what SCALE-Sim cannot have: groups, a batch, dilation, shadow registers.
    """
    if layer.batch > 1 or layer.groups > 1 or layer.dilation != (1, 1):
        raise UsageError(f"{layer.name} has a batch, groups or dilation; SCALE-Sim knows none of them.")
    if array.shadow:
        raise UsageError("The array has shadow registers; SCALE-Sim's has none. Give it one without.")
    theirs = Gemm(_windows(layer), layer.forward.k, layer.forward.n)
    drained = array.rows * array.folds(theirs) if array.dataflow == "output" else 0
    return Differences(array.cycles(theirs) - array.cycles(layer.forward), drained)


def _windows(layer: Convolution) -> int:
    along = zip(layer.size, layer.padding, layer.kernel, layer.stride, strict=True)
    return prod(ceil((size + 2 * pad - taps) / step) + 1 for size, pad, taps, step in along)
