"""The energy that is reckoned, by hand."""

import pytest

from edgewise.energy.model import HOROWITZ_2014, modelled_mj
from edgewise.zoo.macs.work import Layer, Work


def test_by_hand() -> None:
    """Each million of MACs, weight bytes and activation bytes by itself."""
    million = 10**6
    for number, picojoules in (("int8", 0.3), ("float16", 1.5), ("float32", 4.6)):
        assert modelled_mj(Work((Layer(million, number, 0, 0),))) == pytest.approx(picojoules / 1e3)
    assert modelled_mj(Work((Layer(0, "int8", million, 0),))) == pytest.approx(0.1625)
    assert modelled_mj(Work((Layer(0, "float32", million, 0),))) == pytest.approx(4 * 0.1625)
    assert modelled_mj(Work((Layer(0, "float16", 0, million),))) == pytest.approx(2 * 0.0125)


def test_layers_add_up() -> None:
    layers = (Layer(3, "int8", 5, 7), Layer(11, "float32", 13, 17))
    assert modelled_mj(Work(layers)) == pytest.approx(sum(modelled_mj(Work((layer,))) for layer in layers))
    assert "Horowitz" in HOROWITZ_2014.source
