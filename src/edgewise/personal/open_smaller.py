"""Put smaller generic networks into a device's state folder."""

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from edgewise import store
from edgewise.errors import LabelError, UsageError
from edgewise.personal.generic import GenericParts
from edgewise.personal.smaller import FOLDER, Smaller, write_smaller
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.card import read_card
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.model_files import files_of, is_file_kind
from edgewise.zoo.sources import Source
from edgewise.zoo.tiny.shipped import shipped_path


def open_smaller(sources: Sequence[Source], folder: Path) -> tuple[Smaller, ...]:
    """Copy these to a generic network's folder, those that run on PyTorch as ONNX files.

    Raises `UsageError` for one that does not know all of the generic network's classes, or is no file and does not run
    on PyTorch; `ModelError` for one that cannot be loaded or exported; `StoreError` where they cannot be written.
    """
    generic = GenericParts.read(folder)
    found = tuple(_opened(source, number, generic, folder) for number, source in enumerate(sources, start=1))
    write_smaller(folder, found)
    return found


def _opened(source: Source, number: int, generic: GenericParts, folder: Path) -> Smaller:
    classifier = load(source)
    outputs = _outputs(classifier, generic.classes, generic.name)
    kept = _kept(source, classifier, folder / FOLDER / str(number))
    again = load(kept)
    given = dict(kept.card.given) | {"name": classifier.card.name}
    file = str(Path(kept.where).relative_to(folder))
    return Smaller(classifier.card.name, source.text, kept.kind, file, given, again.fingerprint, outputs)


def _outputs(classifier: Classifier, wanted: ClassSet, generic: str) -> tuple[int, ...]:
    known = classifier.card.classes
    if known.keys == wanted.keys:
        return tuple(range(len(known)))
    try:
        return tuple(known.indices(wanted.keys))
    except LabelError as error:
        raise UsageError(
            f"{classifier.card.source} does not know all classes of {generic}: {error.message}",
            "Give a network of the same classes; its card says which it has.",
        ) from error


def _kept(source: Source, classifier: Classifier, home: Path) -> Source:
    """The source that the state folder holds; each has a folder of its own, as two files may have one name."""
    if isinstance(classifier.session, TorchSession):
        from edgewise.zoo.export import export_onnx

        exported = export_onnx(classifier, home)
        return Source("onnx", str(exported.model), read_card(exported.card))
    if source.kind == "tiny":
        source = replace(source, kind="onnx", where=str(shipped_path(f"tiny:{source.where}", ".onnx")))
    if not is_file_kind(source.kind):
        raise UsageError(
            f"{source.text} is no file of a network.", "Give the file: onnx:PATH, tflite:PATH or openvino:PATH.xml."
        )
    path = Path(source.where)
    for part in reversed(files_of(path)):  # the one that is named last: what it needs is there already
        with store.atomic_path(home / part.name) as temporary:
            shutil.copyfile(part, temporary)
    return replace(source, where=str(home / path.name))
