"""What one selector did with one image, as the report shows it."""

from dataclasses import dataclass


@dataclass(frozen=True)
class ImageDecision:
    """One image through one selector that was fitted on other images."""

    image: str  # the name in the profile's images table
    label: int  # class index
    selector: str  # the name of its row in the fair table
    chosen: str  # the model whose run ended the decision; "" = refused
    ran: tuple[str, ...]  # every model that ran, in order
    answer: int  # class index; -1 = refused
    right: bool
    time_ms: float  # decode + choosing + the models run

    @property
    def refused(self) -> bool:
        return not self.chosen
