"""How the server is, for what watches over it."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import JSONResponse, Response

from seqloom.serve.house import House
from seqloom.serve.routes.own import problem
from seqloom.serve.settings import ServeSettings

__all__ = ["problem", "routes"]


def routes(house: House, settings: ServeSettings) -> APIRouter:
    router = APIRouter(tags=["health"])

    @router.get("/healthz", summary="Whether it lives.")
    async def alive() -> Response:
        return JSONResponse({"status": "alive"})

    @router.get(
        "/readyz", summary="Whether it takes requests.", responses={503: {"description": "It is about to stop."}}
    )
    async def ready() -> Response:
        if house.draining:
            return JSONResponse({"status": "draining"}, 503)
        return JSONResponse({"status": "ready", "models": [*house.models]})

    @router.get("/metrics", summary="Counts and times, as Prometheus reads them.", response_class=Response)
    async def metrics() -> Response:
        return Response(house.meters.text(), media_type="text/plain; version=0.0.4; charset=utf-8")

    return router
