"""A plan in which layers that share their input with others read channels of their own choice, where that pays."""

from collections.abc import Sequence
from dataclasses import replace

from torch import Tensor, nn

from edgewise.progress import Progress, silent
from edgewise.prune.asymmetric import folded
from edgewise.prune.asymmetric_rankings import asymmetric_rankings, asymmetric_readers, reads_keeping
from edgewise.prune.gather_cost import Worth, worth_gathering
from edgewise.prune.groups import Group
from edgewise.prune.plan import Plan


def with_own_reads(
    network: nn.Module,
    groups: Sequence[Group],
    plan: Plan,
    batches: Sequence[Tensor],
    share: float,
    *,
    seed: int = 0,
    progress: Progress = silent,
) -> Worth:
    """Let each reader of residual sums, concatenations and the like keep the `share` of its inputs that it misses most.

    `plan` says what is cut alike everywhere; `batches`: float32 [n, 3, h, w]. A gather that saves nothing on ONNX
    Runtime is refused, with the times measured. Raises `UsageError` for a share outside of 0 to 1.
    """
    paths = list(asymmetric_readers(network, groups)[0])
    rankings = asymmetric_rankings(network, paths, batches, seed=seed, progress=progress)
    own = folded(replace(plan, reads=reads_keeping(rankings, share)), groups)
    return worth_gathering(network, groups, own, batches[0][:1], progress=progress)
