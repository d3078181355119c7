"""A user's network on disk: plan and weights, the ONNX file that serves, and the evidence that let it in."""

import tempfile
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from edgewise import store
from edgewise.errors import UsageError
from edgewise.machine import fingerprint
from edgewise.prune.load import PLAN, save_pruned
from edgewise.prune.make import UserNetwork
from edgewise.prune.speed import in_turns_ms
from edgewise.runtime.torch import TorchSession
from edgewise.text import printable
from edgewise.zoo.card import Card
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier, text_fingerprint
from edgewise.zoo.export import export_onnx

KIND, SCHEMA = "user network", 1
RECORD = "user_network.json"
OTHER = "(other)"


@dataclass(frozen=True)
class Written:
    """What was written, and how fast it is beside the generic network: medians of runs that took turns."""

    model: Path
    ms: float
    generic_ms: float
    record: dict[str, Any]


def check_out(folder: Path) -> None:
    """Raises `UsageError` for a folder that holds something else than an earlier user's network."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / PLAN).is_file())):
        raise UsageError(
            f"{printable(folder)} holds other things than a pruned network.", "Name a new folder for --out."
        )


def write_user_network(folder: Path, made: UserNetwork, card: Card, generic: Classifier, *, threads: int) -> Written:
    """Write `plan.json`, `weights.safetensors`, `NAME-user.onnx` with its card, and `user_network.json`, in that order.

    The ONNX file is checked against PyTorch and timed beside the generic network's, one image at a time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_pruned(folder, made.plan, made.network)
    size_px = card.preprocess.size_px
    session = TorchSession(made.network, card.name, size_px=size_px, threads=threads)
    own = replace(
        card,
        name=f"{card.name}-user",
        source=f"pruned:{card.source}",
        classes=_with_other(card.classes.subset(made.classes)),
        macs=made.macs,
        params=sum(weight.numel() for weight in made.network.parameters()),
    )
    exported = export_onnx(Classifier(own, session, text_fingerprint(own.name)), folder)
    with tempfile.TemporaryDirectory() as temporary:
        whole = export_onnx(replace(generic, card=replace(card, name="generic")), Path(temporary))
        generic_ms, ms = in_turns_ms([(whole.model, size_px), (exported.model, size_px)], threads=threads)
    record = {
        "classes": [card.classes.short_name(index) for index in made.classes],
        "class_indices": list(made.classes),
        "generic": card.source,
        "size_px": size_px,
        "engine": "ONNX Runtime",
        "threads": threads,
        "ms": ms,
        "generic_ms": generic_ms,
        "macs": made.macs,
        "generic_macs": made.macs_before,
        "images": made.images,
        "other_r_squared": made.other_r_squared,
        "evidence": made.evidence.to_values(),
        "spent": [asdict(one) for one in made.spent],
        "solved": [asdict(one) for one in made.solved],
        "machine": asdict(fingerprint()),
    }
    store.write_json(folder / RECORD, KIND, SCHEMA, record)
    return Written(exported.model, ms, generic_ms, record)


def _with_other(classes: ClassSet) -> ClassSet:
    """The user's classes, and one for all others."""
    return ClassSet((*classes.names, OTHER), (*classes.ids, OTHER) if classes.ids else ())
