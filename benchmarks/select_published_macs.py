"""What one answer of each published network costs, and a second count of the figures that were counted.

python benchmarks/select_published_macs.py
"""

import sys
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

TABLE = Path(__file__).parent / "published_macs.toml"
_TOLERANCE = 0.0006  # figures are rounded to a million


@dataclass(frozen=True)
class Published:
    """The cost of one answer of a network, and who says so."""

    gmacs: float
    size_px: int
    source: str
    architecture: str | None = None  # "library:name" that was counted


@dataclass(frozen=True)
class Table:
    """All networks with a figure, cheapest first, and those without one, with the reason."""

    networks: Mapping[str, Published]
    sources: Mapping[str, str]
    left_out: Mapping[str, str]


def load() -> Table:
    """The table of `published_macs.toml`."""
    stored = tomllib.loads(TABLE.read_text(encoding="utf-8"))
    rows = {name: Published(**row) for name, row in stored["networks"].items()}
    rows = dict(sorted(rows.items(), key=lambda item: item[1].gmacs))
    return Table(rows, stored["sources"], stored["left_out"])


def count(published: Published) -> float:
    """The MACs of the architecture in billions, counted anew on random weights. Needs the extra [torch]."""
    from edgewise.runtime.torchvision_beside_cpu_torch import declare_operators
    from edgewise.zoo.macs.torch import count_torch

    declared = declare_operators()  # kept until the import below is done
    library, name = str(published.architecture).split(":")
    network = _timm(name) if library == "timm" else _torchvision(name)
    del declared
    return count_torch(network.eval(), published.size_px).macs / 1e9


def _timm(name: str) -> Any:
    import timm

    return timm.create_model(name, pretrained=False)


def _torchvision(name: str) -> Any:
    from torchvision.models import get_model

    slow_start = {"init_weights": False} if name == "inception_v3" else {}
    return get_model(name, weights=None, **slow_start)


def main() -> None:
    table, wrong = load(), 0
    for name, published in table.networks.items():
        if published.architecture:
            counted = count(published)
            agrees = abs(counted - published.gmacs) <= _TOLERANCE
            wrong += not agrees
            print(f"{name:24} {published.gmacs:8.3f} counted {counted:8.3f}{'' if agrees else '  DIFFERS'}")
    sys.exit(f"{wrong} figures differ." if wrong else 0)


if __name__ == "__main__":
    main()
