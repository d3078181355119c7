"""What a selector is fitted and judged on: arrays alone, a row per image."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Literal

import numpy as np

from edgewise.errors import UsageError
from edgewise.select.feature_costs import FeatureCosts
from edgewise.select.rightness import right_in_top
from edgewise.select.some_rows import some_rows

EnergySource = Literal["measured", "modelled"]


@dataclass(frozen=True)
class Trials:
    """n images tried on m models of one class set.

    Times are measured on one machine in one run: medians, but for decoding, whose mean over the images stands. The time
    of a model covers its own preprocessing and its inference; decoding and the features are counted apart, because a
    selector may share or skip them.
    """

    models: tuple[str, ...]  # m names, cheapest first (by `times_ms`)
    logits: tuple[np.ndarray, ...]  # m arrays, float [n, classes]; may be memory-mapped float16
    labels: np.ndarray  # int64 [n]
    features: np.ndarray  # float64 [n, d]
    feature_names: tuple[str, ...]  # d names
    times_ms: np.ndarray  # float64 [m]
    decode_ms: float
    feature_costs: FeatureCosts
    embeddings: Mapping[str, np.ndarray] = field(default_factory=dict[str, np.ndarray])
    """Per model that gives one: its penultimate vectors, float [n, width]; may be memory-mapped float16."""
    energy_mj: np.ndarray | None = None  # float64 [m]: energy of one answer of each model
    energy_source: EnergySource | None = None  # measured and modelled energies are never mixed
    p90_ms: np.ndarray | None = None  # float64 [m]: nine runs of ten take no longer; None = each run takes `times_ms`

    def __post_init__(self) -> None:
        n, m = len(self.labels), len(self.models)
        if len(self.logits) != m or len(self.times_ms) != m:
            raise UsageError(f"{m} models, but {len(self.logits)} logit arrays and {len(self.times_ms)} times.")
        if any(len(array) != n for array in self.logits) or len(self.features) != n:
            raise UsageError(f"{n} labels, but features or logits of another length.")
        if any(name not in self.models or len(array) != n for name, array in self.embeddings.items()):
            raise UsageError(f"Embeddings must be of the models, {n} rows each; there are {sorted(self.embeddings)}.")
        if (self.energy_mj is None) != (self.energy_source is None):
            raise UsageError("Energies need to say whether they are measured or modelled.")
        if self.energy_mj is not None and len(self.energy_mj) != m:
            raise UsageError(f"{m} models, but {len(self.energy_mj)} energies.")
        if self.p90_ms is not None and len(self.p90_ms) != m:
            raise UsageError(f"{m} models, but {len(self.p90_ms)} times that nine runs of ten take.")
        if self.features.shape[1:] != (len(self.feature_names),):
            raise UsageError(f"{len(self.feature_names)} feature names for features {list(self.features.shape)}.")
        classes = {array.shape[1] for array in self.logits}
        if len(classes) != 1 or (n > 0 and not 0 <= self.labels.min() <= self.labels.max() < max(classes)):
            raise UsageError(f"All models must have the labels' one class set; theirs have {sorted(classes)} classes.")
        if np.any(np.diff(self.times_ms) < 0):
            raise UsageError(f"Models must come cheapest first; their times are {self.times_ms.tolist()}.")

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, rows: np.ndarray) -> "Trials":
        """The same models on some of the images; `rows` are indices [k] or a mask [n]."""
        return replace(
            self,
            logits=tuple(array[rows] for array in self.logits),
            labels=self.labels[rows],
            features=self.features[rows],
            embeddings={name: some_rows(array, rows) for name, array in self.embeddings.items()},
        )

    def columns(self, names: Sequence[str]) -> np.ndarray:
        """float64 [n, len(names)]: some of the features, in that order. Raises `UsageError` for an unknown one."""
        if tuple(names) == self.feature_names:
            return self.features
        unknown = sorted(set(names) - set(self.feature_names))
        if unknown:
            raise UsageError(
                f"There is no feature {', '.join(unknown)}.",
                f"Features are: {', '.join(self.feature_names) or 'none'}.",
            )
        return self.features[:, [self.feature_names.index(name) for name in names]]

    def with_features(self, names: Sequence[str]) -> "Trials":
        """The same trials with some of the features only. Raises `UsageError` for an unknown one."""
        return replace(self, features=self.columns(names), feature_names=tuple(names))

    @property
    def slow_times_ms(self) -> np.ndarray:
        """float64 [m]: what limits on the p90 are held against. Nine runs of ten take no longer."""
        return self.times_ms if self.p90_ms is None else self.p90_ms

    @property
    def features_ms(self) -> float:
        """What extracting all features takes, per image."""
        return self.feature_costs.ms(self.feature_names)

    def right(self, k: int = 1) -> np.ndarray:
        """bool [n, m]: the label is among the model's k highest logits."""
        return np.column_stack([right_in_top(array, self.labels, k) for array in self.logits])


def top_classes(scores: np.ndarray, k: int) -> np.ndarray:
    """int64 [n, k]: the k highest-scoring classes of each row of `scores` [n, classes], best first.

    Equal scores are taken in class order, so that every part of edgewise ranks alike.
    """
    k = min(k, scores.shape[1])
    if k == 1:
        return np.asarray(scores).argmax(axis=1)[:, None]
    return np.argsort(-np.asarray(scores, np.float32), axis=1, kind="stable")[:, :k]
