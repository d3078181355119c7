"""The page and its files, which need no token."""

from importlib import resources
from pathlib import PurePath

from fastapi import FastAPI, HTTPException, Response
from fastapi.responses import HTMLResponse

_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; "
    "media-src 'self' blob:; connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
}
_TYPES = {".css": "text/css", ".js": "text/javascript"}


def add_page(app: FastAPI) -> None:
    """Serve the page at `/`, and what it asks for beside it."""
    folder = resources.files("edgewise.serve.page")
    kinds = {one.name: _TYPES.get(PurePath(one.name).suffix) for one in folder.iterdir()}

    @app.get("/", response_class=HTMLResponse, include_in_schema=False)
    def page() -> HTMLResponse:
        return HTMLResponse(folder.joinpath("page.html").read_text("utf-8"), headers=_HEADERS)

    @app.get("/page/{name}", include_in_schema=False)
    def part(name: str) -> Response:
        if not (kind := kinds.get(name)):
            raise HTTPException(404, "There is no such file.")
        return Response(folder.joinpath(name).read_bytes(), media_type=kind, headers=_HEADERS)
