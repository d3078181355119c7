"""A finished profile, opened: its manifest, its tables, its logits."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from edgewise.energy.energy import Energy
from edgewise.errors import StoreError
from edgewise.images.features import FEATURES, STEPS
from edgewise.profile.latency import StageTime
from edgewise.profile.manifest import (
    IMAGES,
    LATENCY,
    MANIFEST,
    Manifest,
    class_set,
    embedding_file,
    logits_file,
    read_manifest,
)
from edgewise.profile.plan import PLAN
from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.trials import Trials
from edgewise.store import map_array, read_table
from edgewise.zoo.classes import ClassSet


@dataclass(frozen=True)
class Outcomes:
    """What every model answered on every image, and what it cost."""

    folder: Path
    manifest: Manifest
    models: tuple[str, ...]  # in the order of the zoo
    classes: ClassSet

    @cached_property
    def images(self) -> dict[str, list[Any]]:
        """Columns of images.parquet, such as image, label, sha256, width_px, height_px, file_bytes, feature_*."""
        needed = ("image", "label", "sha256", "decode_ms")
        return read_table(self.folder / IMAGES, needed, rows=self.manifest["images"])

    @cached_property
    def labels(self) -> np.ndarray:
        """int64 [n]"""
        return np.array(self.images["label"], np.int64)

    def features(self, names: Sequence[str] = FEATURES) -> np.ndarray:
        """float64 [n, len(names)]; any of `edgewise.images.features.CANDIDATES`.

        Raises `StoreError` for a feature that was not computed.
        """
        missing = [name for name in names if f"feature_{name}" not in self.images]
        if missing:
            raise StoreError(f"{self.folder} has no feature {', '.join(missing)}.", "Make the profile again.")
        return np.stack([np.array(self.images[f"feature_{name}"], np.float64) for name in names], axis=1)

    @cached_property
    def feature_costs(self) -> FeatureCosts:
        """What the candidate features cost on this machine: the medians of their steps."""
        return FeatureCosts({time.model: time.p50_ms for time in self.latency if time.stage == "feature step"}, STEPS)

    @cached_property
    def latency(self) -> tuple[StageTime, ...]:
        """Every measured stage."""
        names = tuple(StageTime.__dataclass_fields__)
        columns = read_table(self.folder / LATENCY, names)
        return tuple(StageTime(*values) for values in zip(*(columns[name] for name in names), strict=True))

    def logits(self, model: str) -> np.ndarray:
        """float16 [n, classes], memory-mapped."""
        path = self.folder / logits_file(self.models.index(model))
        return map_array(path, np.float16, (self.manifest["images"], len(self.classes)))

    def embedding(self, model: str) -> np.ndarray | None:
        """A model's penultimate vectors, float16 [n, width], memory-mapped; None where the profile has none of it."""
        place = self.models.index(model)
        width = self.manifest["models"][place].get("embedding_width")
        if not width:
            return None
        return map_array(self.folder / embedding_file(place), np.float16, (self.manifest["images"], width))

    @property
    def energy(self) -> Energy | None:
        """What an answer of each model costs, in the order of `models`; None for a profile that says nothing of it."""
        stored = self.manifest.get("energy")
        if stored is None:
            return None
        energies = tuple(stored["energy_mj"])
        return Energy(stored["source"], energies, stored["how"], stored["reason"], stored["idle_w"])

    def stage_p50_ms(self, stage: str, model: str = "") -> float:
        """The median of one stage. Raises `StoreError` when it was not measured."""
        return self._stage(stage, model).p50_ms

    def trials(self, features: Sequence[str] = FEATURES) -> Trials:
        """What selectors are fitted and judged on; models cheapest first, with the named features."""
        times = np.array([self.stage_p50_ms("total", model) for model in self.models])
        slow = np.array([self._stage("total", model).p90_ms for model in self.models])
        order = np.argsort(times, kind="stable")
        names = tuple(self.models[i] for i in order)
        energy = self.energy
        return Trials(
            models=names,
            logits=tuple(self.logits(name) for name in names),
            labels=self.labels,
            features=self.features(features),
            feature_names=tuple(features),
            times_ms=times[order],
            p90_ms=slow[order],
            decode_ms=float(np.mean(self.images["decode_ms"])),
            feature_costs=self.feature_costs,
            energy_mj=np.array(energy.energy_mj)[order] if energy and energy.source else None,
            energy_source=energy.source if energy else None,
            embeddings={name: found for name in names if (found := self.embedding(name)) is not None},
        )

    def _stage(self, stage: str, model: str) -> StageTime:
        for time in self.latency:
            if (time.stage, time.model) == (stage, model):
                return time
        raise StoreError(f"{self.folder} has no {stage} time of {model or 'its images'}.", "Make the profile again.")


def open_profile(folder: Path) -> Outcomes:
    """Open a finished profile.

    Raises `StoreError` when it is missing, unfinished, of another schema, torn or changed by hand.
    """
    if not (folder / MANIFEST).exists():
        unfinished = (folder / PLAN).exists()
        raise StoreError(
            f"{folder} holds {'an unfinished profile' if unfinished else 'no profile'}.",
            "Run the same `edgewise profile` again; it goes on where it stopped."
            if unfinished
            else "Make one with: edgewise profile --zoo ... --data FOLDER --out DIR",
        )
    manifest = read_manifest(folder)
    models = tuple(model["name"] for model in manifest["models"])
    return Outcomes(folder, manifest, models, class_set(manifest["classes"], folder / MANIFEST))
