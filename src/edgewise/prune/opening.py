"""Where to open a network, by how much is computed behind."""

from collections.abc import Sequence

import numpy as np
from torch import Tensor, nn

from edgewise.errors import UsageError
from edgewise.prune.chain import Segment
from edgewise.prune.work import network_work


def macs_behind(network: nn.Module, segments: Sequence[Segment], image: Tensor) -> np.ndarray:
    """int64 [segments]: the MACs of each of a network's segments (`chain_of`) and all that follow."""
    macs = {layer.path: layer.macs for layer in network_work(network, image).layers}
    own = [sum(macs.get(path, 0) for path in set(segment.layers)) for segment in segments]
    return np.cumsum(own[::-1])[::-1]


def place_for(behind: np.ndarray, share: float) -> int:
    """The last segment from which on at least such a share of the MACs is computed.

    `behind`: of `macs_behind`. Raises `UsageError` for a share that is none.
    """
    if not 0 < share <= 1:
        raise UsageError(f"{share:g} of the MACs is to be opened; it must be above 0, at most 1.")
    return int(np.flatnonzero(behind >= share * behind[0])[-1])
