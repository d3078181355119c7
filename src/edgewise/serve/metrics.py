"""What Prometheus asks for. No label holds a user's name or classes: metrics may be read by others."""

from collections.abc import Iterator
from contextlib import contextmanager

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from edgewise.serve.told import Prediction

_SECONDS = (0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)


class Metrics:
    """Of one service."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self._seconds = Histogram(
            "edgewise_predict_seconds", "From request to reply.", buckets=_SECONDS, registry=self._registry
        )
        self._infer = Histogram("edgewise_infer_seconds", "Of the networks.", buckets=_SECONDS, registry=self._registry)
        self._answers = Counter(
            "edgewise_answers",
            "By the phase of their user and the kind of network.",
            ("phase", "by"),
            registry=self._registry,
        )
        self._failed = Counter("edgewise_failed", "Requests for a prediction that failed.", registry=self._registry)
        self._feedback = Counter(
            "edgewise_feedback",
            "Times that the owner spoke of an answer, by whether it was right.",
            ("right",),
            registry=self._registry,
        )
        self._waiting = Gauge("edgewise_waiting", "Pieces of work that wait.", registry=self._registry)

    @contextmanager
    def request(self) -> Iterator[None]:
        """Around one request for a prediction."""
        try:
            with self._seconds.time():
                yield
        except BaseException:
            self._failed.inc()
            raise

    def answered(self, told: Prediction, *, by_user_network: bool) -> None:
        by = "user" if by_user_network else "generic"
        self._answers.labels(told.phase, by).inc()
        self._infer.observe(told.infer_ms / 1000)

    def told(self, *, right: bool) -> None:
        self._feedback.labels(str(right).lower()).inc()

    def exposed(self, waiting: int) -> tuple[bytes, str]:
        """The text, and its type."""
        self._waiting.set(waiting)
        return generate_latest(self._registry), CONTENT_TYPE_LATEST
