"""How much a way of flagging choices catches, counted the same way for all of them."""

import numpy as np


def caught(wrong: np.ndarray, flagged: np.ndarray) -> tuple[int, int, float, float]:
    """Wrong choices, right choices, and the share of each that is flagged, NaN without any; from bool [n] twice."""
    detected = float(flagged[wrong].mean()) if wrong.any() else float("nan")
    alarmed = float(flagged[~wrong].mean()) if not wrong.all() else float("nan")
    return int(wrong.sum()), int((~wrong).sum()), detected, alarmed
