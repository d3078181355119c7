"""Networks on an accelerator: what layers take, and what buffers have room for."""

from dataclasses import replace

import pytest

from edgewise.accel.accelerator import Sram, read_accelerator
from edgewise.accel.array import Array
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.run import LayerRun, run_layers, total_of
from edgewise.errors import UsageError

LAYERS = [Convolution("a", 1, 3, 8, (8, 8), (3, 3)), Convolution("b", 1, 8, 4, (6, 6))]
IDEAL = replace(
    read_accelerator("reading"), array=Array(4, 4), dram_gb_per_s=1e9, sram=Sram(1e6, 1e6, 1e6, bank_kib=64)
)


def test_gradients_run_from_the_last_layer_to_the_first() -> None:
    done = run_layers(LAYERS, IDEAL, "both")
    assert [(one.name, one.kind) for one in done] == [
        ("a", "forward"),
        ("b", "forward"),
        ("b", "weight gradient"),
        ("b", "input gradient"),
        ("a", "weight gradient"),
    ]
    assert done[1:2] == run_layers(LAYERS, IDEAL)[1:]
    assert run_layers(LAYERS, IDEAL, "backward") == done[2:]
    for one in done:
        assert one.compute_cycles == sum(IDEAL.array.cycles(gemm) for gemm in one.gemms)
        assert one.cycles == pytest.approx(one.compute_cycles, rel=1e-6), "memory keeps up"
        assert one.utilisation == one.macs / (16 * one.cycles)


def test_what_crosses_the_dram_by_hand() -> None:
    """A dense layer of 16 x 32 to 8: bytes forwards; FP32 where the host keeps gradients and weights backwards."""
    forward, of_weights, of_input = (one.dram_bytes for one in _both(dense("d", 16, 32, 8)))
    assert forward == 16 * 32 + 32 * 8 + 16 * 8
    assert of_weights == 16 * 32 + 4 * 16 * 8 + 4 * 32 * 8
    assert of_input == 4 * 16 * 8 + 4 * 32 * 8 + 4 * 16 * 32


def test_energy_by_hand() -> None:
    """The same forwards: 4,096 products; 8 x 2 folds on 4 x 4, so each input goes in twice, each sum comes 8 times."""
    forward = _both(dense("d", 16, 32, 8))[0].energy
    assert forward.operations_uj == pytest.approx(4096 * (0.2 + 0.1) * 1e-6)
    assert forward.registers_uj == pytest.approx(4096 * (1 + 4) * 0.05 * 1e-6)
    assert forward.dram_uj == pytest.approx((16 * 32 + 32 * 8 + 16 * 8) * 162.5 * 1e-6)
    fed = 16 * 32 * 2 + 32 * 8
    sums = 4 * 16 * 8 * (8 + 7)
    bank = 1.25 * 8**0.5
    assert forward.sram_uj == pytest.approx((fed + sums + 16 * 32 + 32 * 8 + 16 * 8) * bank * 1e-6)
    assert forward.conversion_uj == 0


def _both(layer: Convolution) -> tuple[LayerRun, ...]:
    """Behind another one, so that its input has a gradient."""
    done = run_layers([dense("before", 1, 1, 1), layer], IDEAL, "both")
    return tuple(one for one in done if one.name == layer.name)


def test_what_is_converted_is_counted() -> None:
    """Blocks of BFP16 are made anew for each product; FP16 needs none."""
    _, of_weights, of_input = (one.energy.conversion_uj for one in _both(dense("d", 16, 32, 8)))
    assert of_weights == pytest.approx((16 * 32 + 16 * 8) * 0.2e-6)
    assert of_input == pytest.approx((16 * 8 + 32 * 8) * 0.2e-6)
    halves = replace(IDEAL, gradients=read_accelerator("eyeriss-like").gradients)
    assert all(one.energy.conversion_uj == 0 for one in run_layers(LAYERS, halves, "both"))


def test_a_batch_reads_weights_once() -> None:
    one, eight = (run_layers([dense("d", rows, 64, 64)], IDEAL)[0] for rows in (1, 8))
    assert one.dram_bytes == 64 * 64 + 2 * 64
    assert eight.dram_bytes == 64 * 64 + 8 * 2 * 64


@pytest.mark.parametrize("activations", [False, True])
@pytest.mark.parametrize("weights", [False, True])
def test_what_stays_does_not_cross(activations: bool, weights: bool) -> None:
    accelerator = replace(IDEAL, activations_stay=activations, weights_stay=weights)
    first, last = run_layers(LAYERS, accelerator)
    between = 0 if activations else 6 * 6 * 8
    assert first.dram_bytes == pytest.approx(3 * 64 + (0 if weights else 27 * 8) + between)
    assert last.dram_bytes == pytest.approx(between + (0 if weights else 32) + 6 * 6 * 4)
    both = [one.dram_bytes for one in run_layers(LAYERS, accelerator, "both")]
    assert both == [one.dram_bytes for one in run_layers(LAYERS, IDEAL, "both")], "the way back needs it all"


def test_weights_that_do_not_fit_do_not_stay() -> None:
    """Seven eighths of the buffer are for those that do: 1,792 bytes, for layers of 1,500 and 1,200."""
    layers = [dense("a", 1, 50, 30), dense("b", 1, 30, 40)]
    accelerator = replace(IDEAL, weights_stay=True, sram=Sram(64, 2, 64, bank_kib=2))
    assert [one.read_bytes for one in run_layers(layers, accelerator)] == [50, 30 + 1200]


@pytest.mark.parametrize("name", ["reading", "edge-tpu-like"])
def test_what_one_layer_leaves_the_next_one_finds(name: str) -> None:
    """With buffers of other sizes for what comes in and for what goes out."""
    layers = [dense("a", 1, 8, 2_000), dense("b", 1, 2_000, 3_000), dense("c", 1, 3_000, 8)]
    for sram in (Sram(4, 64, 2.5, bank_kib=2), Sram(2.5, 64, 4, bank_kib=2)):
        stays = replace(
            read_accelerator(name), sram=sram, activations_stay=True, weights_stay=False, packs_groups=False
        )
        first, second, third = run_layers(layers, replace(stays, array=Array(8, 8)))
        assert first.written_bytes == 0
        assert second.read_bytes == pytest.approx(2_000 * 3_000)
        assert second.written_bytes == pytest.approx(3_000)
        assert third.read_bytes == pytest.approx(3_000 + 3_000 * 8)


def test_no_room_names_the_layer_and_what_would_do() -> None:
    accelerator = replace(IDEAL, sram=Sram(1, 0.01, 1, bank_kib=0.01))
    with pytest.raises(UsageError, match=r"a, forward: no block fits .* 0\.01 ") as caught:
        run_layers(LAYERS, accelerator)
    assert "weights 0.0316 KiB" in caught.value.hint
    enough = Sram(1, 0.0316, 1, bank_kib=0.01)
    assert run_layers(LAYERS, replace(accelerator, sram=enough))
    with pytest.raises(UsageError) as caught:
        run_layers(LAYERS, replace(accelerator, sram=enough, weights_stay=True))
    assert "weights 0.253 KiB" in caught.value.hint
    assert run_layers(LAYERS, replace(accelerator, sram=Sram(1, 0.253, 1, bank_kib=0.01), weights_stay=True))


def test_a_total_says_what_is_spent_beside_the_array() -> None:
    found = run_layers(LAYERS, IDEAL)
    total = total_of(found, IDEAL)
    assert total.cycles == sum(one.cycles for one in found)
    assert total.ms == pytest.approx(total.cycles / 480e3 + 2 * 0.01)
    assert total.static_uj == pytest.approx(100 * total.ms)
    assert total.mj == pytest.approx((sum(one.energy.uj for one in found) + total.static_uj) / 1e3)
