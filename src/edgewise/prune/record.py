"""A user's network on disk: plan and weights, the ONNX file that serves, and the evidence that let it in."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import torch

from edgewise import store
from edgewise.errors import UsageError
from edgewise.machine import fingerprint
from edgewise.prune.cost import break_even
from edgewise.prune.layer_widths import LayerWidth, layer_widths
from edgewise.prune.load import PLAN, WEIGHTS, save_pruned
from edgewise.prune.make import UserNetwork
from edgewise.prune.speed import in_turns_ms
from edgewise.prune.user_record import KIND, RECORD, SCHEMA, Candidate, Foretold
from edgewise.report.user_network import write_report
from edgewise.runtime.torch import TorchSession
from edgewise.text import printable
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier, text_fingerprint
from edgewise.zoo.export import export_onnx

OTHER = "(other)"


@dataclass(frozen=True)
class Written:
    """What was written, and how fast it is beside the generic network: medians of runs that took turns."""

    model: Path
    ms: float
    generic_ms: float
    record: dict[str, Any]
    report: Path


def check_out(folder: Path) -> None:
    """Raises `UsageError` for a folder that holds something else than an earlier user's network, or a part of one."""
    begun = any((folder / name).is_file() for name in (PLAN, WEIGHTS))
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not begun)):
        raise UsageError(
            f"{printable(folder)} holds other things than a pruned network.", "Name a new folder for --out."
        )


def write_user_network(
    folder: Path,
    made: UserNetwork,
    base: Classifier,
    generic: Classifier,
    *,
    threads: int,
    candidates: Sequence[Candidate] = (),
    foretold: Foretold | None = None,
) -> Written:
    """Write `plan.json`, `weights.safetensors`, `NAME-user.onnx` with its card, `user_network.json` and `report.html`.

    In that order. `base`: the classifier that it was made of, its card with the input size that it takes. The ONNX file
    is checked against PyTorch and timed beside that of the generic network at its own input size, one image at a time.
    `candidates`: the networks that were tried. `foretold`: its time on the device that it was made for, where that is
    another; what was measured here stays apart from it.
    """
    folder.mkdir(parents=True, exist_ok=True)
    save_pruned(folder, made.plan, made.network)
    card = base.card
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
        whole = export_onnx(replace(generic, card=replace(generic.card, name="generic")), Path(temporary))
        both = [(whole.model, generic.card.preprocess.size_px), (exported.model, size_px)]
        generic_ms, ms = in_turns_ms(both, threads=threads)
    record = {
        "classes": [card.classes.short_name(index) for index in made.classes],
        "class_indices": list(made.classes),
        "generic": card.source,
        "base": card.name,
        "replaces": generic.card.name,
        "cut": made.plan.removes,
        "size_px": size_px,
        "generic_size_px": generic.card.preprocess.size_px,
        "engine": "ONNX Runtime",
        "threads": threads,
        "ms": ms,
        "generic_ms": generic_ms,
        "macs": made.macs,
        "generic_macs": made.macs_before,  # at the same input size
        "images": made.images,
        "other_r_squared": made.recovered.other_r_squared,
        "evidence": made.evidence.to_values(),
        "cost": asdict(made.cost),
        "break_even_inferences": break_even(made.cost.seconds, generic_ms, ms),
        "solved": [asdict(one) for one in made.recovered.solved],
        "walked": [asdict(one) for one in made.walked],
        "distilled": None if made.recovered.distilled is None else asdict(made.recovered.distilled),
        "layers": [asdict(one) for one in _widths(base, made, size_px)],
        "candidates": [asdict(one) for one in candidates],
        "foretold": None if foretold is None else asdict(foretold),
        "machine": asdict(fingerprint()),
    }
    store.write_json(folder / RECORD, KIND, SCHEMA, record)
    return Written(exported.model, ms, generic_ms, record, write_report(folder))


def _widths(base: Classifier, made: UserNetwork, size_px: int) -> tuple[LayerWidth, ...]:
    """Nothing where nothing was cut, and for a network that is no PyTorch module any more."""
    if not (made.plan.removes and isinstance(base.session, TorchSession)):
        return ()
    return layer_widths(base.session.module, made.network, torch.zeros(1, 3, size_px, size_px))


def _with_other(classes: ClassSet) -> ClassSet:
    """The user's classes, and one for all others."""
    return ClassSet((*classes.names, OTHER), (*classes.ids, OTHER) if classes.ids else ())
