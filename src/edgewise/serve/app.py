"""The service over HTTP: routes, and what they ask of the worker. Needs the extra `serve`."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from importlib import resources
from typing import Annotated, Any, TypeVar

from fastapi import Depends, FastAPI, HTTPException, Query, Request, Response
from fastapi.responses import HTMLResponse, JSONResponse, PlainTextResponse, StreamingResponse
from starlette.middleware.trustedhost import TrustedHostMiddleware

import edgewise
from edgewise.errors import EdgewiseError, ImageError, ModelError, StoreError, UsageError
from edgewise.serve.device import Device
from edgewise.serve.guarding import Limits, check_token, read_image
from edgewise.serve.metrics import Metrics
from edgewise.serve.telling import happened, networks, prediction, user_state
from edgewise.serve.told import LearningMode, Network, Prediction, Problem, UserState
from edgewise.serve.worker import Busy, Stopped, Worker

_T = TypeVar("_T")
_DEFAULT_USER = "me"
_EVENTS_S = 0.5
_RETRY_S = 1
_STATUS: tuple[tuple[type[EdgewiseError], int], ...] = (
    (ImageError, 422),
    (StoreError, 503),
    (ModelError, 500),
    (UsageError, 404),
)
_PROBLEMS: dict[int | str, dict[str, Any]] = {
    code: {"model": Problem} for code in (401, 404, 408, 413, 415, 422, 429, 500, 503)
}
_PAGE_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_PAGE_FILES = {"page.css": "text/css", "page.js": "text/javascript"}


def create_app(open_device: Callable[[], Device], *, token: str | None = None, limits: Limits | None = None) -> FastAPI:
    """The service of one device, which is opened when the service starts and closed when it ends.

    With a `token`, all but the page's files and `/healthz` need it. Without one, requests that name another host than
    this machine are refused, so that no page of the web can reach in.
    """
    limits = limits or Limits()
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[None]:
        device = app.state.device = open_device()
        worker = app.state.worker = Worker(limits.most_waiting, device.poll)
        try:
            await asyncio.wrap_future(worker.submit(device.take_up))
            yield
        finally:
            await asyncio.to_thread(worker.stop)
            device.close()

    app = FastAPI(
        title="edgewise",
        version=edgewise.__version__,
        description="Answers images, and learns its users while it does. Nothing leaves the device.",
        lifespan=lifespan,
        docs_url=None,  # its pages fetch scripts from elsewhere
        redoc_url=None,
    )
    if token is None:
        app.add_middleware(TrustedHostMiddleware, allowed_hosts=["localhost", "127.0.0.1", "[::1]"])
    _answer_errors(app)
    _add_page(app)
    _add_health(app, metrics)

    def allowed(request: Request) -> None:
        check_token(request, token)

    _add_routes(app, limits, metrics, allowed)
    return app


def _answer_errors(app: FastAPI) -> None:
    @app.exception_handler(EdgewiseError)
    async def expected(_request: Request, error: EdgewiseError) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        return JSONResponse({"detail": str(error)}, status)

    @app.exception_handler(Busy)
    async def busy(_request: Request, _error: Busy) -> JSONResponse:
        return JSONResponse({"detail": "Too many requests wait already."}, 429, headers={"Retry-After": str(_RETRY_S)})

    @app.exception_handler(Stopped)
    async def stopped(_request: Request, _error: Stopped) -> JSONResponse:
        return JSONResponse({"detail": "The service is ending."}, 503)

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "The service failed; its log says more."}, 500)


def _add_page(app: FastAPI) -> None:
    folder = resources.files("edgewise.serve.page")

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(folder.joinpath("page.html").read_text("utf-8"), headers=_PAGE_HEADERS)

    @app.get("/page/{name}", include_in_schema=False)
    def part(name: str) -> Response:
        if name not in _PAGE_FILES:
            raise HTTPException(404, "There is no such file.")
        return Response(folder.joinpath(name).read_bytes(), media_type=_PAGE_FILES[name], headers=_PAGE_HEADERS)


def _add_health(app: FastAPI, metrics: Metrics) -> None:
    @app.get("/healthz", response_class=PlainTextResponse)
    def alive() -> str:
        """The process answers."""
        return "ok"

    @app.get("/readyz", responses={503: {"model": Problem}})
    def ready(request: Request) -> dict[str, str]:
        """Images can be answered; `trouble` says why nothing can be learned at present, if so."""
        device: Device = request.app.state.device
        moved = device.state.moved_aside
        return {"status": "ready", "trouble": device.trouble, "moved_aside": moved.name if moved else ""}

    @app.get("/metrics", response_class=PlainTextResponse)
    def measured(request: Request) -> Response:
        """For Prometheus."""
        content, kind = metrics.exposed(request.app.state.worker.waiting)
        return Response(content, media_type=kind)


def _add_routes(app: FastAPI, limits: Limits, metrics: Metrics, allowed: Callable[[Request], None]) -> None:
    guarded = {"dependencies": [Depends(allowed)], "responses": _PROBLEMS}

    async def done(request: Request, work: Callable[[Device], _T]) -> _T:
        device: Device = request.app.state.device
        return await asyncio.wrap_future(request.app.state.worker.submit(lambda: work(device)))

    @app.post(
        "/predict",
        openapi_extra={
            "requestBody": {
                "required": True,
                "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
            }
        },
        **guarded,
    )
    async def predict(request: Request, user: Annotated[str, Query(max_length=64)] = _DEFAULT_USER) -> Prediction:
        """Answer one image: the bytes of a file as the body."""
        with metrics.request():
            content = await read_image(request, limits)
            device: Device = request.app.state.device
            answered = await asyncio.wrap_future(
                request.app.state.worker.submit(lambda: device.answer(user, content), device.learn)
            )
            told = prediction(device, answered)
            metrics.answered(told)
            return told

    @app.get("/models", **guarded)
    async def models(request: Request, user: Annotated[str, Query(max_length=64)] = _DEFAULT_USER) -> list[Network]:
        """The networks that may answer a user."""
        return await done(request, lambda device: networks(device, device.learner(user)))

    @app.get("/users", **guarded)
    async def users(request: Request) -> list[str]:
        """Who is known."""
        return list(request.app.state.device.state.users())

    @app.get("/users/{user}", **guarded)
    async def user_of(request: Request, user: str) -> UserState:
        """Where the device is with a user."""
        return await done(request, lambda device: user_state(device, user))

    @app.put("/users/{user}/learning", **guarded)
    async def learning(request: Request, user: str, wanted: LearningMode) -> UserState:
        """Pause a user's learning, go on with it, or go back to the generic network."""

        def work(device: Device) -> UserState:
            learner = device.learner(user)
            if wanted.mode == "generic":
                learner.use_generic()
            else:
                learner.pause(paused=wanted.mode == "paused")
            return user_state(device, user)

        return await done(request, work)

    @app.delete("/users/{user}", status_code=204, **guarded)
    async def forget(request: Request, user: str) -> None:
        """Delete all that is kept of a user."""
        await done(request, lambda device: device.forget(user))

    @app.get("/events", **guarded)
    async def events(
        request: Request,
        user: Annotated[str | None, Query(max_length=64)] = None,
        after: Annotated[int, Query(ge=0, lt=2**63)] = 0,
        follow: bool = True,
    ) -> Response:
        """What happened: as a list, or with `follow` as server-sent events that go on."""
        state = request.app.state.device.state
        if not follow:
            found = await asyncio.to_thread(state.events, after, user)
            return JSONResponse([happened(one).model_dump() for one in found])
        resumed = request.headers.get("last-event-id", "")
        begin = int(resumed) if resumed.isdigit() and len(resumed) < 19 else after
        await asyncio.to_thread(state.events, begin, user, 1)  # a user who is not known is refused now
        return StreamingResponse(_stream(request, begin, user), media_type="text/event-stream")


async def _stream(request: Request, after: int, user: str | None) -> AsyncIterator[str]:
    """Events as they come, and a comment now and then, which finds out that nobody listens."""
    state = request.app.state.device.state
    yield ": begin\n\n"
    while not await request.is_disconnected():
        try:
            found = await asyncio.to_thread(state.events, after, user)
        except EdgewiseError:  # the user was deleted
            return
        for one in found:
            after = one.seq
            yield f"id: {one.seq}\ndata: {json.dumps(happened(one).model_dump())}\n\n"
        if not found:
            yield ":\n\n"
            await asyncio.sleep(_EVENTS_S)
