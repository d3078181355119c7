"""What an answer costs beside decoding, features and the models that the selector itself runs."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Charges:
    """Times that no profile holds: of deciding, and of what is wrapped around a selector once it is chosen."""

    decide_ms: float | None = None  # of each decision; None = measured here; else where times are of another clock
    check_ms: float = 0.0  # of asking whether an image is unfamiliar, after each model's run
    escalated: float = 0.0  # share of images that are sent on to the most capable of the selector's models
