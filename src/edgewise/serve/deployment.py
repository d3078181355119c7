"""What a selector folder holds beside the selector: where its models are, and what its answers mean."""

from collections.abc import Sequence
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.errors import ModelError, StoreError, UsageError
from edgewise.select.saved import load_selector, read_about, save_selector
from edgewise.select.selector import Selector
from edgewise.serve.carried import Carried, leaves
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import Source, from_description


@dataclass(frozen=True)
class Member:
    """One model of a deployment."""

    name: str
    source: Source
    fingerprint: str
    outputs: np.ndarray | None  # its outputs for the classes of the answer space; None = all, in order
    carried: Carried

    def load(self, threads: int, *, trust_code: bool = False) -> Classifier:
        """Load the model.

        Raises `ModelError` when it is not there or not the one that the selector was fitted with, `UsageError` when it
        is made by Python code, which a selector must not bring along, and `trust_code` does not allow that.
        """
        code = [source.where for source in leaves(self.source) if source.kind == "torch"]
        if code and not trust_code:
            raise UsageError(
                f"This selector wants to run the Python code of {' and '.join(code)}.",
                "If you trust it: Engine(..., trust_code=True), or `edgewise classify --trust-code`.",
            )
        source = self.carried.find(self.source)
        model = load(source, threads=threads)
        if model.fingerprint != self.fingerprint:
            raise ModelError(
                f"{source.text} is not the model that the selector was fitted with, or has changed since.",
                "Profile the zoo again and fit the selector again.",
            )
        return model


@dataclass(frozen=True)
class Deployment:
    """A selector, the models it may run, and the classes it answers with."""

    selector: Selector
    members: dict[str, Member]
    classes: ClassSet


def bundled_folder() -> Path:
    """The selector of the bundled tiny zoo."""
    return Path(str(resources.files("edgewise.zoo.tiny").joinpath("selector")))


def save_deployment(folder: Path, selector: Selector, manifest: dict[str, Any], about: dict[str, Any]) -> None:
    """Write a selector with what it needs to answer; `manifest` is that of the profile it was fitted on."""
    kept = [i for i, model in enumerate(manifest["models"]) if model["name"] in selector.models]
    save_selector(
        folder,
        selector,
        {
            "made_in": str(folder.absolute()),
            "models": [manifest["models"][i] for i in kept],
            "outputs": [manifest["outputs"][i] for i in kept],
            "classes": manifest["classes"],
            "profile": {key: manifest[key] for key in ("data_sha256", "images", "machine", "edgewise", "created")},
            **about,
        },
    )


def open_deployment(folder: Path, models: Path | None = None) -> Deployment:
    """Open a selector folder; models are loaded later, on first use.

    A model file is looked for in `models`, then where it was, seen from the selector's folder, then at its full path.
    Raises `StoreError` for what is no such folder.
    """
    selector = load_selector(folder)
    about = read_about(folder)
    try:
        carried = Carried(Path(about.get("made_in", folder.absolute())), folder, models)
        members = [
            _member(model, outputs, carried) for model, outputs in zip(about["models"], about["outputs"], strict=True)
        ]
        classes = ClassSet(tuple(about["classes"]["names"]), tuple(about["classes"]["ids"]))
    except (KeyError, TypeError, ValueError) as error:
        raise StoreError(
            f"{folder} does not say which models its selector needs.", "Fit the selector again."
        ) from error
    missing = set(selector.models) - {member.name for member in members}
    if missing:
        raise StoreError(f"{folder} does not describe {', '.join(sorted(missing))}.", "Fit the selector again.")
    return Deployment(selector, {member.name: member for member in members}, classes)


def _member(model: dict[str, Any], outputs: Sequence[int] | None, carried: Carried) -> Member:
    chosen = None if outputs is None else np.array(outputs, np.int64)
    return Member(model["name"], from_description(model), model["fingerprint"], chosen, carried)
