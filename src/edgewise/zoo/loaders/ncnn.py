"""ncnn networks."""

from pathlib import Path

from edgewise.runtime.ncnn import NcnnSession
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.image_network import image_classifier
from edgewise.zoo.loaders.usual import ends_of
from edgewise.zoo.model_files import file_fingerprint
from edgewise.zoo.sources import Source


def load_ncnn(source: Source, *, threads: int, embedding: bool) -> Classifier:
    path = Path(source.where)
    fingerprint = file_fingerprint(path)
    session = NcnnSession(path, threads=threads, ends=ends_of(source.card, None), embedding=embedding)
    return image_classifier(source, session, fingerprint)
