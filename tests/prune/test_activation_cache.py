"""What a cache of activations gives back, and how much it holds."""

import pytest

torch = pytest.importorskip("torch")

from edgewise.errors import OutputError, UsageError  # noqa: E402
from edgewise.prune.activation_cache import ActivationCache  # noqa: E402

pytestmark = pytest.mark.torch

KB = 1 / 1000  # MB


def _maps(rows: int, seed: int = 0) -> torch.Tensor:
    """As after a ReLU, with channels of very different sizes."""
    drawn = torch.randn(rows, 6, 5, 5, generator=torch.Generator().manual_seed(seed))
    return torch.relu(drawn) * torch.tensor([1e-3, 0.1, 1.0, 10.0, 1e3, 0.0])[:, None, None]


def _filled(precision, memory_mb: float = 1.0, rows: int = 8) -> tuple[ActivationCache, torch.Tensor]:
    cache, maps = ActivationCache(memory_mb, precision), _maps(rows)
    cache.add(maps, torch.arange(3.0 * rows).reshape(rows, 3), maps.mean((2, 3)))
    return cache, maps


def test_float32_gives_back_every_bit() -> None:
    cache, maps = _filled("float32")
    assert (cache.batch([5, 0]) == maps[[5, 0]]).all()
    assert (cache.logits(torch.tensor([5, 0])) == torch.tensor([[15.0, 16, 17], [0, 1, 2]])).all()
    assert (cache.features([7]) == maps[7].mean((1, 2))).all()


def test_int8_errs_by_half_a_level_of_its_own_channel_and_input_at_most() -> None:
    cache, maps = _filled("int8")
    wrong = (cache.batch(range(8)) - maps).abs().amax((2, 3))
    levels = (maps.amax((2, 3)) - maps.amin((2, 3))) / 255
    assert (wrong <= 0.501 * levels).all()
    assert (wrong[:, :5] > 0).all()  # it is quantised


def test_int8_uses_all_its_bits_for_outputs_of_a_relu_and_zero_stays_zero() -> None:
    maps = torch.linspace(0, 3, 256).reshape(1, 1, 16, 16)
    cache = ActivationCache(1.0, "int8")
    cache.add(maps, torch.zeros(1, 2))
    given = cache.batch([0])
    assert len(given.unique()) == 256
    torch.testing.assert_close(given, maps, rtol=0, atol=1e-6)
    assert given[0, 0, 0, 0] == 0


def test_int8_of_negative_values_and_of_vectors() -> None:
    vectors = torch.randn(4, 50, generator=torch.Generator().manual_seed(0)) - 3
    cache = ActivationCache(1.0, "int8")
    cache.add(vectors, torch.zeros(4, 2))
    wrong = (cache.batch(range(4)) - vectors).abs().amax(1)
    assert (wrong <= 0.501 * (vectors.amax(1) - vectors.amin(1)) / 255).all()


def test_half_precision_keeps_what_is_too_large_for_it_finite() -> None:
    cache = ActivationCache(1.0, "float16")
    cache.add(torch.tensor([[1.5, 1e6]]), torch.zeros(1, 2))
    assert cache.batch([0]).tolist() == [[1.5, 65504.0]]


@pytest.mark.parametrize(
    ("precision", "row"),
    [("float32", 4 * 150 + 4 * 3 + 4 * 6), ("float16", 2 * 150 + 4 * 3 + 2 * 6), ("int8", 150 + 8 * 6 + 4 * 3 + 2 * 6)],
)
def test_bytes_are_counted_whole_and_never_exceed_the_memory(precision, row: int) -> None:
    cache, _ = _filled(precision, 2.5 * KB, rows=1)
    assert cache.nbytes == cache.bytes_per_row == row
    for seed in range(10):
        cache.add(_maps(4, seed), torch.zeros(4, 3), torch.zeros(4, 6))
        assert cache.nbytes <= 2500
    assert len(cache) == 2500 // row
    assert cache.seen == 41


def test_rows_do_not_keep_their_batch_alive_nor_change_with_it() -> None:
    cache = ActivationCache(1.0, "float32")
    maps = _maps(16)
    cache.add(maps[:1], torch.zeros(1, 2))
    before = maps[0].clone()
    maps.zero_()
    assert (cache.batch([0])[0] == before).all()
    cache.batch([0]).zero_()
    assert (cache.batch([0])[0] == before).all()


def _sampled(seed: int, batch: int) -> list[int]:
    """Which of 40 inputs are in a cache of ten rows."""
    cache = ActivationCache(10 * 12e-6, "float32", seed)
    for inputs in torch.arange(40.0).split(batch):
        cache.add(inputs[:, None], torch.zeros(len(inputs), 2))
    return [int(value) for value in cache.batch(range(len(cache)))]


def test_once_full_it_is_a_uniform_sample_of_the_stream() -> None:
    counts = torch.zeros(40)
    for seed in range(800):
        kept = _sampled(seed, 40)
        assert len(set(kept)) == 10
        counts[kept] += 1
    chi_square = float(((counts - 200) ** 2 / 150).sum())  # 800 draws with probability 1/4
    assert chi_square < 39 + 4 * (2 * 39) ** 0.5
    assert counts[:10].mean() == pytest.approx(200, abs=15)  # the first to come are not held on to
    assert counts[-10:].mean() == pytest.approx(200, abs=15)


def test_the_sample_depends_on_the_seed_and_not_on_the_batches() -> None:
    assert _sampled(3, 40) == _sampled(3, 7)
    assert _sampled(3, 40) != _sampled(4, 40)


def test_activations_of_inference_mode_can_be_trained_on() -> None:
    cache = ActivationCache(1.0, "float32")
    with torch.inference_mode():
        cache.add(torch.ones(2, 3), torch.zeros(2, 2))
    weights = torch.ones(3, requires_grad=True)
    (cache.batch([0, 1]) @ weights).sum().backward()
    assert weights.grad is not None
    assert (weights.grad == 2).all()


def test_a_batch_that_is_not_finite_leaves_no_row() -> None:
    cache = ActivationCache(1.0)
    with pytest.raises(OutputError, match="not finite"):
        cache.add(torch.tensor([[1.0, 2.0], [3.0, float("nan")]]), torch.zeros(2, 2))
    assert len(cache) == cache.seen == 0


def test_what_cannot_be() -> None:
    with pytest.raises(UsageError, match="precision 'int4'"):
        ActivationCache(1.0, "int4")  # type: ignore[arg-type]
    with pytest.raises(UsageError, match="above 0"):
        ActivationCache(0.0)
    with pytest.raises(UsageError, match="One row takes"):
        ActivationCache(1e-6).add(_maps(1), torch.zeros(1, 2))
    with pytest.raises(UsageError, match="is empty"):
        ActivationCache(1.0).batch([0])
    cache, maps = _filled("int8")
    with pytest.raises(UsageError, match="those before have"):
        cache.add(maps[:, :3], torch.zeros(8, 3), maps.mean((2, 3)))
    with pytest.raises(UsageError, match="those before have"):
        cache.add(maps, torch.zeros(8, 3))
    with pytest.raises(UsageError, match="of the same inputs"):
        cache.add(maps, torch.zeros(7, 3), maps.mean((2, 3)))
    with pytest.raises(UsageError, match=r"\[8\]"):
        cache.batch([8])
    plain = ActivationCache(1.0)
    plain.add(maps, torch.zeros(8, 3))
    with pytest.raises(UsageError, match="no features"):
        plain.features([0])
