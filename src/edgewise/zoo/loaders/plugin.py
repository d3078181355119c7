"""Files of networks on the runtimes of other packages."""

from pathlib import Path

from edgewise.errors import UsageError
from edgewise.plugins import plugin_named
from edgewise.runtime.plugin_runtime import open_on
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders.image_network import image_classifier
from edgewise.zoo.loaders.usual import ends_of
from edgewise.zoo.model_files import file_fingerprint
from edgewise.zoo.sources import Source


def load_plugin(source: Source, *, threads: int, embedding: bool) -> Classifier:
    """Raises `UsageError` for a kind that no package offers."""
    plugin = plugin_named("runtime", source.kind)
    if plugin is None:
        raise UsageError(f"No installed package offers the runtime {source.kind!r}.", "Install the one that does.")
    path = Path(source.where)
    fingerprint = file_fingerprint(path)
    session = open_on(plugin, path, threads=threads, ends=ends_of(source.card, None), embedding=embedding)
    return image_classifier(source, session, fingerprint)
