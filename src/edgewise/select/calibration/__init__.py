"""Probabilities that mean what they say: a safe softmax, temperature and vector scaling, isotonic regression."""

from edgewise.select.calibration.isotonic import IsotonicMap, fit_isotonic
from edgewise.select.calibration.softmax import softmax
from edgewise.select.calibration.temperature import fit_temperature
from edgewise.select.calibration.vector import VectorScaling, fit_vector_scaling

__all__ = [
    "IsotonicMap",
    "VectorScaling",
    "fit_isotonic",
    "fit_temperature",
    "fit_vector_scaling",
    "softmax",
]
