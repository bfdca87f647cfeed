"""The page: files that stand beside this package, and load nothing from elsewhere."""

from __future__ import annotations

from pathlib import Path

from fastapi import APIRouter
from starlette.responses import FileResponse, Response

from seqloom.serve.house import House
from seqloom.serve.routes.own import problem
from seqloom.serve.settings import ServeSettings

__all__ = ["problem", "routes"]

_FILES = Path(__file__).parent.parent / "page"
_HEADERS = {"Cache-Control": "no-cache", "X-Content-Type-Options": "nosniff"}


def routes(house: House, settings: ServeSettings) -> APIRouter:
    """A route a file; `index.html` is at `/`."""
    router = APIRouter()
    for path in sorted(path for path in _FILES.rglob("*") if path.is_file()):
        name = path.relative_to(_FILES).as_posix()
        _add(router, "/" if name == "index.html" else f"/{name}", path)
    return router


def _add(router: APIRouter, at: str, path: Path) -> None:
    async def file() -> Response:
        return FileResponse(path, headers=_HEADERS)

    router.add_api_route(at, file, methods=["GET", "HEAD"], include_in_schema=False)
