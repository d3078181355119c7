"""All that a loaded classifier is, for people and for programs."""

from dataclasses import dataclass
from typing import Any

from edgewise.images.preprocess import Preprocess
from edgewise.runtime.engines import ABOUT, Engine
from edgewise.runtime.executorch import ExecuTorchSession
from edgewise.runtime.litert import LiteRtSession
from edgewise.runtime.ncnn import NcnnSession
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.openvino import OpenVinoSession
from edgewise.runtime.plugin_runtime import PluginSession
from edgewise.runtime.session import Layout, Session
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.ensemble import Ensemble
from edgewise.zoo.macs.count import macs_of

_FIRST = 5
_ENGINES = {
    OnnxSession: Engine.ONNX_RUNTIME,
    OpenVinoSession: Engine.OPENVINO,
    LiteRtSession: Engine.LITERT,
    ExecuTorchSession: Engine.EXECUTORCH,
    NcnnSession: Engine.NCNN,
    TorchSession: Engine.TORCH,
}


@dataclass(frozen=True)
class Input:
    """What a network takes, and how an image becomes that."""

    layout: Layout
    number: str
    preprocess: Preprocess


@dataclass(frozen=True)
class Description:
    """One loaded classifier; None where it cannot be told."""

    name: str
    source: str
    engine: str
    input: Input | None  # None: an ensemble, whose members prepare the image each in their own way
    output: str
    skip_outputs: int
    classes: int
    first_classes: tuple[str, ...]
    params: int | None
    macs: int | None
    bytes: int | None  # of the file, or of the weights in memory
    licence: str
    paper: str
    fingerprint: str
    members: tuple[str, ...]  # of an ensemble


def describe_classifier(classifier: Classifier, file_bytes: int | None = None) -> Description:
    """Say what a classifier is; `file_bytes` is the size of its file where it comes from one."""
    card, session = classifier.card, classifier.session
    members = classifier.members if isinstance(classifier, Ensemble) else ()
    signature = session.signature
    stored = _weight_bytes(session.module) if isinstance(session, TorchSession) else file_bytes
    return Description(
        name=card.name,
        source=card.source,
        engine=" and ".join(dict.fromkeys(_engine(one.session) for one in members or (classifier,))),
        input=None if members else Input(signature.layout, signature.number, card.preprocess),
        output=card.output,
        skip_outputs=card.skip_outputs,
        classes=len(card.classes),
        first_classes=tuple(card.classes.short_name(i) for i in range(min(_FIRST, len(card.classes)))),
        params=card.params,
        macs=macs_of(classifier),
        bytes=stored,
        licence=card.licence,
        paper=card.paper,
        fingerprint=classifier.fingerprint,
        members=tuple(member.card.name for member in members),
    )


def _engine(session: Session) -> str:
    if isinstance(session, PluginSession):
        return f"{session.title} (of the package {session.plugin.package})"
    return ABOUT[_ENGINES[type(session)]].title


def _weight_bytes(module: Any) -> int:
    return sum(weight.numel() * weight.element_size() for weight in module.parameters())
