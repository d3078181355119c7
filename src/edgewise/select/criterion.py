"""When an answer counts as right."""

from typing import Literal

from edgewise.errors import UsageError

Criterion = Literal["top1", "top5"]


def top_k(criterion: Criterion) -> int:
    """Among how many best classes the label must be. Raises `UsageError` for an unknown criterion."""
    if criterion == "top1":
        return 1
    if criterion == "top5":
        return 5
    raise UsageError(f"The criterion is {criterion!r}; it must be 'top1' or 'top5'.")
