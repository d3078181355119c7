"""A record of a user's network as it lies in its folder, without PyTorch; all figures are given."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.machine import fingerprint
from edgewise.prune.cost import Cost, Macs, StepCost
from edgewise.prune.evidence import Evidence
from edgewise.prune.guard import Guard
from edgewise.prune.layer_widths import LayerWidth
from edgewise.prune.posterior import Posterior
from edgewise.prune.user_record import KIND, RECORD, SCHEMA, Candidate, Recovery
from edgewise.store import write_json

LAYERS = ("stem", "block.0.conv1", "block.0.conv2", "block.1.conv1", "head")
COST = Cost(
    (
        StepCost("ranking channels", 60.0, Macs(4 * 10**9, 2 * 10**9, 10**9, 5 * 10**8)),
        StepCost("solving layers", 30.0, Macs(0, 0, 3 * 10**9, 2 * 10**9)),
    ),
    peak_bytes=3 * 2**29,
    peak_of="run",
    kept_bytes={"activations": 200 * 2**20},
)
CANDIDATES = (
    Candidate("1.5x", 14.0, 0.1, 0.0, 0.4, accepted=True),
    Candidate("2x", 10.0, 0.3, 0.0, 0.9, accepted=True, chosen=True),
    Candidate("3x", 7.0, 6.0, 4.0, 9.0, accepted=False),
)


def evidence(*, inputs: int = 2000, wrong: int = 0, guard: Guard | None = None) -> Evidence:
    """Of a teacher that is sure of itself, and a student that answers `wrong` of the inputs otherwise."""
    taught = np.tile(np.array([[9.0, 0.0, 0.0, 0.0]]), (inputs, 1))
    answered = taught[:, :3].copy()
    answered[:wrong] = [0.0, 9.0, 0.0]
    return (guard or Guard()).judge(taught, answered, Posterior((0, 1, 2)))


def stored(found: Evidence | None = None, **changes: Any) -> dict[str, Any]:
    """The values; `changes` replace some, and None takes one away."""
    values = {
        "classes": ["ant", "bee", "wasp"],
        "class_indices": [0, 1, 2],
        "generic": "torch:own.py:net",
        "size_px": 96,
        "engine": "ONNX Runtime",
        "threads": 1,
        "ms": 10.0,
        "generic_ms": 20.0,
        "macs": 150 * 10**6,
        "generic_macs": 300 * 10**6,
        "images": 250,
        "other_r_squared": 0.83,
        "evidence": (found or evidence()).to_values(),
        "cost": asdict(COST),
        "solved": [asdict(Recovery(layer, 0.4, 0.1)) for layer in LAYERS],
        "layers": [
            *(asdict(LayerWidth(layer, 64, 64 if layer == "stem" else 16, 10**7, 10**6)) for layer in LAYERS[:-1]),
            asdict(LayerWidth("head", 1000, 4, 64_000, 256)),
        ],
        "candidates": [asdict(one) for one in CANDIDATES],
        "machine": asdict(fingerprint()),
        **changes,
    }
    return {key: value for key, value in values.items() if value is not None}


def int8(at_float: Evidence) -> dict[str, Any]:
    """What is noted besides where int8 serves."""
    return {
        "precision": "int8",
        "file_bytes": 10_000_000,
        "generic_file_bytes": 100_000_000,
        "generic_int8_ms": 9.0,
        "fp32": {
            "model": "net-user-fp32.onnx",
            "ms": 25.0,
            "file_bytes": 40_000_000,
            "evidence": at_float.to_values(),
        },
    }


def write(folder: Path, values: dict[str, Any]) -> Path:
    """The folder."""
    write_json(folder / RECORD, KIND, SCHEMA, values)
    return folder
