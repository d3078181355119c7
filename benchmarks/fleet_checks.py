"""The fleet's parts beside what was measured, for `fleet.py`."""

import json
from typing import Any

import numpy as np
from pages import ROOT

from edgewise.fleet.calibration import Calibration
from edgewise.fleet.chances import Chances, verdict
from edgewise.fleet.pruning_law import PruningLaw

RESULTS = ROOT / "benchmarks" / "results"
DRAWS = 2000
_POINTS = 1.0


def paid_for_after(making_inputs: float, times_as_fast: float) -> float:
    """Inputs, as docs/prune_users.md has it: making and serving alone."""
    return making_inputs / (1 - 1 / times_as_fast)


def foretold(calibration: Calibration) -> list[dict[str, Any]]:
    """Each real user beside users drawn from the others: the middle and 90% of them."""
    rows = []
    for one in calibration.made:
        rng = np.random.default_rng(0)
        law = PruningLaw(calibration.without(one.user).made)
        drawn = [law.draw(one.classes, rng) for _ in range(DRAWS)]
        columns = {
            "drop": (one.drop, [each.drop for each in drawn]),
            "times_as_fast": (one.times_as_fast, [each.times_as_fast for each in drawn]),
            "paid_for_after": (
                paid_for_after(one.making_inputs, one.times_as_fast),
                [paid_for_after(each.making_inputs, each.times_as_fast) for each in drawn],
            ),
        }
        rows.append({"user": one.user, "classes": one.classes} | {key: _beside(*pair) for key, pair in columns.items()})
    return rows


def _beside(measured: float, drawn: list[float]) -> dict[str, float]:
    low, middle, high = (float(value) for value in np.quantile(drawn, (0.05, 0.5, 0.95)))
    return {"measured": measured, "low": low, "middle": middle, "high": high}


def against_find_classes(calibration: Calibration) -> dict[str, Any]:
    """How many inputs until users of five and ten classes are known: drawn here, and measured there."""
    stored = json.loads((RESULTS / "find_classes.json").read_text())
    row = next(one for one in stored["rows"] if one["network"] == "ResNet-50 at 224 px" and one["foreign"] == 0)
    chances, rng = Chances(calibration), np.random.default_rng(0)
    inputs = [chances.learned(classes, rng).inputs for classes in (5, 5, 5, 10) for _ in range(DRAWS)]  # as there
    known = [one for one in inputs if one is not None]
    drawn = [float(value) for value in np.quantile(known, (0.5, 0.9))]
    return {"measured": row["inputs"], "drawn": drawn, "settled": len(known) / len(inputs)}


def against_live(calibration: Calibration) -> dict[str, Any]:
    """The phases of the one measured life (docs/live_user.md) beside those that are drawn for five classes.

    Its networks are others: the service chooses among tails and smaller networks. So phases are compared that do not
    hang on that: learning, the guard on a network that passes, and noticing another user, as the nearest measured.
    """
    stored = json.loads((RESULTS / "live_user.json").read_text())["users"][0]
    attempts, parts = stored["story"]["attempts"], stored["story"]["parts"]
    chances, rng = Chances(calibration), np.random.default_rng(0)
    passing = [one for one in calibration.made if one.expected_points < _POINTS]
    verdicts = [verdict(one, _POINTS, 0, rng) for one in passing for _ in range(DRAWS // len(passing))]
    return {
        "learned": {
            "measured": [one["learned_at"] - parts[one["part"]]["first"] for one in attempts],
            "drawn": _spread([chances.learned(5, rng).inputs for _ in range(DRAWS)]),
        },
        "let in": {
            "measured": [one["swapped_at"] - one["made_at"] for one in attempts],
            "drawn": _spread([one.inputs for one in verdicts if one.passes]),
        },
        "noticed": {
            "measured": [one["delay"] for one in stored["story"]["changes"]],
            "drawn": _spread([chances.delay(1.0, rng, at_once=False) for _ in range(DRAWS)]),
        },
        "paid for after": {
            "measured": [one["break_even"] for one in attempts],
            "drawn": _spread(
                [
                    paid_for_after(each.making_inputs, each.times_as_fast)
                    for way in calibration.ways[:1]
                    for law in [PruningLaw(calibration.only(way).made)]
                    for each in [law.draw(5, rng) for _ in range(DRAWS)]
                ]
            ),
        },
    }


def _spread(values: list[Any]) -> list[float]:
    known = [value for value in values if value is not None]
    return [float(value) for value in np.quantile(known, (0.05, 0.5, 0.95))]


def against_composed() -> dict[str, Any]:
    """Lives that were put together beside the same users' lives by the real code (`fleet_composed.py`): means."""
    stored = json.loads((RESULTS / "fleet_composed.json").read_text())
    found: dict[str, Any] = {"users": len(stored["users"]), "inputs": stored["inputs"], "drift": stored["drift"]}
    for name in ("told", "alarms"):
        real, drawn = (np.array([one[kind][name] for one in stored["users"]], float) for kind in ("real", "drawn"))
        apart = drawn - real
        wide = 1.96 * float(apart.std(ddof=1)) / len(apart) ** 0.5
        mean = float(apart.mean())
        found[name] = {"real": float(real.mean()), "drawn": float(drawn.mean()), "apart": mean}
        found[name] |= {"low": mean - wide, "high": mean + wide}
    return found
