"""The application: all routes behind one gate."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware

import seqloom
from seqloom.serve.gate import Gate, response_to
from seqloom.serve.house import House
from seqloom.serve.problems import Problem, Refusal
from seqloom.serve.routes import health, libretranslate, openai, own, page
from seqloom.serve.settings import ServeSettings
from seqloom.serve.tracing import Tracing
from seqloom.serve.watch import watch
from seqloom.serve.wording import explain_each

__all__ = ["make_app"]

_ROOMS = (own, libretranslate, openai, health, page)
"""Each has `routes(house, settings)` and `problem`, its words for a refusal. The first ones win a path."""


def make_app(house: House, settings: ServeSettings) -> FastAPI:
    tracing = Tracing(settings.otlp) if settings.otlp else None

    @asynccontextmanager
    async def living(_: FastAPI) -> AsyncIterator[None]:
        beside = [asyncio.create_task(watch(house)), asyncio.create_task(house.feel())]
        yield
        for task in beside:
            task.cancel()
        house.close()
        if tracing is not None:
            await asyncio.to_thread(tracing.close)

    # FastAPI's pages of documentation load scripts from elsewhere; the schema itself is at /openapi.json.
    app = FastAPI(
        title="Seqloom",
        version=seqloom.__version__,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        lifespan=living,
    )
    problems: list[tuple[APIRoute, Problem]] = []
    for room in _ROOMS:
        router = room.routes(house, settings)
        problems += [(route, room.problem) for route in router.routes if isinstance(route, APIRoute)]
        app.include_router(router)

    def place_of(path: str) -> tuple[str, Problem]:
        found = ((route.path, problem) for route, problem in problems if route.path_regex.match(path))
        return next(found, ("other", own.problem))

    def refuse(request: Request, refusal: Refusal) -> Response:
        return response_to(refusal, request, place_of(request.url.path)[1])

    @app.exception_handler(Refusal)
    async def refused(request: Request, error: Refusal) -> Response:
        return refuse(request, error)

    @app.exception_handler(RequestValidationError)
    async def wrong(request: Request, error: RequestValidationError) -> Response:
        return refuse(request, Refusal(422, _worded(error)))

    @app.exception_handler(HTTPException)
    async def unknown(request: Request, error: HTTPException) -> Response:
        response = refuse(request, Refusal(error.status_code, _STATUSES.get(error.status_code, str(error.detail))))
        response.headers.update(error.headers or {})
        return response

    app.add_middleware(Gate, house=house, settings=settings, place_of=place_of, tracing=tracing)
    if settings.cors:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=[*settings.cors],
            allow_methods=["GET", "POST"],
            allow_headers=["Authorization", "Content-Type", "X-Api-Key", "X-Request-Id"],
            expose_headers=["X-Request-Id", "Retry-After"],
        )
    return app


_STATUSES = {
    404: "there is nothing at this path.",
    405: "the path is right, but not for this method.",
}


def _worded(error: RequestValidationError) -> str:
    """The first mistake, as a recipe's is worded."""
    details = [{**detail, "loc": detail["loc"][1:]} for detail in error.errors()]
    first = details[0]
    if first["type"] == "extra_forbidden":
        return f"`{first['loc'][-1]}` is not known here. Leave it out."
    if first["type"] == "missing":
        return f"`{first['loc'][-1] if first['loc'] else 'the body'}` is missing."
    [line, *_] = explain_each(details, "", error.body)
    return line.replace("``", "the body")
