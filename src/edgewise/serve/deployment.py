"""What a selector folder holds beside the selector: where its models are, and what its answers mean."""

from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any, NotRequired, TypedDict

import numpy as np

from edgewise.errors import MissingPlugin, ModelError, StoreError, UsageError
from edgewise.profile.label_map import has_outputs
from edgewise.profile.manifest import Manifest, StoredClasses, StoredModel, StoredSource, class_set
from edgewise.restore import restore
from edgewise.select.saved import DESCRIPTION, load_selector, read_about, save_selector
from edgewise.select.selector import Selector
from edgewise.serve.carried import Carried, leaves
from edgewise.serve.fastest import Ways
from edgewise.zoo.card import check_card
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier
from edgewise.zoo.loaders import load
from edgewise.zoo.sources import KINDS, Source, from_description, is_kind


@dataclass(frozen=True)
class Member:
    """One model of a deployment."""

    name: str
    source: Source
    fingerprint: str
    outputs: np.ndarray | None  # its outputs for the classes of the answer space; None = all, in order
    classes: int  # of the answer space
    carried: Carried

    def load(self, ways: Ways, *, trust_code: bool = False, embedding: bool = False) -> Classifier:
        """Load the model onto the best of `ways`, with its penultimate vector where `embedding` says that it is needed.

        Raises `ModelError` when it is not there, not the one that the selector was fitted with, or without such a
        vector, `UsageError` when it is made by Python code, which a selector must not bring along, and `trust_code`
        does not allow that.
        """
        code = [source.where for source in leaves(self.source) if source.kind == "torch"]
        if code and not trust_code:
            raise UsageError(
                f"This selector wants to run the Python code of {' and '.join(code)}.",
                "If you trust it: Engine(..., trust_code=True), or `edgewise classify --trust-code`.",
            )
        source = self.carried.find(self.source)
        way = ways.best(source)
        model = load(source, threads=way.threads, embedding=embedding, engine=way.engine)
        if model.fingerprint != self.fingerprint:
            raise ModelError(
                f"{source.text} is not the model that the selector was fitted with, or has changed since.",
                "Profile the zoo again and fit the selector again.",
            )
        if embedding and model.embedding_width is None:
            raise ModelError(
                f"{source.text} gives no penultimate vector here, by which the selector decides.",
                "Answer where the zoo was profiled, or fit a selector that needs none.",
            )
        known = len(model.card.classes)
        if not has_outputs(known, self.outputs, self.classes):
            raise StoreError(
                f"{self.carried.now_in} names outputs that {self.name} with its {known} classes has not.",
                "It was changed by hand; fit the selector again.",
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


def save_deployment(folder: Path, selector: Selector, manifest: Manifest, about: dict[str, Any]) -> None:
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
    Raises `StoreError` for what is no such folder, `MissingPlugin` where it needs a package that is not installed.
    """
    selector = load_selector(folder)
    origin = folder / DESCRIPTION
    about = restore(_About, read_about(folder), origin)
    if len(about["models"]) != len(about["outputs"]):
        raise StoreError(f"{origin} does not give the outputs of each model.", "Fit the selector again.")
    classes = class_set(about["classes"], origin)
    carried = Carried(Path(about.get("made_in", folder.absolute())), folder, models)
    members = {
        model["name"]: Member(
            model["name"],
            _source(model, origin),
            model["fingerprint"],
            None if outputs is None else np.array(outputs),
            len(classes),
            carried,
        )
        for model, outputs in zip(about["models"], about["outputs"], strict=True)
    }
    missing = set(selector.models) - members.keys()
    if missing:
        raise StoreError(f"{folder} does not describe {', '.join(sorted(missing))}.", "Fit the selector again.")
    return Deployment(selector, members, classes)


class _About(TypedDict):
    """What is read of a selector's notes; more may be in them."""

    made_in: NotRequired[str]
    models: list[StoredModel]
    outputs: list[list[int] | None]
    classes: StoredClasses


def _source(stored: StoredSource, origin: Path) -> Source:
    """A stored source, whose card and whose kind may have been changed by hand."""
    check_card(stored["card"], str(origin), origin.parent)
    kind = stored["source"].partition(":")[0]
    package = stored.get("package")
    if not is_kind(kind) and package is not None:
        raise MissingPlugin(f"The model {stored['source']}", package["name"], package["version"])
    if not is_kind(kind):
        raise StoreError(f"{origin}: {kind!r} is no kind of source.", f"Kinds are: {', '.join(KINDS)}.")
    for member in stored.get("members", ()):
        _source(member, origin)
    return from_description(stored)
