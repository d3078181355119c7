"""The server under the service: what it is patient with, and how it ends. Needs the extra `serve`."""

import signal
import socket
import threading
from collections.abc import Callable
from time import monotonic
from typing import Any

import uvicorn
from fastapi import FastAPI

_SILENT_S = 15.0  # that a connection may last without a request that is being answered
_MOST_CONNECTIONS = 256
_LAST_S = 5  # for what is being answered when the service ends
_TICKS = 10  # of uvicorn's loop, between two looks at the connections


class Server(uvicorn.Server):
    """Serves until a signal ends it: SIGTERM in peace, Ctrl-C as `KeyboardInterrupt`."""

    def __init__(self, app: FastAPI, *, silent_s: float = _SILENT_S, begun: Callable[[], None] = lambda: None) -> None:
        """`begun` is called once it answers and hears signals."""
        config = uvicorn.Config(
            app,
            loop="asyncio",
            http="h11",
            ws="none",
            lifespan="on",
            log_level="warning",
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=5,
            timeout_graceful_shutdown=_LAST_S,
        )
        super().__init__(config)
        self._silent_s, self._begun = silent_s, begun
        self._silent: dict[Any, tuple[Any, float]] = {}  # connections: their last request, and since when
        app.state.ending = lambda: self.should_exit

    def run(self, sockets: list[socket.socket] | None = None) -> None:
        """Until `should_exit`, or in the main thread a signal."""
        if threading.current_thread() is not threading.main_thread():
            super().run(sockets)
            return
        before = signal.signal(signal.SIGTERM, lambda *_: None)  # uvicorn sends itself the signal again when it ends
        try:
            super().run(sockets)
        finally:
            signal.signal(signal.SIGTERM, before)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._begun()

    async def on_tick(self, counter: int) -> bool:
        if counter % _TICKS == 0:
            self._let_go(monotonic())
        return await super().on_tick(counter)

    def _let_go(self, now_s: float) -> None:
        """Close connections that do not say what they want, or go on sending what was refused.

        uvicorn waits for the head of a first request for ever, and for the rest of a body that it has answered.
        """
        silent: dict[Any, tuple[Any, float]] = {}
        for connection in list(self.server_state.connections):
            request = getattr(connection, "cycle", None)
            if request is not None and not request.response_complete:
                continue
            known, since_s = self._silent.get(connection, (request, now_s))
            silent[connection] = (request, since_s if known is request else now_s)
            if now_s - silent[connection][1] >= self._silent_s:
                connection.transport.abort()
        self._silent = silent
