"""What is tested: a deployed selector, and beside it the most capable of its models by itself."""

from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns
from typing import NotRequired, TypedDict

import numpy as np

from edgewise.errors import LabelError
from edgewise.images.dataset import Dataset
from edgewise.profile.label_map import LabelMap
from edgewise.restore import restore
from edgewise.robustness.cell import REFUSED
from edgewise.select.judge.fair_table import FairTable
from edgewise.select.saved import DESCRIPTION, read_about
from edgewise.select.single import KIND as SINGLE
from edgewise.serve.deployment import Deployment, bundled_folder
from edgewise.serve.engine import Engine
from edgewise.zoo.classes import ClassSet
from edgewise.zoo.classifier import Classifier


@dataclass(frozen=True)
class Reply:
    """What one image gave; times in ms, decoding apart."""

    answer: int  # a class, or REFUSED
    models_run: int
    time_ms: float
    single_answer: int
    single_ms: float


class Subject:
    """An engine, and its most capable model; both are loaded once.

    `selector`: a folder that `edgewise select fit` wrote, None = the bundled one. The most capable model is the most
    accurate one of the selector's fair table, or its dearest. Raises what `Engine` raises.
    """

    def __init__(
        self,
        selector: Path | None,
        *,
        threads: int = 1,
        models: Path | None = None,
        trust_code: bool = False,
    ) -> None:
        self.folder = bundled_folder() if selector is None else selector
        self.engine = Engine(self.folder, threads=threads, models=models, trust_code=trust_code)
        self.single_name = _most_capable(self.folder, self.deployment)
        self._trust_code = trust_code
        self._loaded: Classifier | None = None
        classes = self.deployment.classes
        keys = classes.ids or [classes.short_name(index) for index in range(len(classes))]  # as the engine names them
        self._class_of = {key: index for index, key in enumerate(keys)}

    @property
    def deployment(self) -> Deployment:
        return self.engine.deployment

    def answer(self, pixels: np.ndarray) -> Reply:
        """Answer uint8 RGB [h, w, 3] twice: by the selector, and by the single model."""
        reply = self.engine.classify(pixels)
        key = reply.class_id or reply.label
        answer = REFUSED if reply.refused or key is None else self._class_of[key]
        spent = reply.choose_ms + reply.infer_ms
        if self.deployment.selector.kind == SINGLE:  # both are one
            return Reply(answer, 1, spent, answer, spent)
        return Reply(answer, len(reply.ran), spent, *self._by_single(pixels))

    def _by_single(self, pixels: np.ndarray) -> tuple[int, float]:
        model = self._single()
        outputs = self.deployment.members[self.single_name].outputs
        started = perf_counter_ns()
        logits = model.predict(model.preprocess(pixels)[None])[0]
        spent_ms = (perf_counter_ns() - started) / 1e6
        return int((logits if outputs is None else logits[outputs]).argmax()), spent_ms

    def _single(self) -> Classifier:
        if self._loaded is None:
            member = self.deployment.members[self.single_name]
            self._loaded = member.load(self.engine.ways, trust_code=self._trust_code)
        return self._loaded

    def classes_of(self, dataset: Dataset) -> dict[str, int]:
        """The class that each label of a data set means to the selector, found as a profile finds it.

        Raises `LabelError` for labels that mean none.
        """
        space = LabelMap(self.deployment.classes, self._whole(dataset.labels), ())
        try:
            space.whole.indices(dataset.labels)
            return {label: space.index(label) for label in dataset.labels}
        except LabelError as error:
            raise LabelError(f"Labels of {dataset.root}: {error.message}", error.hint) from error

    def _whole(self, labels: tuple[str, ...]) -> ClassSet:
        """The class set in which a label's number counts: a model's own, of which the selector may keep a part."""
        restricted = any(member.outputs is not None for member in self.deployment.members.values())
        numbered = any(label.isdecimal() for label in labels)
        return self._single().card.classes if restricted and numbered else self.deployment.classes


class _About(TypedDict):
    fair_table: NotRequired[FairTable]


def _most_capable(folder: Path, deployment: Deployment) -> str:
    """The most accurate of the selector's models where its fair table tells, else the dearest."""
    models = deployment.selector.models
    table = restore(_About, read_about(folder), folder / DESCRIPTION).get("fair_table")
    rows = [row for row in table.rows if row.kind == "single" and row.name in models] if table else []
    return max(rows, key=lambda row: row.accuracy.value).name if rows else models[-1]
