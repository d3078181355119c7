import math

import numpy as np
import pytest

from edgewise.errors import UsageError
from edgewise.prune.confidence import ConfidenceSequence

DIFFERING = 0.026


def _sparse(rng: np.random.Generator, inputs: int, mean: float, *, small: bool = True) -> np.ndarray:
    """Differences of which 2.6% are not 0: Beta(1, b), or -1 and 1."""
    found = np.zeros(inputs)
    on = rng.random(inputs) < DIFFERING
    size = mean / DIFFERING
    if small and mean > 0:
        found[on] = rng.beta(1, 1 / size - 1, on.sum())
    elif not small:
        found[on] = np.where(rng.random(on.sum()) < (1 + size) / 2, 1.0, -1.0)
    return found


def _plain_interval(batches: list[list[float]], alpha: float, step: float) -> tuple[float, float]:
    """The same on a grid, in plain Python: one gambler per stake, a mean is out once their money is 2 / alpha."""
    stakes = [(math.sin(math.pi * (i + 0.5) / 48) ** 2, 0.5 / 24) for i in range(24)] + [(0.95, 0.5)]
    values: list[float] = []
    means = [-1 + step * i for i in range(1, round(2 / step))]
    for batch in batches:
        values += batch
        kept = []
        for mean in means:
            above = sum(share * math.prod(1 + s * (x - mean) / (1 + mean) for x in values) for s, share in stakes)
            below = sum(share * math.prod(1 + s * (mean - x) / (1 - mean) for x in values) for s, share in stakes)
            if max(above, below) < 2 / alpha:
                kept.append(mean)
        means = kept
    return means[0], means[-1]


def _plain_empirical_bernstein(values: np.ndarray, alpha: float) -> tuple[float, float]:
    """Waudby-Smith and Ramdas 2024, theorem 2 (predictable plug-in), for values in -1..1, at the last of them."""
    mean, variance, total = 0.5, 0.25, 0.0
    weight = weighted = spent = 0.0
    for t, value in enumerate((values + 1) / 2, start=1):
        bet = min(0.5, math.sqrt(2 * math.log(2 / alpha) / (variance * t * math.log(1 + t))))
        weight, weighted = weight + bet, weighted + bet * value
        spent += 4 * (value - mean) ** 2 * (-math.log(1 - bet) - bet) / 4
        total += value
        mean = (0.5 + total) / (t + 1)
        variance = (variance * t + (value - mean) ** 2) / (t + 1)
    reach = (math.log(2 / alpha) + spent) / weight
    return 2 * (weighted / weight - reach) - 1, 2 * (weighted / weight + reach) - 1


@pytest.mark.parametrize("kind", ["sparse", "signs", "dense"])
def test_a_plain_search_finds_the_same(kind: str) -> None:
    rng = np.random.default_rng(0)
    values = {
        "sparse": lambda: _sparse(rng, 120, 0.005),
        "signs": lambda: _sparse(rng, 120, 0.005, small=False),
        "dense": lambda: rng.uniform(-0.9, 0.6, 120),
    }[kind]()
    batches = np.split(values, [40, 90])
    sequence = ConfidenceSequence.begin()
    for batch in batches:
        sequence = sequence.update(batch)
    low, high = _plain_interval([batch.tolist() for batch in batches], 0.05, 0.01)
    assert low - 0.01 <= sequence.low <= low + 1e-9
    assert high - 1e-9 <= sequence.high <= high + 0.01
    assert sequence.mean == pytest.approx(values.mean())
    assert sequence.count == 120


def _streams_that_leave(kind: str, alpha: float, streams: int, seed: int) -> int:
    """Of streams of 1,000 that are looked at 20 times: how many have their mean outside at any look."""
    rng = np.random.default_rng(seed)
    draw, mean = {
        "small": (lambda: _sparse(rng, 1000, 0.005), 0.005),
        "signs": (lambda: _sparse(rng, 1000, 0.003, small=False), 0.003),
        "rare": (lambda: (rng.random(1000) < 0.003).astype(float), 0.003),
        "dense": (lambda: rng.uniform(-0.05, 0.15, 1000), 0.05),
    }[kind]
    left = 0
    for _ in range(streams):
        sequence = ConfidenceSequence.begin(alpha)
        inside = True
        for batch in np.split(draw(), 20):
            sequence = sequence.update(batch)
            inside = inside and sequence.low <= mean <= sequence.high
        left += not inside
    return left


@pytest.mark.parametrize("kind", ["small", "signs", "rare"])
def test_the_mean_stays_inside_at_all_times(kind: str) -> None:
    """At most 20% may leave; fewer do, since a gambler's money seldom meets 1 / alpha exactly."""
    assert _streams_that_leave(kind, 0.2, 40, seed=1) <= 8


@pytest.mark.long
@pytest.mark.parametrize("kind", ["small", "signs", "rare", "dense"])
def test_the_mean_stays_inside_in_many_streams(kind: str) -> None:
    """300 streams at alpha 10%: the standard error of the share is 1.7%, of which three are allowed."""
    assert _streams_that_leave(kind, 0.1, 300, seed=2) <= 300 * (0.1 + 3 * 0.0173)


def test_where_nothing_differs_the_bound_is_near_the_least_that_can_be() -> None:
    """Of any valid bound: a value of 1 in 1 - (alpha / 2)^(1 / n) of cases goes unseen in n with alpha / 2."""
    sequence = ConfidenceSequence.begin().update(np.zeros(500))
    floor = 1 - 0.025 ** (1 / 500)
    assert floor < sequence.high < 1.25 * floor
    assert sequence.low == -sequence.high


@pytest.mark.parametrize(("small", "mean"), [(True, 0.003), (True, 0.005), (False, 0.0), (False, 0.005)])
def test_bounds_are_tight(small: bool, mean: float) -> None:
    """At 500 inputs, medians of 30 streams, 2.6% of inputs differing.

    Differences of -1 and 1: 2.1 times the width of the normal interval for one look, which has no promise to keep at
    other times. Small ones: no valid interval in -1..1 comes near the normal one (0.3 points wide: it leaves out what
    was never seen); the floor is that of values that are all 0, and this is within 1.3 times of it.
    """
    rng = np.random.default_rng(2)
    widths, normal, bernstein = [], [], []
    for _ in range(30):
        values = _sparse(rng, 500, mean, small=small)
        sequence = ConfidenceSequence.begin().update(values)
        widths.append(sequence.high - sequence.low)
        normal.append(2 * 1.96 * values.std() / math.sqrt(500))
        low, high = _plain_empirical_bernstein(values, 0.05)
        bernstein.append(high - low)
    width = np.median(widths)
    if small:
        assert width < 1.3 * 2 * (1 - 0.025 ** (1 / 500))
        assert width < np.median(bernstein) / 2.5
    else:
        assert width < 2.2 * np.median(normal)
        assert width < 1.1 * np.median(bernstein)


@pytest.mark.parametrize(("mean", "median", "most"), [(0.0, 352, 352), (0.003, 510, 660), (0.005, 800, 1350)])
def test_the_inputs_that_a_bound_of_one_point_takes(mean: float, median: int, most: int) -> None:
    """The column "by the posterior" of the table in `Guard`: medians and 90% quantiles over 40 streams, by batches."""
    rng = np.random.default_rng(3)
    taken = []
    for _ in range(40):
        sequence = ConfidenceSequence.begin(0.1, least=0.0)
        while sequence.high > 0.01:
            sequence = sequence.update(_sparse(rng, 25, mean))
        taken.append(sequence.count)
    assert np.median(taken) == pytest.approx(median, rel=0.12)
    assert np.quantile(taken, 0.9) == pytest.approx(most, rel=0.25)


@pytest.mark.long
@pytest.mark.parametrize(("mean", "median", "most"), [(0.0, 2300, 5100), (0.003, 5000, 10_000), (0.005, 8800, 21_000)])
def test_the_inputs_that_it_takes_by_labels(mean: float, median: int, most: int) -> None:
    """The other column, over 100 streams, of which the medians vary by a tenth."""
    rng = np.random.default_rng(5)
    taken = []
    for _ in range(100):
        sequence = ConfidenceSequence.begin(0.1)
        while sequence.high > 0.01:
            sequence = sequence.update(_sparse(rng, 50, mean, small=False))
        taken.append(sequence.count)
    assert np.median(taken) == pytest.approx(median, rel=0.3)
    assert np.quantile(taken, 0.9) == pytest.approx(most, rel=0.3)


def test_what_is_needed_is_what_it_takes() -> None:
    values = np.repeat([0.0, 0.1, 0.4], [190, 8, 2])
    begun = ConfidenceSequence.begin(0.1, least=0.0).update(values)
    needed = begun.needed_below(0.01)
    assert begun.high > 0.01
    assert needed is not None
    assert needed % 200 != 0
    over = ConfidenceSequence.begin(0.1, least=0.0).update(np.tile(values, needed // 200 + 1))
    under = ConfidenceSequence.begin(0.1, least=0.0).update(np.tile(values, needed // 200))
    assert over.high <= 0.01 < under.high
    assert begun.needed_below(0.008) is None  # the mean itself
    assert begun.needed_below(0.0080001) is None  # more than ten million
    assert ConfidenceSequence.begin().needed_below(0.01) is None


def test_bounds_only_draw_nearer_and_the_order_changes_nothing() -> None:
    rng = np.random.default_rng(4)
    values = _sparse(rng, 400, 0.0, small=False)
    sequence, last = ConfidenceSequence.begin(), (-1.0, 1.0)
    for batch in np.split(values, 8):
        sequence = sequence.update(batch)
        assert last[0] <= sequence.low <= sequence.high <= last[1]
        last = sequence.low, sequence.high
    at_once = ConfidenceSequence.begin().update(values)
    mixed = ConfidenceSequence.begin().update(rng.permutation(values))
    assert (at_once.low, at_once.high) == pytest.approx((mixed.low, mixed.high), abs=1e-6)
    assert sequence.high <= at_once.high + 1e-6
    assert sequence.update(np.zeros(0)) is sequence


def test_a_stream_that_changes_contradicts_itself() -> None:
    sequence = ConfidenceSequence.begin().update(np.zeros(2000))
    assert not sequence.contradicted
    assert sequence.update(np.ones(2000)).contradicted


def test_the_ends_of_the_range() -> None:
    assert ConfidenceSequence.begin(least=0.0).update(np.zeros(1000)).low == 0
    sequence = ConfidenceSequence.begin().update(np.ones(1000))
    assert 0.98 < sequence.low < sequence.high == 1


@pytest.mark.parametrize(
    ("settings", "says"),
    [({"alpha": 0.0}, "Alpha is 0"), ({"least": 0.5}, "0 must lie between"), ({"least": 0.0, "most": 0.0}, "between")],
)
def test_what_cannot_begin(settings: dict[str, float], says: str) -> None:
    with pytest.raises(UsageError, match=says):
        ConfidenceSequence.begin(**settings)


@pytest.mark.parametrize("value", [1.01, -1.01, np.nan, np.inf])
def test_what_is_out_of_range(value: float) -> None:
    with pytest.raises(UsageError, match=r"from -1 to 1"):
        ConfidenceSequence.begin().update(np.array([0.0, value]))


def test_no_values_have_no_mean() -> None:
    with pytest.raises(UsageError, match="No value"):
        _ = ConfidenceSequence.begin().mean
