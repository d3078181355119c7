"""Running a segment and keeping what is asked for on the way."""

from collections.abc import Collection
from contextlib import suppress
from typing import Any

import torch
from torch import Tensor, fx

from edgewise.prune.chain import Segment


class _Enough(Exception):
    """All that was asked for is there; what follows need not run."""


class _Watch(fx.Interpreter):
    def __init__(self, segment: Segment, wanted: Collection[str]) -> None:
        super().__init__(segment.module)
        self._wanted = wanted
        self.found: dict[str, Tensor] = {}

    def run_node(self, n: fx.Node) -> Any:
        value = super().run_node(n)
        if n.name in self._wanted:
            self.found[n.name] = value.clone()  # a layer after it may work in place
            if len(self.found) == len(self._wanted):
                raise _Enough
        return value


def values_of(segment: Segment, images: Tensor, wanted: Collection[str]) -> dict[str, Tensor]:
    """What the nodes of these names give for `images`; the segment runs no further than it must."""
    watch = _Watch(segment, frozenset(wanted))
    with torch.no_grad(), suppress(_Enough):
        watch.run(images)
    return watch.found
