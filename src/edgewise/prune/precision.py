"""How exactly moments of a layer's inputs are worked with."""

import torch

_LARGE = 1024  # inputs


def precision_for(inputs: int) -> torch.dtype:
    """In which a matrix of so many inputs by as many is solved: of many, double takes seconds and hundreds of MB."""
    return torch.float32 if inputs > _LARGE else torch.float64
