"""Who may ask: hosts and tokens."""

import hmac
import ipaddress

from fastapi import HTTPException, Request
from starlette.datastructures import Headers
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Receive, Scope, Send

_SHORTEST_TOKEN = 16


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
        return "" if is_loopback(host) else f"At {host!r} others can reach the service, so it needs a token."
    if len(token) < _SHORTEST_TOKEN:
        return f"The token has {len(token)} characters; it needs {_SHORTEST_TOKEN}."
    if not all("!" <= character <= "~" for character in token):
        return "The token has blanks, or characters that no header can carry."
    return ""


def check_token(request: Request, token: str | None) -> None:
    """Raises 401 for a request without the token, where there is one; the comparison takes the same time always."""
    if token is None:
        return
    scheme, _, given = request.headers.get("authorization", "").partition(" ")
    right = hmac.compare_digest(given.strip().encode(), token.encode())
    if scheme.lower() != "bearer" or not right:
        raise HTTPException(
            401, "This service needs a token: Authorization: Bearer TOKEN.", {"WWW-Authenticate": "Bearer"}
        )


class OwnHost:
    """Refuses requests that name another host than this machine: a page of the web whose name was bent to lead here."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and not is_loopback(_host(Headers(scope=scope).get("host", ""))):
            refused = JSONResponse({"detail": "This service answers at localhost only. Others need a token."}, 421)
            await refused(scope, receive, send)
        else:
            await self._app(scope, receive, send)


def _host(header: str) -> str:
    """The host of a `Host` header, without its port."""
    if header.startswith("["):
        return header[1:].partition("]")[0]
    return header.partition(":")[0].lower()
