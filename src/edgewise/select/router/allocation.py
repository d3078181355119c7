"""Which model answers which image of a batch, under a budget for all of them: an integer program.

Maximise the expected number of right answers; every image gets one model; the mean cost is within the budget. This is
the multiple-choice knapsack problem.
Source: Ding et al. 2025, "OCCAM" (the program); Zemel 1980 (its relaxation by the hull of each image's choices).
"""

from dataclasses import dataclass

import numpy as np

from edgewise.errors import UsageError

_MOST_VARIABLES = 2000  # of an integer program that is solved outright, within a second or so
_GAP = 1e-4  # of the optimum, which may be left: a tenth of an answer in a thousand


def allocate(p_right: np.ndarray, costs: np.ndarray, max_mean_cost: float) -> np.ndarray:
    """int64 [n]: the model of each image.

    `p_right`: float [n, m]; `costs`: float [m], 0 or more. Raises `UsageError` where not even the cheapest model is
    within the budget, and for tables that do not fit.
    The linear relaxation is solved and rounded: at most one image has a fraction of a model there, so what is lost is
    less than one right answer in the whole batch. Where that may be more than 0.01% of all, and there are up to 2,000
    variables, the program itself is solved, by HiGHS.
    """
    p_right, costs = _checked(p_right, costs, max_mean_cost)
    relaxed = _Relaxed.of(p_right, costs, max_mean_cost)
    rounded, rows = relaxed.rounded, np.arange(len(p_right))
    lost = relaxed.bound - p_right[rows, rounded].sum()
    if p_right.size > _MOST_VARIABLES or lost <= _GAP * relaxed.bound:
        return rounded
    exact = _solve(p_right, costs, max_mean_cost)
    within = costs[exact].sum() <= len(p_right) * max_mean_cost * (1 + 1e-9)
    # The solver keeps the budget up to a tolerance of its own; what does not keep ours is not taken.
    return exact if within and p_right[rows, exact].sum() >= p_right[rows, rounded].sum() else rounded


def dual_price(p_right: np.ndarray, costs: np.ndarray, max_mean_cost: float) -> float:
    """What one unit of cost more must add to the probability of a right answer to be worth it under this budget.

    The dual variable of the budget in the linear relaxation: who takes, image by image, the model of the highest
    probability less price times cost spends no more than the budget on these images. 0 where the budget binds nothing.
    Raises `UsageError` as `allocate` does.
    """
    return _Relaxed.of(*_checked(p_right, costs, max_mean_cost), max_mean_cost).price


@dataclass(frozen=True, eq=False)
class _Relaxed:
    """The linear relaxation, solved: all steps up the hulls in the order of what they add per cost."""

    price: float
    bound: float  # no allocation expects more right answers
    rounded: np.ndarray  # int64 [n]

    @classmethod
    def of(cls, p_right: np.ndarray, costs: np.ndarray, max_mean_cost: float) -> "_Relaxed":
        start = np.lexsort((-p_right, np.broadcast_to(costs, p_right.shape)), axis=1)[:, 0]
        rows, models, slopes = _hull_steps(p_right, costs, start)
        order = np.argsort(-slopes, kind="stable")  # a row's slopes fall, so its steps stay in order
        rows, models, slopes = rows[order], models[order], slopes[order]
        more = costs[models] - costs[_before(rows, models, start)]
        left = len(p_right) * max_mean_cost * (1 + 1e-12) - costs[start].sum()
        taken = int(np.searchsorted(np.cumsum(more), left, side="right"))
        rounded = start.astype(np.int64)
        rounded[rows[:taken]] = models[:taken]  # of several steps of a row the last one stays
        price = float(slopes[taken]) if taken < len(slopes) else 0.0
        _fill(rounded, p_right, costs, left - more[:taken].sum())
        bound = (p_right - price * costs).max(axis=1).sum() + price * len(p_right) * max_mean_cost
        return cls(price, float(bound), rounded)


def _hull_steps(p_right: np.ndarray, costs: np.ndarray, start: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """The steps of each row up the upper hull of its (cost, probability) points: row, model, gain per cost."""
    rows, at = np.arange(len(p_right)), start.copy()
    found: list[tuple[np.ndarray, np.ndarray, np.ndarray]] = []
    dearest_first = np.argsort(-costs, kind="stable")
    while len(rows):
        more = costs[dearest_first] - costs[at][:, None]
        gain = p_right[rows][:, dearest_first] - p_right[rows, at][:, None]
        slopes = np.where((more > 0) & (gain > 0), gain / np.where(more > 0, more, 1.0), -np.inf)
        best = slopes.argmax(axis=1)  # of equal slopes the longest step
        slope = slopes[np.arange(len(rows)), best]
        rises = slope > 0
        rows, at, slope = rows[rises], dearest_first[best[rises]], slope[rises]
        if len(rows):
            found.append((rows, at, slope))
    if not found:
        return np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros(0)
    return tuple(np.concatenate(part) for part in zip(*found, strict=True))  # type: ignore[return-value]


def _before(rows: np.ndarray, models: np.ndarray, start: np.ndarray) -> np.ndarray:
    """The model that each step leaves: that of the row's step before it."""
    order = np.argsort(rows, kind="stable")
    same = np.append(False, rows[order][1:] == rows[order][:-1])
    left = np.empty_like(models)
    left[order] = np.where(same, np.append(-1, models[order][:-1]), start[rows[order]])
    return left


def _fill(choice: np.ndarray, p_right: np.ndarray, costs: np.ndarray, left: float) -> None:
    """Spend what rounding left over: again and again the change that adds most and can still be paid."""
    rows = np.arange(len(choice))
    while True:
        gain = p_right - p_right[rows, choice][:, None]
        gain[costs - costs[choice][:, None] > left] = -np.inf
        row, model = np.unravel_index(gain.argmax(), gain.shape) if gain.size else (0, 0)
        if not gain.size or gain[row, model] <= 0:
            return
        left -= costs[model] - costs[choice[row]]
        choice[row] = model


def _solve(p_right: np.ndarray, costs: np.ndarray, max_mean_cost: float) -> np.ndarray:
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix, eye, kron

    images, models = p_right.shape
    one_each = LinearConstraint(csr_matrix(kron(eye(images), np.ones((1, models)))), 1, 1)
    spent = LinearConstraint(csr_matrix(np.tile(costs, images)[None]), -np.inf, images * max_mean_cost)
    solved = milp(
        -p_right.ravel(),
        constraints=[one_each, spent],
        integrality=np.ones(p_right.size),
        bounds=Bounds(0, 1),
        options={"mip_rel_gap": _GAP},
    )
    assert solved.x is not None, solved.message
    return solved.x.reshape(images, models).argmax(axis=1).astype(np.int64)


def _checked(p_right: np.ndarray, costs: np.ndarray, max_mean_cost: float) -> tuple[np.ndarray, np.ndarray]:
    p_right, costs = np.asarray(p_right, np.float64), np.asarray(costs, np.float64)
    if p_right.ndim != 2 or 0 in p_right.shape[1:] or costs.shape != p_right.shape[1:] or np.any(costs < 0):
        raise UsageError(
            f"Probabilities must be [images, models] and costs [models], 0 or more; the shapes are {p_right.shape} and "
            f"{costs.shape}."
        )
    if not float(costs.min()) <= max_mean_cost < np.inf:
        raise UsageError(
            f"No allocation has a mean cost of {max_mean_cost:g}: the cheapest model alone costs {costs.min():.4g}.",
            f"The nearest feasible budget is {costs.min():.4g}.",
        )
    return p_right, costs
