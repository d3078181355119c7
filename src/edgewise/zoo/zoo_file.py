"""A zoo file: several classifiers with their cards in one TOML.

[[model]]
source = "onnx:models/a.onnx"      # relative to this file
size_px = 224
classes = "imagenet1k"
"""

import tomllib
from pathlib import Path

from edgewise.errors import ModelError
from edgewise.zoo.card import CardFile, check_card


def read_zoo_file(path: Path) -> tuple[CardFile, ...]:
    """The cards of a zoo file, in its order. Raises `ModelError` when it has another form."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError, RecursionError) as error:  # ValueError: no UTF-8, no TOML, or numbers without end
        raise ModelError(f"The zoo file {path} cannot be read: {error}.", "Correct the path or the file.") from error
    models = content.pop("model", None)
    if content or not isinstance(models, list) or not all(isinstance(entry, dict) for entry in models):
        raise ModelError(f"{path} is no zoo file.", "It needs one [[model]] table per classifier, and nothing else.")
    return tuple(check_card(entry, f"{path}, model {i}", path.parent) for i, entry in enumerate(models, 1))
