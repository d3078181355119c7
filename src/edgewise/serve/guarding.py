"""Who may ask, and how much: tokens, sizes, slow senders."""

import asyncio
import hmac
import ipaddress
from dataclasses import dataclass

from fastapi import HTTPException, Request

_SHORTEST_TOKEN = 16
IMAGE_TYPES = ("image/", "application/octet-stream")


@dataclass(frozen=True)
class Limits:
    """Of one request, and of all that wait."""

    most_bytes: int = 20_000_000
    upload_s: float = 30.0
    most_waiting: int = 16


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach an address."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def token_problem(token: str | None, host: str) -> str:
    """Why the service may not be opened so; empty where it may."""
    if token is None:
        return "" if is_loopback(host) else f"At {host} others can reach the service, so it needs a token."
    return (
        "" if len(token) >= _SHORTEST_TOKEN else f"The token has {len(token)} characters; it needs {_SHORTEST_TOKEN}."
    )


def check_token(request: Request, token: str | None) -> None:
    """Raises 401 for a request without the token, where there is one; the comparison takes the same time always."""
    given = request.headers.get("authorization", "").removeprefix("Bearer ")
    if token is not None and not hmac.compare_digest(given.encode(), token.encode()):
        raise HTTPException(
            401, "This service needs a token: Authorization: Bearer TOKEN.", {"WWW-Authenticate": "Bearer"}
        )


async def read_image(request: Request, limits: Limits) -> bytes:
    """The body of a request. Raises 415 for what is no image by its type, 413 for too much, 408 for too slow."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if not kind.startswith(IMAGE_TYPES):
        raise HTTPException(
            415, f"The body is {kind or 'of no type'}; send the bytes of an image file as image/jpeg or so."
        )
    declared = request.headers.get("content-length", "0")
    if declared.isdigit() and int(declared) > limits.most_bytes:
        raise _too_large(limits)
    content = bytearray()
    try:
        async with asyncio.timeout(limits.upload_s):
            async for chunk in request.stream():
                content += chunk
                if len(content) > limits.most_bytes:
                    raise _too_large(limits)
    except TimeoutError:
        raise HTTPException(408, f"The image did not arrive within {limits.upload_s:g} s.") from None
    return bytes(content)


def _too_large(limits: Limits) -> HTTPException:
    return HTTPException(413, f"The image has more than {limits.most_bytes:,} bytes.")
