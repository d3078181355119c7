"""What a user is told of one image, and why."""

from dataclasses import dataclass, field
from secrets import token_urlsafe
from typing import Self

from edgewise.personal.inference import Inference
from edgewise.personal.session import Phase
from edgewise.personal.tail_network import UserNetwork


@dataclass(frozen=True, eq=False)
class Reply:
    """The answer, and what ran for it."""

    classes: tuple[int, ...]  # of the generic network, the best first
    chances: tuple[float, ...]
    model: str
    why: str
    ms: float
    inference: Inference
    id: str = field(default_factory=token_urlsafe)  # nobody else can guess it

    @classmethod
    def of(cls, inference: Inference, generic: str, phase: Phase, user: UserNetwork | None) -> Self:
        """`generic`: the generic network's name; `user`: the user's that serves, if any does."""
        model, why = generic, f"no network of the user's serves ({phase})"
        if user is not None and inference.foreign is not None:
            own = user.tails.name
            if inference.by_user_network:
                model = own
                assert inference.member is not None
                why = f"the user's own network is sure of it: {user.members[inference.member]}"
                if inference.late:
                    why = f"{own} is not sure of it, and there is no time for the generic network"
            elif inference.foreign <= user.chooser.most_foreign:
                why = f"{own} is not sure of it"
            else:
                why = f"{own} turned it away"
        if inference.by_prior:
            why += "; the generic network knows the user's classes"
        return cls(inference.classes, inference.chances, model, why, inference.ms, inference)
