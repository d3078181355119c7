"""A PyTorch module as a classifier."""

import hashlib
from typing import Any

from edgewise.errors import ModelError
from edgewise.runtime.probe import probe
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.card import complete
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.usual import Usual, output_kind
from edgewise.zoo.macs.torch import count_macs
from edgewise.zoo.sources import Source

_OF_FILES = ("input_name", "output_name", "layout")


def module_classifier(module: Any, source: Source, threads: int, usual: Usual, *, embedding: bool) -> Classifier:
    """Put an `nn.Module` onto PyTorch, with the card that `source` gives and `usual` completes."""
    for key in _OF_FILES:
        if key in source.card.given:
            raise ModelError(f"{source.card.origin}: {key} cannot be said of a PyTorch network.", "Leave the line out.")
    size_px = source.card.given.get("size_px", usual.preprocess.size_px)
    session = TorchSession(module, source.text, size_px=size_px, threads=threads, embedding=embedding)
    found = probe(session, source.text, size_px)
    card = complete(
        source.card,
        name=source.name,
        source=source.text,
        size_px=None,
        outputs=found.outputs,
        output=output_kind(source.card, found),
        preprocess=usual.preprocess,
        classes=usual.classes,
        params=sum(weight.numel() for weight in module.parameters()),
        macs=count_macs(session.module, size_px),
        licence=usual.licence,
        paper=usual.paper,
    )
    return Classifier(card, session, _weights_fingerprint(module))


def _weights_fingerprint(module: Any) -> str:
    """SHA-256 of names, shapes and bytes of the weights."""
    digest = hashlib.sha256()
    for name, tensor in module.state_dict().items():
        digest.update(f"{name} {tuple(tensor.shape)} {tensor.dtype}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().numpy().tobytes())
    return digest.hexdigest()
