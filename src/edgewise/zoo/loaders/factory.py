"""PyTorch networks from the user's own code: `torch:PATH.py:FACTORY`, `torch:MODULE:FACTORY`."""

import importlib
import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgewise.errors import ModelError
from edgewise.runtime.session import DEFAULT_SIZE_PX
from edgewise.runtime.torch import import_torch
from edgewise.zoo.classifier import Classifier, text_fingerprint
from edgewise.zoo.loaders.module import module_classifier
from edgewise.zoo.loaders.usual import Usual, imagenet_input
from edgewise.zoo.loaders.weights import load_weights, local_weights
from edgewise.zoo.sources import Source


def load_torch(source: Source, *, threads: int, embedding: bool) -> Classifier:
    """What a factory without arguments returns, with the weights that the card names, if it does."""
    torch = import_torch(f"The model {source.text}")
    weights = local_weights(source.card)
    home, _, factory_name = source.where.rpartition(":")
    torch.set_num_threads(threads)
    factory = _factory(home, factory_name)
    try:
        module = factory()
    except Exception as error:  # foreign code
        raise ModelError(f"{source.text} failed: {type(error).__name__}: {error}.", "Correct the factory.") from error
    if not isinstance(module, torch.nn.Module):
        raise ModelError(
            f"{source.text} gave a {type(module).__name__}; expected a torch.nn.Module.", "Correct the factory."
        )
    if weights is not None:
        load_weights(module, weights, source.text)
    size = source.card.given.get("size_px", DEFAULT_SIZE_PX)
    return module_classifier(module, source, threads, Usual(imagenet_input(size)), embedding=embedding)


def _factory(home: str, name: str) -> Callable[[], Any]:
    try:
        module = _import_file(Path(home)) if home.endswith(".py") else importlib.import_module(home)
    except ModuleNotFoundError as error:
        raise ModelError(
            f"{home} cannot be imported: {error}.", "Install what it needs, or correct the name."
        ) from error
    except ModelError:
        raise
    except Exception as error:  # foreign code
        raise ModelError(f"{home} cannot be imported: {type(error).__name__}: {error}.", "Correct the file.") from error
    factory = getattr(module, name, None)
    if not callable(factory):
        raise ModelError(
            f"{home} has no factory {name!r}.", "Name a function without arguments that returns an nn.Module."
        )
    return factory


def _import_file(path: Path) -> Any:
    if not path.is_file():
        raise ModelError(f"There is no {path}.", "Correct the path: torch:PATH.py:FACTORY.")
    name = f"edgewise_factory_{text_fingerprint(os.fspath(path))[:12]}"
    spec = importlib.util.spec_from_file_location(name, path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    # A dataclass or a pickle in the file looks its module up by name.
    sys.modules[name] = module
    spec.loader.exec_module(module)
    return module
