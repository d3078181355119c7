"""Serving and making users' networks on four devices."""

from dataclasses import replace

import pytest

from edgewise.accel.accelerator import read_accelerator
from edgewise.accel.convolution import Convolution, dense
from edgewise.accel.rest import Rest, left_to_host
from edgewise.accel.run import run_layers, total_of
from edgewise.accel.study import DEVICES, Retraining, Row, Shape, study
from edgewise.errors import UsageError

READING = read_accelerator("reading")
LAYERS = (
    Convolution("a", 1, 3, 32, (16, 16), (3, 3), padding=(1, 1)),
    Convolution("b", 1, 32, 64, (16, 16), (3, 3), padding=(1, 1)),
    dense("c", 1, 64, 10),
)
REST = (Rest("relu_", 1, 16384), Rest("relu", 2, 32768), Rest("mean", 2, 16448))
GENERIC = Shape("generic", LAYERS, REST)
USER = Shape(
    "user",
    (replace(LAYERS[0], gives=16), replace(LAYERS[1], takes=16, gives=32), dense("c", 1, 32, 4)),
    (Rest("relu_", 1, 8192), Rest("relu", 2, 16384), Rest("mean", 2, 8224)),
)
HOW = Retraining("b", images=20, epochs=3, batch=8)


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    return {row.device: row for row in study(GENERIC, [USER], READING, HOW)}


def test_every_network_on_every_device(rows: dict[str, Row]) -> None:
    assert tuple(rows) == DEVICES
    assert [row.network for row in study(GENERIC, [USER, GENERIC], READING, HOW)] == ["user"] * 4 + ["generic"] * 4
    for row in rows.values():
        assert row.user.ms < row.generic.ms
        assert row.shared.ms < row.full.ms
        assert row.shared.mj < row.full.mj


def test_a_cpu_by_hand(rows: dict[str, Row]) -> None:
    """20 G MACs and 8 GB a second, 2 W; pooling is all that is left of the rest where answers are served."""
    served = GENERIC.macs / 20e6 + 16448 * 4 / 8e6
    assert rows["CPU"].generic.ms == pytest.approx(served)
    assert rows["CPU"].generic.mj == pytest.approx(2 * served)
    assert rows["CPU"].mm2 == 0
    tail = USER.tail("b").macs * 8
    products = 2 * tail + USER.layers[2].forward.macs * 8  # no gradient goes into the first open layer's input
    rest = 8 * (16384 + 8224) * (4 + 1.5 * 4) + 5 * 4 * (16 * 32 * 9 + 32 * 4)
    assert rows["CPU"].shared.ms == pytest.approx(9 * (products / 20e6 + rest / 8e6))


def test_an_array_serves_what_its_layers_take(rows: dict[str, Row]) -> None:
    total = total_of(run_layers(LAYERS, READING), READING)
    row = rows["int8 array with block floating point"]
    assert row.generic.array_ms == pytest.approx(total.ms)
    assert row.generic.host_ms == pytest.approx(16448 / 8e6)
    assert row.generic.array_mj == pytest.approx(total.mj)


def test_what_each_device_has(rows: dict[str, Row]) -> None:
    """Gradients on the CPU need nothing of the array; FP16 needs larger multipliers and nothing else."""
    plain, proposed, half = (rows[name] for name in DEVICES[1:])
    assert plain.pruning_mm2 == half.pruning_mm2 == 0 < proposed.pruning_mm2
    assert proposed.mm2 == pytest.approx(plain.mm2 + proposed.pruning_mm2)
    assert half.mm2 > proposed.mm2
    assert plain.generic == proposed.generic
    assert proposed.shared.host_ms < plain.shared.host_ms


def test_break_even(rows: dict[str, Row]) -> None:
    row = rows["CPU"]
    count = row.break_even(shared=True)
    assert count is not None
    saved = row.generic.ms - row.user.ms
    assert (count - 1) * saved < row.shared.ms <= count * saved
    full = row.break_even(shared=False)
    assert full is not None
    assert full > count
    assert replace(row, user=row.generic).break_even(shared=True) is None


def test_a_tail_begins_with_its_layer() -> None:
    assert [one.name for one in GENERIC.tail("b").layers] == ["b", "c"]
    assert GENERIC.tail("b").rest == (Rest("relu", 1, 32768), Rest("mean", 1, 16448))
    with pytest.raises(UsageError, match="no layer 'z'"):
        study(GENERIC, [USER], READING, replace(HOW, first="z"))
    with pytest.raises(UsageError, match="1 or more"):
        replace(HOW, epochs=0)


def test_what_is_left_to_the_host() -> None:
    """Gathers of channels are the bookkeeping of asymmetric pruning."""
    assert left_to_host([Rest("index_select", 1, 100), Rest("add_", 1, 50), Rest("native_batch_norm", 1, 9)]) == 100
