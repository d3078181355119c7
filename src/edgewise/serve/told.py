"""What the service tells, as its OpenAPI description has it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

Mode = Literal["on", "paused", "generic"]
USER_PATTERN = r"^[A-Za-z0-9_-][A-Za-z0-9._-]{0,63}$"


class Guess(BaseModel):
    """One class."""

    label: str
    index: int = Field(description="The class's number among the generic network's.")
    probability: float


class Prediction(BaseModel):
    """The answer to one image. Times in ms."""

    id: str = Field(description="By which `/feedback` speaks of this answer.")
    user: str
    label: str
    class_id: str | None = Field(description="The label's identifier, such as a WordNet id, where classes have any.")
    top: list[Guess]
    model: str
    why: str
    phase: str
    decode_ms: float
    infer_ms: float
    converted: list[str]


class TrueLabel(BaseModel):
    """What the owner says is true of an answer."""

    id: str = Field(max_length=64, description="The answer's.")
    label: Annotated[int, Field(strict=True)] | str = Field(
        description="One of the classes: by its name, its first synonym, its identifier or its number."
    )


class Feedback(BaseModel):
    """What is kept of it."""

    id: str
    user: str
    model: str
    answer: str
    label: str
    right: bool


class Accuracy(BaseModel):
    """How often a network was right, of its answers that the owner spoke of."""

    model: str
    told: int
    right: int


class Network(BaseModel):
    """One network of a user, or the generic one. Times are of an input, MACs of the part that tails replace."""

    name: str
    serving: bool
    retired: bool
    labels: list[str]
    figures: dict[str, Any]


class Progress(BaseModel):
    """How far one piece of the pruning process is."""

    what: str
    done: int
    total: int


class UserState(BaseModel):
    """Where the device is with one user."""

    user: str
    phase: Literal["observe", "prune", "verify", "watch"]
    paused: bool
    serving: str
    labels: list[str] = Field(description="The user's classes, once they are known.")
    seen: int = Field(description="Inputs since the last change.")
    outside_at_most: float = Field(description="Bound for the share of inputs of other classes; 1 while unknown.")
    wait: int = Field(description="Inputs to pass before learning goes on.")
    images_kept: int = Field(description="Images in memory, until a network is made; 0 unless the owner allows it.")
    progress: Progress | None
    verdict: str = Field(description="What the guard has seen of the network that is tried.")
    histogram: dict[str, int] = Field(description="The latest thousand answers.")
    networks: list[Network]
    feedback: list[Accuracy]


class Happened(BaseModel):
    """One event."""

    seq: int
    unix_s: float
    user: str
    kind: str
    text: str
    values: dict[str, Any]


class LearningMode(BaseModel):
    """What the owner wants of a user's learning: on, paused, or paused and the generic network serving."""

    mode: Mode


class Readiness(BaseModel):
    """Images can be answered."""

    status: Literal["ready"]
    trouble: str = Field(description="Why nothing can be learned at present; empty where it can.")
    moved_aside: str = Field(description="The name that a damaged state file was given at the start; empty for none.")


class Problem(BaseModel):
    """Why a request failed."""

    detail: str
