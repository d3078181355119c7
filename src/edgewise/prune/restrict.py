"""The last layer of a network made the user's, in place."""

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor, nn

from edgewise.prune.chain import chain_of
from edgewise.prune.head import distilled_head
from edgewise.prune.selective_layers import Selective, let_read_as
from edgewise.prune.watch import values_of


def restrict_head(
    network: nn.Module,
    classes: Sequence[int],
    batches: Sequence[Tensor],
    entering: Sequence[Tensor] | None = None,
) -> float:
    """Give the network K + 1 outputs, in place; how well the last one tells the others' logsumexp.

    `batches`: images. `entering`: what they are where they enter the network's last segment, if that is known.
    """
    *before, last = chain_of(network, batches[0][:1])
    if entering is not None:
        before, batches = [], [batch.float() for batch in entering]
    nodes = [node for node in last.module.graph.nodes if node.op == "call_module"]
    heads = [node for node in nodes if isinstance(last.module.get_submodule(str(node.target)), nn.Linear | nn.Conv2d)]
    path, taken = str(heads[-1].target), heads[-1].args[0].name
    head = network.get_submodule(path)
    assert isinstance(head, nn.Linear | nn.Conv2d)
    features: list[np.ndarray] = []
    with torch.no_grad():
        for batch in batches:
            for segment in before:
                batch = segment(batch)
            entered = values_of(last, batch, [taken])[taken]
            features.append((head.taken(entered) if isinstance(head, Selective) else entered).flatten(1).numpy())
    distilled = distilled_head(head, classes, np.concatenate(features))
    if isinstance(head, Selective):
        let_read_as(distilled.layer, head)
    network.set_submodule(path, distilled.layer.eval())
    return distilled.r_squared
