"""The whole API under what hypothesis makes of its own description, over real sockets."""

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serve.service import RunningService, copied, noise_files

pytestmark = [pytest.mark.serve, pytest.mark.torch]
described = pytest.mark.skipif(not find_spec("schemathesis"), reason="schemathesis is not installed")

_ANY = [
    HealthCheck.too_slow,
    HealthCheck.filter_too_much,
    HealthCheck.function_scoped_fixture,
    HealthCheck.data_too_large,
]
_KINDS = ("image/png", "image/jpeg", "application/octet-stream")


@pytest.fixture(scope="module")
def fuzzed(opened_state: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningService]:
    with RunningService(copied(opened_state, tmp_path_factory.mktemp("fuzzed"))) as running:
        yield running
        with running.client() as client:
            assert client.get("/readyz").json["trouble"] == ""
        assert "Traceback" not in running.errors
        assert running.kill() == 0


def _check(service: RunningService, examples: int) -> None:
    """Ask every operation of the description for replies to what fits it and to what does not.

    Each reply must have a status that the description knows, its type and its schema, and no status from 500 on; what
    does not fit must be refused. Events are asked for as a list: the other kind has no end.
    """
    import schemathesis
    from schemathesis.checks import positive_data_acceptance
    from schemathesis.core.result import Ok
    from schemathesis.generation import GenerationMode

    not_images = [positive_data_acceptance]  # no description can say which bytes are one
    schema = schemathesis.openapi.from_url(f"{service.address}/openapi.json")
    schema.config.generation.update(modes=list(GenerationMode))
    for found in schema.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()

        @settings(max_examples=examples, suppress_health_check=_ANY, deadline=None)
        @given(case=st.one_of(*(operation.as_strategy(generation_mode=mode) for mode in GenerationMode)))
        def fits(case: Any) -> None:
            if case.path == "/events":
                case.query = {**(case.query or {}), "follow": "false"}
            case.call_and_validate(timeout=20, excluded_checks=not_images if case.path == "/predict" else None)

        fits()


@described
def test_each_operation_keeps_to_the_description(fuzzed: RunningService) -> None:
    _check(fuzzed, 6)


@described
@pytest.mark.long
def test_each_operation_keeps_to_the_description_for_long(fuzzed: RunningService) -> None:
    _check(fuzzed, 100)


def _spoiled(content: bytes, edits: list[tuple[float, int]], kept: float) -> bytes:
    spoiled = bytearray(content[: int(kept * len(content)) + 1])
    for place, value in edits:
        spoiled[int(place * (len(spoiled) - 1))] = value
    return bytes(spoiled)


_EDITS = st.lists(st.tuples(st.floats(0, 1), st.integers(0, 255)), max_size=6)


def _predicts(service: RunningService, examples: int) -> None:
    """Upload spoiled images of several formats: each is answered, or refused as no image."""
    files = noise_files()

    @settings(max_examples=examples, suppress_health_check=_ANY, deadline=None)
    @given(st.sampled_from(sorted(files)), _EDITS, st.floats(0, 1) | st.just(1.0), st.sampled_from(_KINDS))
    def answers(name: str, edits: list[tuple[float, int]], kept: float, kind: str) -> None:
        reply = client.predict(_spoiled(files[name], edits, kept), "fuzzer", kind)
        assert reply.status in (200, 422), reply.content
        assert set(reply.json) >= ({"label", "top"} if reply.status == 200 else {"detail"})

    with service.client() as client:
        answers()


def test_spoiled_images_are_answered_or_refused(fuzzed: RunningService) -> None:
    _predicts(fuzzed, 40)


@pytest.mark.long
def test_spoiled_images_are_answered_or_refused_for_long(fuzzed: RunningService) -> None:
    _predicts(fuzzed, 1000)
