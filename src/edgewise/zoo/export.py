"""Write a PyTorch classifier as an ONNX file with its card, so that it answers the same without PyTorch."""

import json
import warnings
from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import MissingExtra, ModelError, UsageError
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.torch import TorchSession
from edgewise.store import atomic_path, remove
from edgewise.zoo.card import Card
from edgewise.zoo.classes import imagenet1k, numbered
from edgewise.zoo.classifier import Classifier

OPSET = 20
TOLERANCE = 1e-3  # of the largest logit, between PyTorch's answers and ONNX Runtime's
_PROTOBUF_BYTES = 2**31 - 1
_CHECK_IMAGES = 2


@dataclass(frozen=True)
class Exported:
    """Where an exported classifier lies, and how far its outputs are from PyTorch's, as a share of the largest."""

    model: Path
    card: Path
    relative_error: float


def export_onnx(classifier: Classifier, folder: Path) -> Exported:
    """Write `NAME.onnx` and `NAME.toml`, so that the source `onnx:NAME.onnx` answers as the classifier does.

    The network maps float32 [n, 3, size, size] to [n, outputs]; n is 1 where it cannot be exported with an open batch.
    The file is run before it gets its name: on noise its outputs must agree with PyTorch's to within `TOLERANCE` of the
    largest. Raises `UsageError` for a classifier of another engine, `ModelError` when the network cannot be exported or
    answers otherwise, `StoreError` when the folder cannot be written.
    """
    session = classifier.session
    if not isinstance(session, TorchSession):
        raise UsageError(
            f"{classifier.card.source} does not run on PyTorch; it needs no export.",
            "Export timm:, torchvision:, hf: and torch: sources.",
        )
    size_px = classifier.card.preprocess.size_px
    content = to_onnx(session.module, size_px, classifier.card.source)
    path, card_path = _paths(folder, classifier.card)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
        error = _relative_error(session, OnnxSession(temporary), size_px)
        if not error <= TOLERANCE:
            raise ModelError(
                f"The ONNX file of {classifier.card.source} gives other outputs than PyTorch: they differ by "
                f"{error:.2g} of the largest, allowed is {TOLERANCE:g}.",
                "Run it with PyTorch, or export it with its own exporter.",
            )
    _write_card(card_path, classifier.card)
    return Exported(path, card_path, error)


def write_file(folder: Path, card: Card, content: bytes) -> Path:
    """Write an ONNX file that was made otherwise, with its card, under the names that `export_onnx` would give them."""
    path, card_path = _paths(folder, card)
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)
    _write_card(card_path, card)
    return path


def remove_file(folder: Path, card: Card) -> None:
    """Remove both where they are there."""
    for path in _paths(folder, card):
        remove(path)


def _paths(folder: Path, card: Card) -> tuple[Path, Path]:
    """Of the file and of its card."""
    stem = folder / file_stem(card.name)
    return stem.with_name(f"{stem.name}.onnx"), stem.with_name(f"{stem.name}.toml")


def _write_card(path: Path, card: Card) -> None:
    with atomic_path(path) as temporary:
        temporary.write_text(card_toml(card), encoding="utf-8")


def card_toml(card: Card, *, without: Collection[str] = ()) -> str:
    """The card file that says what this card says, `without` some of its keys."""
    prepared = card.preprocess
    values: dict[str, Any] = {
        "name": card.name,
        "output": card.output,
        "size_px": prepared.size_px,
        "resize_px": prepared.resize_px,
        "resize": prepared.resize,
        "interpolation": prepared.interpolation,
        "mean": prepared.mean,
        "std": prepared.std,
        "skip_outputs": card.skip_outputs,
    }
    if card.classes == imagenet1k():
        values["classes"] = "imagenet1k"
    elif card.classes != numbered(len(card.classes)):
        values["classes"] = card.classes.names
        values |= {"class_ids": card.classes.ids} if card.classes.ids else {}
    figures = {"macs": card.macs, "params": card.params, "licence": card.licence, "paper": card.paper}
    values |= {key: value for key, value in figures.items() if value}
    # JSON strings, numbers and arrays of them are TOML too.
    return "".join(
        f"{key} = {json.dumps(value, ensure_ascii=False)}\n" for key, value in values.items() if key not in without
    )


def to_onnx(module: Any, size_px: int, what: str) -> bytes:
    """The bytes of an ONNX file of a `torch.nn.Module` that takes float32 [n, 3, size, size].

    `what` names it in errors. Raises as `part_to_onnx` does.
    """
    return part_to_onnx(module, (3, size_px, size_px), what, ("image", "logits"))


def part_to_onnx(module: Any, shape: tuple[int, ...], what: str, names: tuple[str, str]) -> bytes:
    """The same of any `torch.nn.Module` from one tensor, float32 [n, *shape], to one; `names` are theirs in the file.

    Raises `ModelError` when it cannot be exported, `MissingExtra` without the exporter.
    """
    try:
        import onnxscript  # noqa: F401 - the exporter needs it and says so badly
    except ImportError as error:
        raise MissingExtra("Exporting to ONNX", "torch") from error
    import torch

    failure: Exception | None = None
    for batch in (2, 1):  # an example batch of one is taken for a constant
        dynamic = ({0: torch.export.Dim("n")},) if batch > 1 else None
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # of deprecations in the exporter's own code
                program = torch.onnx.export(
                    module,
                    (torch.zeros(batch, *shape),),
                    input_names=[names[0]],
                    output_names=[names[1]],
                    dynamic_shapes=dynamic,
                    opset_version=OPSET,
                    dynamo=True,
                    verbose=False,
                )
        except Exception as error:  # the exporter's, or the network's own
            failure = error
        else:
            assert program is not None
            return _without_traces(program.model_proto, what)
    reason = next((line.strip() for line in str(failure).splitlines() if line.strip()), type(failure).__name__)
    raise ModelError(f"{what} cannot be exported to ONNX: {reason[:300]}", "Run it with PyTorch.") from failure


def _without_traces(model: Any, what: str) -> bytes:
    """The file's bytes, less the stack trace of every node, which holds the paths of this machine."""
    if model.ByteSize() > _PROTOBUF_BYTES:
        raise ModelError(f"{what} is larger than the 2 GiB that one ONNX file can hold.", "Run it with PyTorch.")
    for node in model.graph.node:
        del node.metadata_props[:]
    for value in (*model.graph.input, *model.graph.output, *model.graph.value_info, *model.graph.initializer):
        del value.metadata_props[:]
    del model.graph.metadata_props[:]
    return model.SerializeToString()


def _relative_error(torch_session: TorchSession, onnx_session: OnnxSession, size_px: int) -> float:
    noise = np.random.default_rng(0).normal(size=(_CHECK_IMAGES, 3, size_px, size_px)).astype(np.float32)
    expected = torch_session.run(noise)
    return relative_error(expected, onnx_session.run(noise))


def relative_error(expected: np.ndarray, found: np.ndarray) -> float:
    """The largest difference, as a share of the largest expected value."""
    return float(np.abs(found - expected).max() / max(np.abs(expected).max(), np.finfo(np.float32).tiny))


def file_stem(name: str) -> str:
    """A file name for a classifier's name: what a path could misread becomes a dash."""
    return "".join(c if c.isalnum() or c in "._-" else "-" for c in name)
