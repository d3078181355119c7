"""The service over HTTP: routes, and what they ask of the worker. Needs the extra `serve`."""

import asyncio
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, Path, Query, Request, Response
from fastapi.responses import JSONResponse, PlainTextResponse, StreamingResponse

import edgewise
from edgewise.errors import EdgewiseError
from edgewise.personal.inference import Wish
from edgewise.serve.bounding import BoundedBody, Limits, Room, Share, read_image
from edgewise.serve.device import Answered, Device
from edgewise.serve.guarding import OwnHost, check_token
from edgewise.serve.metrics import Metrics
from edgewise.serve.page_files import add_page
from edgewise.serve.problems import answer_errors
from edgewise.serve.telling import feedback, happened, networks, prediction, readiness, user_state
from edgewise.serve.told import (
    USER_PATTERN,
    Feedback,
    Happened,
    LearningMode,
    Network,
    Prediction,
    Problem,
    Readiness,
    TrueLabel,
    UserState,
)
from edgewise.serve.worker import Busy, Worker

_T = TypeVar("_T")
_DEFAULT_USER = "me"
_EVENTS_S = 0.5
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (400, 401, 404, 408, 409, 413, 415, 421, 422, 429, 500, 503)
}
_IMAGE = {"schema": {"type": "string", "format": "binary"}}
_EVENTS = {200: {"model": list[Happened], "content": {"text/event-stream": {"schema": {"type": "string"}}}}}
_log = logging.getLogger("edgewise.serve")

_User = Annotated[str, Path(pattern=USER_PATTERN)]
_AskedUser = Annotated[str, Query(pattern=USER_PATTERN)]
_MostMs = Annotated[
    float | None,
    Query(
        gt=0,
        allow_inf_nan=False,
        description="What the networks may take: where the generic one would take longer, the user's answers even in "
        "doubt. An answer comes in any case; `infer_ms` says what it took.",
    ),
]
_LeastSure = Annotated[
    float | None,
    Query(
        ge=0,
        le=1,
        description="How sure the user's network must be of its answer; where it is less, the generic one answers.",
    ),
]


def create_app(open_device: Callable[[], Device], *, token: str | None = None, limits: Limits | None = None) -> FastAPI:
    """The service of one device, which is opened when the service starts and closed when it ends.

    With a `token`, all but the page's files, `/healthz` and the description of the API need it. Without one, requests
    that name another host than this machine are refused, so that no page of the web can reach in.

    What runs the app may put a function into `app.state.ending` that says whether the service is about to end: streams
    of events, which would go on for ever, then end by themselves.
    """
    limits = limits or Limits()
    metrics = Metrics()
    app = FastAPI(
        title="edgewise",
        version=edgewise.__version__,
        description="Answers images, and learns its users while it does. Nothing leaves the device.",
        lifespan=_lifespan(open_device, limits),
        docs_url=None,  # its pages fetch scripts from elsewhere
        redoc_url=None,
    )
    app.state.ending = lambda: False
    app.add_middleware(BoundedBody, limits=limits)
    if token is None:
        app.add_middleware(OwnHost)

    async def allowed(request: Request) -> None:  # a plain function would take a thread
        check_token(request, token)

    guarded = {"dependencies": [Depends(allowed)], "responses": _PROBLEMS}
    answer_errors(app)
    add_page(app)
    _add_health(app, metrics, guarded)
    _add_predict(app, limits, metrics, guarded)
    _add_feedback(app, metrics, guarded)
    _add_users(app, guarded)
    _add_events(app, limits, guarded)
    return app


def _lifespan(open_device: Callable[[], Device], limits: Limits) -> Callable[[FastAPI], Any]:
    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        device = app.state.device = open_device()
        worker = app.state.worker = Worker(limits.most_waiting, device.poll)
        try:
            await asyncio.wrap_future(worker.submit(device.take_up))
            yield
        finally:
            await asyncio.to_thread(worker.stop)
            try:
                device.close()
            except EdgewiseError as error:
                _log.error("The last could not be stored: %s", error)

    return lifespan


def _add_health(app: FastAPI, metrics: Metrics, guarded: dict[str, Any]) -> None:
    @app.get("/healthz", response_class=PlainTextResponse)
    async def alive() -> str:
        """The process answers."""
        return "ok"

    @app.get("/readyz", **guarded)
    async def ready(request: Request) -> Readiness:
        """Images can be answered; `trouble` says why nothing can be learned at present, if so."""
        return readiness(request.app.state.device)

    @app.get("/metrics", response_class=PlainTextResponse, **guarded)
    async def measured(request: Request) -> Response:
        """For Prometheus."""
        content, kind = metrics.exposed(request.app.state.worker.waiting)
        return Response(content, media_type=kind)


def _add_predict(app: FastAPI, limits: Limits, metrics: Metrics, guarded: dict[str, Any]) -> None:
    room = Room(limits.most_bytes_held)

    async def answer(request: Request, user: str, wish: Wish, share: Share) -> tuple[Answered, Prediction]:
        device: Device = request.app.state.device
        content = await read_image(request, share)

        def work() -> tuple[Answered, Prediction]:
            answered = device.answer(user, content, wish)
            return answered, prediction(device, answered)

        return await asyncio.wrap_future(request.app.state.worker.submit(work, lambda both: device.learn(both[0])))

    @app.post(
        "/predict",
        openapi_extra={
            "requestBody": {"required": True, "content": {"application/octet-stream": _IMAGE, "image/*": _IMAGE}}
        },
        **guarded,
    )
    async def predict(
        request: Request,
        user: _AskedUser = _DEFAULT_USER,
        max_latency_ms: _MostMs = None,
        min_accuracy: _LeastSure = None,
    ) -> Prediction:
        """Answer one image: the bytes of a file as the body."""
        with metrics.request(), room.share() as share:
            answered, told = await answer(request, user, Wish(max_latency_ms, min_accuracy), share)
            metrics.answered(told, by_user_network=answered.reply.inference.by_user_network)
            return told


async def _done(request: Request, work: Callable[[Device], _T]) -> _T:
    """What the worker makes of the device."""
    device: Device = request.app.state.device
    return await asyncio.wrap_future(request.app.state.worker.submit(lambda: work(device)))


def _add_feedback(app: FastAPI, metrics: Metrics, guarded: dict[str, Any]) -> None:
    @app.get("/classes", **guarded)
    async def classes(request: Request) -> list[str]:
        """The names of the generic network's classes; a class's number is its place here, from 0."""
        return list(request.app.state.device.generic.parts.classes.names)

    @app.post("/feedback", **guarded)
    async def tell(request: Request, true: TrueLabel) -> Feedback:
        """Say what is true of an answer; of one that was spoken of before, the last word counts."""

        def work(device: Device) -> Feedback:
            return feedback(device, *device.tell(true.id, true.label))

        found = await _done(request, work)
        metrics.told(right=found.right)
        return found


def _add_users(app: FastAPI, guarded: dict[str, Any]) -> None:
    @app.get("/models", **guarded)
    async def models(request: Request, user: _AskedUser = _DEFAULT_USER) -> list[Network]:
        """The networks that may answer a user."""
        return await _done(request, lambda device: networks(device, device.learner(user)))

    @app.get("/users", **guarded)
    async def users(request: Request) -> list[str]:
        """Who is known."""
        return list(await asyncio.to_thread(request.app.state.device.state.users))

    @app.get("/users/{user}", **guarded)
    async def user_of(request: Request, user: _User) -> UserState:
        """Where the device is with a user."""
        return await _done(request, lambda device: user_state(device, user))

    @app.put("/users/{user}/learning", **guarded)
    async def learning(request: Request, user: _User, wanted: LearningMode) -> UserState:
        """Pause a user's learning, go on with it, or go back to the generic network."""

        def work(device: Device) -> UserState:
            learner = device.learner(user)
            if wanted.mode == "generic":
                learner.use_generic()
            else:
                learner.pause(paused=wanted.mode == "paused")
            return user_state(device, user)

        return await _done(request, work)

    @app.delete("/users/{user}", status_code=204, **guarded)
    async def forget(request: Request, user: _User) -> None:
        """Delete all that is kept of a user."""
        await _done(request, lambda device: device.forget(user))


def _add_events(app: FastAPI, limits: Limits, guarded: dict[str, Any]) -> None:
    room = Room(limits.most_listening)

    @app.get("/events", dependencies=guarded["dependencies"], responses=guarded["responses"] | _EVENTS)
    async def events(
        request: Request,
        user: Annotated[str | None, Query(pattern=USER_PATTERN)] = None,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        follow: bool = True,
    ) -> Response:
        """What happened: as a list, or with `follow` as server-sent events that go on."""
        state = request.app.state.device.state
        if not follow:
            found = await asyncio.to_thread(state.events, after, user)
            return JSONResponse([happened(one, state.folder).model_dump() for one in found])
        resumed = request.headers.get("last-event-id", "")
        begin = int(resumed) if resumed.isascii() and resumed.isdecimal() and len(resumed) < 19 else after
        await asyncio.to_thread(state.events, begin, user, 1)  # a user who is not known is refused now
        if not room.left:
            raise Busy
        return StreamingResponse(_stream(app, room, begin, user), media_type="text/event-stream")


async def _stream(app: FastAPI, room: Room, after: int, user: str | None) -> AsyncIterator[str]:
    """Events as they come, and a comment now and then, which finds out that nobody listens."""
    state = app.state.device.state
    with room.share() as share:
        share.take(1)
        yield ": begin\n\n"
        while not app.state.ending():
            try:
                found = await asyncio.to_thread(state.events, after, user)
            except EdgewiseError:  # the user was deleted
                return
            for one in found:
                after = one.seq
                yield f"id: {one.seq}\ndata: {json.dumps(happened(one, state.folder).model_dump())}\n\n"
            if not found:
                yield ":\n\n"
                await asyncio.sleep(_EVENTS_S)
