"""What the service answers where a request cannot be met."""

import logging

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse

from edgewise.errors import EdgewiseError, ImageError, LabelError, StoreError, UsageError
from edgewise.serve.device import TooManyUsers
from edgewise.serve.hiding import hide_paths
from edgewise.serve.worker import Busy, Stopped

_RETRY_S = 1
_STATUS: tuple[tuple[type[EdgewiseError], int], ...] = (  # the first that fits; any other: 500
    (ImageError, 422),
    (LabelError, 422),
    (StoreError, 503),
    (TooManyUsers, 409),
    (UsageError, 404),
)
_log = logging.getLogger("edgewise.serve")


def answer_errors(app: FastAPI) -> None:
    """Have each error answered by one sentence, which names no path and holds no trace."""

    @app.exception_handler(EdgewiseError)
    async def expected(_request: Request, error: EdgewiseError) -> JSONResponse:
        status = next((code for kind, code in _STATUS if isinstance(error, kind)), 500)
        if status >= 500:
            _log.error("%s", error)
        return JSONResponse({"detail": hide_paths(str(error), app.state.device.state.folder)}, status)

    @app.exception_handler(RequestValidationError)
    async def unusable(_request: Request, error: RequestValidationError) -> JSONResponse:
        found = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return JSONResponse({"detail": "; ".join(found)}, 422)

    @app.exception_handler(Busy)
    async def busy(_request: Request, _error: Busy) -> JSONResponse:
        return JSONResponse({"detail": "Too much waits already."}, 429, headers={"Retry-After": str(_RETRY_S)})

    @app.exception_handler(Stopped)
    async def stopped(_request: Request, _error: Stopped) -> JSONResponse:
        return JSONResponse({"detail": "The service is ending."}, 503)

    @app.exception_handler(Exception)
    async def unexpected(_request: Request, _error: Exception) -> JSONResponse:
        return JSONResponse({"detail": "The service failed; its log says more."}, 500)
