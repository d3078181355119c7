"""Ensembles: `ensemble:A+B`."""

from edgewise.zoo.classifier import Classifier
from edgewise.zoo.ensemble import combine
from edgewise.zoo.sources import Source


def load_ensemble(source: Source, *, threads: int, embedding: bool) -> Classifier:
    """Load every member, and combine them. An ensemble has no last layer of its own, so it gives no embedding."""
    from edgewise.zoo.loaders import load

    members = [load(member, threads=threads) for member in source.members]
    return combine(members, source.card, source.name, source.text)
