"""The page: files that stand beside this package, and may load nothing from elsewhere."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from fastapi import APIRouter, Request
from starlette.responses import Response

from seqloom.serve.house import House
from seqloom.serve.routes.own import problem
from seqloom.serve.settings import ServeSettings

__all__ = ["problem", "routes"]

_FILES = Path(__file__).parent.parent / "page"
_KINDS = {".html": "text/html", ".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml"}
_POLICY = "default-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'"
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-cache",  # asked for each time, and sent again where it is another
}


def routes(house: House, settings: ServeSettings) -> APIRouter:
    """A route a file; `index.html` is at `/`."""
    router = APIRouter()
    for path in sorted(path for path in _FILES.rglob("*") if path.suffix in _KINDS):
        name = path.relative_to(_FILES).as_posix()
        _add(router, "/" if name == "index.html" else f"/{name}", path)
    return router


def _add(router: APIRouter, at: str, path: Path) -> None:
    """Small enough to be kept: a request reads no file."""
    content = path.read_bytes()
    headers = {**_HEADERS, "ETag": f'"{sha256(content).hexdigest()[:20]}"'}

    async def file(request: Request) -> Response:
        if request.headers.get("if-none-match") == headers["ETag"]:
            return Response(status_code=304, headers=headers)
        return Response(content, media_type=_KINDS[path.suffix], headers=headers)

    router.add_api_route(at, file, methods=["GET", "HEAD"], include_in_schema=False)
