"""A user's network on disk: plan and weights, the ONNX file that serves, and the evidence that let it in."""

import tempfile
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from edgewise import store
from edgewise.errors import StoreError, UsageError
from edgewise.export.int8_onnx import int8_onnx
from edgewise.machine import fingerprint
from edgewise.prune.cost import break_even
from edgewise.prune.criteria import package_of
from edgewise.prune.int8_network import Int8Network
from edgewise.prune.layer_widths import LayerWidth, layer_widths
from edgewise.prune.load import PLAN, WEIGHTS, save_pruned
from edgewise.prune.make import UserNetwork
from edgewise.prune.plan import KIND as PLAN_KIND
from edgewise.prune.plan import SCHEMA as PLAN_SCHEMA
from edgewise.prune.speed import in_turns_ms
from edgewise.prune.user_record import KIND, RECORD, SCHEMA, Candidate, Foretold
from edgewise.report.user_network import REPORT, write_report
from edgewise.runtime.torch import TorchSession
from edgewise.store import see_that_writable
from edgewise.text import printable
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier, text_fingerprint
from edgewise.zoo.export import export_onnx, remove_file, write_file

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
    """Raises `UsageError` for a folder that holds something else than an earlier user's network, or a part of one, and
    `StoreError` for one that cannot be written.
    """
    begun = (folder / WEIGHTS).is_file() or _is_plan(folder / PLAN)
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not begun)):
        raise UsageError(
            f"{printable(folder)} holds other things than a pruned network.", "Name a new folder for --out."
        )
    see_that_writable(folder)


def _is_plan(path: Path) -> bool:
    """Whether a file is a plan of what to cut; profiles have a plan of that name, too."""
    try:
        store.read_json(path, PLAN_KIND, PLAN_SCHEMA)
    except StoreError:
        return False
    return True


def write_user_network(
    folder: Path,
    made: UserNetwork,
    base: Classifier,
    generic: Classifier,
    *,
    threads: int,
    candidates: Sequence[Candidate] = (),
    int8: Int8Network | None = None,
    foretold: Foretold | None = None,
) -> Written:
    """Write `plan.json`, `weights.safetensors`, `NAME-user.onnx` with its card, `user_network.json` and `report.html`.

    In that order. With `int8`, that is what `NAME-user.onnx` holds, and the network at float32 lies beside it as
    `NAME-user-fp32.onnx` with a card of its own. `base`: the classifier that it was made of, its card with the input
    size that it takes. The ONNX file is checked against PyTorch and timed beside that of the generic network at its own
    input size, one image at a time. `candidates`: the networks that were tried. `foretold`: its
    time on the device that it was made for, where that is another; what was measured here stays apart from it.
    """
    for earlier in (RECORD, REPORT):  # what is said there must not be taken for what is said of the new network
        store.remove(folder / earlier)
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
    twin_card = replace(own, name=f"{own.name}-fp32")
    classifier = Classifier(twin_card if int8 else own, session, text_fingerprint(own.name))
    exported = export_onnx(classifier, folder)
    model = exported.model
    if int8:
        model = write_file(folder, own, int8.content)
    else:
        remove_file(folder, twin_card)  # of an earlier network there, at int8
    times = _times(generic, exported.model, model if int8 else None, size_px, threads)
    record = _record(made, base, generic, size_px, threads, model, times, int8)
    if int8:
        record["generic_int8_ms"] = times.generic_int8_ms
        record["fp32"] = {
            "model": exported.model.name,
            "ms": times.float_ms,
            "file_bytes": exported.model.stat().st_size,
            "evidence": made.evidence.to_values(),
        }
    record["candidates"] = [asdict(one) for one in candidates]
    record["foretold"] = None if foretold is None else asdict(foretold)
    store.write_json(folder / RECORD, KIND, SCHEMA, record)
    return Written(model, times.ms, times.generic_ms, record, write_report(folder))


@dataclass(frozen=True)
class _Times:
    """Medians of runs that took turns; what serves is the float32 network itself where there is none at int8."""

    generic_ms: float
    generic_int8_ms: float | None
    float_ms: float
    ms: float  # of what serves
    generic_bytes: int


def _record(
    made: UserNetwork,
    base: Classifier,
    generic: Classifier,
    size_px: int,
    threads: int,
    model: Path,
    times: _Times,
    int8: Int8Network | None,
) -> dict[str, Any]:
    """What is kept of a user's network, but for what stands beside it."""
    evidence = int8.evidence if int8 else made.evidence
    cost = replace(made.cost, steps=(*made.cost.steps, *int8.cost)) if int8 else made.cost
    return {
        "classes": [base.card.classes.short_name(index) for index in made.classes],
        "class_indices": list(made.classes),
        "generic": base.card.source,
        "base": base.card.name,
        "replaces": generic.card.name,
        "cut": made.plan.removes,
        "criterion": made.criterion,
        "package": package_of(made.criterion) if made.criterion else None,
        "size_px": size_px,
        "generic_size_px": generic.card.preprocess.size_px,
        "engine": "ONNX Runtime",
        "threads": threads,
        "precision": "int8" if int8 else "fp32",
        "ms": times.ms,
        "generic_ms": times.generic_ms,
        "file_bytes": model.stat().st_size,
        "generic_file_bytes": times.generic_bytes,
        "macs": made.macs,
        "generic_macs": made.macs_before,  # at the same input size
        "images": made.images,
        "other_r_squared": made.recovered.other_r_squared,
        "evidence": evidence.to_values(),
        "cost": asdict(cost),
        "break_even_inferences": break_even(cost.seconds, times.generic_ms, times.ms),
        "solved": [asdict(one) for one in made.recovered.solved],
        "walked": [asdict(one) for one in made.walked],
        "distilled": None if made.recovered.distilled is None else asdict(made.recovered.distilled),
        "layers": [asdict(one) for one in _widths(base, made, size_px)],
        "machine": asdict(fingerprint()),
    }


def _times(generic: Classifier, own: Path, own_int8: Path | None, size_px: int, threads: int) -> _Times:
    with tempfile.TemporaryDirectory() as temporary:
        folder, generic_px = Path(temporary), generic.card.preprocess.size_px
        whole = export_onnx(replace(generic, card=replace(generic.card, name="generic")), folder).model
        models = [(whole, generic_px), (own, size_px)]
        if own_int8 is not None:
            noise = np.random.default_rng(0).normal(size=(1, 3, generic_px, generic_px)).astype(np.float32)
            int8_onnx(whole, lambda: iter([noise]), folder / "int8.onnx")  # its answers are not asked for
            models += [(folder / "int8.onnx", generic_px), (own_int8, size_px)]
        taken = in_turns_ms(models, threads=threads)
        generic_int8_ms, ms = taken[2:] if own_int8 is not None else (None, taken[1])
        return _Times(taken[0], generic_int8_ms, taken[1], ms, whole.stat().st_size)


def _widths(base: Classifier, made: UserNetwork, size_px: int) -> tuple[LayerWidth, ...]:
    """Nothing where nothing was cut, and for a network that is no PyTorch module any more."""
    if not (made.plan.removes and isinstance(base.session, TorchSession)):
        return ()
    return layer_widths(base.session.module, made.network, torch.zeros(1, 3, size_px, size_px))


def _with_other(classes: ClassSet) -> ClassSet:
    """The user's classes, and one for all others."""
    return ClassSet((*classes.names, OTHER), (*classes.ids, OTHER) if classes.ids else ())
