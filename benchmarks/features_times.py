"""How long the premodel takes before it has named a model: the plain version and edgewise, side by side."""

from collections.abc import Sequence
from time import perf_counter_ns
from typing import Any

import numpy as np
from features_plain import PlainPremodel, seven_features

from edgewise.images.features import CANDIDATES, FEATURES, STEPS, extract, time_steps
from edgewise.select.premodel.chain import Chain
from edgewise.select.premodel.knn_chain import KnnChain
from edgewise.select.premodel.min_max import MinMax
from edgewise.select.premodel.premodel import Premodel
from edgewise.select.selector import Seen

TRAINING_ROWS, LEVELS = 50_000, 3
MODELS = ("small", "middle", "large")
SEVEN, ALL = "edgewise, seven", "edgewise, all 29"


def premodels(features: np.ndarray, rng: np.random.Generator) -> tuple[PlainPremodel, Premodel]:
    """The same premodel twice, on 50,000 rows around the given ones."""
    spread = 0.2 * features.std(axis=0)
    rows = features[rng.integers(0, len(features), TRAINING_ROWS)] + rng.normal(size=(TRAINING_ROWS, 7)) * spread
    labels = rng.integers(0, LEVELS + 1, TRAINING_ROWS)
    scaling = MinMax.fit(rows)
    knn = KnnChain.remember(scaling, scaling.apply(rows), labels[:, None] == np.arange(LEVELS), 5)
    ours = Premodel(MODELS, FEATURES, MODELS, None, Chain(("knn",) * LEVELS, scaling, knn, ()))
    return PlainPremodel(rows, labels), ours


def side_by_side(images: Sequence[np.ndarray], rounds: int, rng: np.random.Generator) -> dict[str, Any]:
    """Times in ms on every image in every round, the contestants in a new order each time.

    Each gets a fresh copy of the image, written just before as a decoder would have.
    """
    plain, ours = premodels(np.array([extract(image) for image in images]), rng)
    contestants = {
        "plain": lambda pixels: _timed(seven_features, lambda features: plain.decide(features), pixels),
        SEVEN: lambda pixels: _timed(extract, lambda features: ours.decide(Seen(features)), pixels),
        ALL: lambda pixels: _timed(lambda image: extract(image, CANDIDATES), None, pixels),
        "steps": lambda pixels: time_steps(pixels),
    }
    times: dict[str, list[dict[str, float]]] = {name: [] for name in contestants}
    for turn in range(-1, rounds):
        for image in images:
            for name in rng.permutation(list(contestants)).tolist():
                measured = contestants[name](image.copy())
                if turn >= 0:
                    times[name].append(measured)
    return _summary(times)


def _timed(features: Any, decide: Any, pixels: np.ndarray) -> dict[str, float]:
    begin = perf_counter_ns()
    values = features(pixels)
    seen = perf_counter_ns()
    if decide is not None:
        decide(values)
    end = perf_counter_ns()
    return {"features": (seen - begin) / 1e6, "decision": (end - seen) / 1e6, "both": (end - begin) / 1e6}


def _summary(times: dict[str, list[dict[str, float]]]) -> dict[str, Any]:
    rows = {
        name: {part: _quantiles([row[part] for row in measured]) for part in ("features", "decision", "both")}
        for name, measured in times.items()
        if name != "steps"
    }
    del rows[ALL]["decision"], rows[ALL]["both"]
    ratio = {
        part: float(np.median([p[part] / o[part] for p, o in zip(times["plain"], times[SEVEN], strict=True)]))
        for part in ("features", "decision", "both")
    }
    steps = {step: _quantiles([row[step] for row in times["steps"]]) for step in times["steps"][0]}
    sums = {name: sum(steps[step]["p50_ms"] for step in _steps(names)) for name, names in _SETS.items()}
    whole = {name: sums[name] / rows[name]["features"]["p50_ms"] for name in _SETS}
    return {
        "rows": rows,
        "plain_over_edgewise": ratio,
        "steps": steps,
        "sum_of_steps_ms": sums,
        "sum_of_steps_over_whole": whole,
        "runs": len(times[SEVEN]),
    }


_SETS = {SEVEN: FEATURES, ALL: CANDIDATES}


def _steps(names: Sequence[str]) -> set[str]:
    return {step for name in names for step in STEPS[name]}


def _quantiles(values: Sequence[float]) -> dict[str, float]:
    p10, p50, p90 = np.percentile(values, [10, 50, 90])
    return {"p10_ms": float(p10), "p50_ms": float(p50), "p90_ms": float(p90)}
