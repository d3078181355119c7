"""The work of a loaded classifier, whatever engine runs it."""

import numpy as np

from edgewise.runtime.litert import LiteRtSession
from edgewise.runtime.onnx import OnnxSession
from edgewise.runtime.torch import TorchSession
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.ensemble import Ensemble
from edgewise.zoo.macs.litert import count_litert
from edgewise.zoo.macs.onnx import count_onnx
from edgewise.zoo.macs.torch import count_torch
from edgewise.zoo.macs.work import Uncounted, Work


def count_work(classifier: Classifier) -> Work:
    """The work for one image. The network is loaded and run once more, so that its own session stays as fast as it is.

    An ensemble does its members' work. Raises `Uncounted`.
    """
    if isinstance(classifier, Ensemble):
        return Work(tuple(layer for member in classifier.members for layer in count_work(member).layers))
    session, size_px = classifier.session, classifier.card.preprocess.size_px
    if isinstance(session, OnnxSession):
        sides = (1, 3, size_px, size_px) if session.signature.layout == "nchw" else (1, size_px, size_px, 3)
        work = count_onnx(session.path, np.zeros(sides, session.signature.number))
    elif isinstance(session, LiteRtSession):
        work = count_litert(session.path, size_px)
    elif isinstance(session, TorchSession):
        work = count_torch(session.module, size_px)
    else:
        raise Uncounted(f"a {type(session).__name__} does not tell its layers")
    if not work.macs:
        raise Uncounted("no layer of it that multiplies was found")
    return work


def macs_of(classifier: Classifier) -> int | None:
    """What its card says, else what is counted; None where neither can be had."""
    if classifier.card.macs is not None:
        return classifier.card.macs
    try:
        return count_work(classifier).macs
    except Uncounted:
        return None
