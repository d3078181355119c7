"""How much may be asked: sizes, slow senders, and what is held of all requests together."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from fastapi import HTTPException, Request
from starlette.datastructures import Headers
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from edgewise.serve.worker import Busy

_MOST_BYTES_ELSEWHERE = 10_000  # where no image is sent
IMAGE_TYPES = ("image/", "application/octet-stream")


@dataclass(frozen=True)
class Limits:
    """Of one request, and of all together."""

    most_bytes: int = 20_000_000  # of an image
    most_bytes_held: int = 200_000_000  # of all images that arrive or wait
    upload_s: float = 30.0
    most_waiting: int = 16  # pieces of work
    most_listening: int = 32  # streams of events


class BoundedBody:
    """Bounds what a request may send, and how long it may take to. Raises 413 and 408 where it is read."""

    def __init__(self, app: ASGIApp, limits: Limits) -> None:
        self._app, self._limits = app, limits

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            receive = self._bounded(scope, receive)
        await self._app(scope, receive, send)

    def _bounded(self, scope: Scope, receive: Receive) -> Receive:
        most = self._limits.most_bytes if scope["path"] == "/predict" else _MOST_BYTES_ELSEWHERE
        declared = Headers(scope=scope).get("content-length", "")
        too_long = declared.isascii() and declared.isdecimal() and int(declared) > most
        until = asyncio.get_running_loop().time() + self._limits.upload_s
        left, complete = most, False

        async def bounded() -> Message:
            nonlocal left, complete
            if complete:  # what follows is that the client leaves, whenever that is
                return await receive()
            if too_long:
                raise HTTPException(413, f"The body has more than {most:,} bytes.")
            try:
                async with asyncio.timeout_at(until):
                    message = await receive()
            except TimeoutError:
                raise HTTPException(408, f"The body did not arrive within {self._limits.upload_s:g} s.") from None
            left -= len(message.get("body", b""))
            if left < 0:
                raise HTTPException(413, f"The body has more than {most:,} bytes.")
            complete = not message.get("more_body", False)
            return message

        return bounded


class Room:
    """For so many bytes, or listeners, at a time. For one thread."""

    def __init__(self, most: int) -> None:
        self.left = most

    @contextmanager
    def share(self) -> Iterator["Share"]:
        """Of one request; given back when it is done."""
        share = Share(self)
        try:
            yield share
        finally:
            self.left += share.taken

    def take(self, count: int) -> None:
        """Raises `Busy` where there is not so much left."""
        if count > self.left:
            raise Busy
        self.left -= count


class Share:
    """What one request has of a `Room`."""

    def __init__(self, room: Room) -> None:
        self._room, self.taken = room, 0

    def take(self, count: int) -> None:
        """Raises `Busy` where there is not so much left."""
        self._room.take(count)
        self.taken += count


async def read_image(request: Request, share: Share) -> bytes:
    """The body of a request. Raises 415 for what is no image by its type, and what `BoundedBody` raises."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith(IMAGE_TYPES):
        raise HTTPException(
            415, f"The body is {kind or 'of no type'}; send the bytes of an image file as image/jpeg or so."
        )
    content = bytearray()
    try:
        async for chunk in request.stream():
            share.take(len(chunk))
            content += chunk
    except ClientDisconnect:
        raise HTTPException(400, "The client left before the image was there.") from None
    return bytes(content)
