"""Our own API: everything that a model can be asked."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Body, Depends, Request, Security
from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag
from starlette.responses import JSONResponse, Response, StreamingResponse

from seqloom.explain.runs.listing import runs_below
from seqloom.serve.bodies import StrictRoute
from seqloom.serve.gate import id_of
from seqloom.serve.house import House
from seqloom.serve.journal import Entry
from seqloom.serve.keys import BEARER, HEADER, Keys
from seqloom.serve.problems import TYPES, Refusal
from seqloom.serve.served import Served
from seqloom.serve.settings import ServeSettings
from seqloom.serve.stream import Stream
from seqloom.workflow.asking import Asked

__all__ = ["keyed", "problem", "routes"]


def _whole(value: Any) -> Any:
    """JSON has one kind of numbers: 2.0 is a whole one."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


Whole = Annotated[int, BeforeValidator(_whole)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class Columns(BaseModel):
    """A source with further columns, as a row of JSONL has them."""

    model_config = ConfigDict(extra="allow", strict=True)
    source: str | list[float] | list[list[float]]


Source = str | Columns | list[float] | list[list[float]]


class _Ways(_Body):
    """How to answer. What is left out is as the model's recipe says."""

    model: str | None = Field(None, description="One of /v1/models; the first one, if there is none here.")
    beam: Whole | None = Field(None, ge=1, le=64)
    nbest: Whole = Field(1, ge=1, le=64)
    sample: bool = False
    temperature: float = Field(1.0, gt=0, le=100)
    top_k: Whole | None = Field(None, ge=1, le=2**31)
    top_p: float | None = Field(None, ge=0, le=1)
    seed: Whole = Field(1, ge=0, lt=2**32)
    min_length: Whole = Field(0, ge=0, le=1024)
    max_length: Whole | None = Field(None, ge=1, le=1024)
    constraints: list[dict[str, Any]] = []

    def asked(self, served: Served) -> Asked:
        constraints = served.check_own({"constraints": self.constraints}).constraints if self.constraints else ()
        return Asked(
            beam=self.beam,
            nbest=self.nbest,
            sample=self.sample,
            temperature=self.temperature,
            top_k=self.top_k,
            top_p=self.top_p,
            seed=self.seed,
            min_length=self.min_length,
            max_length=self.max_length,
            constraints=constraints,
        )


class One(_Ways):
    """One source."""

    source: Source
    stream: bool = Field(False, description="Tell pieces of the answer as they settle, as server-sent events.")


class Several(_Ways):
    """Several sources, whose answers come in their order."""

    sources: list[Source]


def _which(asked: Any) -> str:
    return "several" if isinstance(asked, dict) and "sources" in asked else "one"


Predict = Annotated[Annotated[One, Tag("one")] | Annotated[Several, Tag("several")], Discriminator(_which), Body()]


def _plain(source: Source) -> Any:
    return source.model_dump() if isinstance(source, Columns) else source


class Pair(_Body):
    source: str
    target: str


class Score(_Body):
    """Pairs of which to tell how likely they are."""

    model: str | None = None
    pairs: list[Pair]


class Explain(_Body):
    """An answer, or a target in its place, of which to tell why it is as it is."""

    model: str | None = None
    source: str | Columns
    target: str | None = None
    what: list[Literal["attention", "self_attention", "attribution", "alternatives", "search", "neighbours"]] = Field(
        ["attention", "alternatives"], min_length=1
    )
    position: Whole | None = Field(None, ge=0, le=4096, description="Of alternatives; null: where it was least sure.")


class Predicted(BaseModel):
    """An answer a source, or its `error`."""

    model: str
    answers: list[dict[str, Any]]


class Scored(BaseModel):
    model: str
    scores: list[dict[str, Any]]


class Explained(BaseModel):
    """What was asked for, by its name."""

    model_config = ConfigDict(extra="allow")
    model: str
    source: str
    target: str


class Listed(BaseModel):
    object: Literal["list"]
    data: list[dict[str, Any]]


class Wrong(BaseModel):
    message: str
    type: str
    request_id: str


class Problem(BaseModel):
    error: Wrong


_SAID = {
    400: "The body is no JSON.",
    401: "A key is needed.",
    404: "There is no such model.",
    408: "The request came too slowly.",
    413: "The body or a text is too large.",
    415: "The body is not called JSON.",
    422: "The request asks for what cannot be.",
    429: "The client has too many requests under way.",
    503: "There are too many questions under way, or the server is about to stop.",
    504: "There was no answer in time.",
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"model": Problem, "description": said} for status, said in _SAID.items()
}


_PIECES: dict[str, dict[str, Any]] = {"text/event-stream": {}}
"""With `stream`: objects of a piece each, then one of the answer, then `[DONE]`, of which OpenAPI 3.1 cannot speak."""


def problem(refusal: Refusal, request_id: str) -> dict[str, Any]:
    kind = TYPES.get(refusal.status, "invalid_request")
    return {"error": {"message": refusal.message, "type": kind, "request_id": request_id}}


def keyed(settings: ServeSettings) -> list[Any]:
    """What makes a route one for those who have a key."""
    keys = Keys(settings.keys)

    async def check(request: Request) -> None:
        keys.check(request)

    return [Depends(check), *((Security(BEARER), Security(HEADER)) if settings.keys else ())]


def routes(house: House, settings: ServeSettings) -> APIRouter:
    router = APIRouter(tags=["own"], route_class=StrictRoute, responses=_REFUSALS, dependencies=keyed(settings))

    @router.get("/v1/models", summary="The models.", response_model=Listed)
    async def models() -> Response:
        listed = [
            {"id": name, "object": "model", "created": house.created, "owned_by": "seqloom", **served.to_data()}
            for name, served in house.models.items()
        ]
        return JSONResponse({"object": "list", "data": listed, "runs": settings.runs is not None})

    @router.post(
        "/v1/predict",
        summary="Answers to sources, whole or piece by piece.",
        response_model=Predicted,
        responses={200: {"content": _PIECES}},
    )
    async def predict(asked: Predict, request: Request) -> Response:
        served = house.pick(asked.model)
        sources = [_plain(each) for each in (asked.sources if isinstance(asked, Several) else [asked.source])]
        how = asked.asked(served)
        entry: Entry = request.state.entry
        entry.model, entry.sources = served.name, len(sources)
        if isinstance(asked, One) and asked.stream:
            return await _streamed(served.stream(sources[0], **how), request)
        answers = await served.ask(sources, **how)
        entry.tokens = sum(len(answer.tokens) for answer in answers)
        return JSONResponse({"model": served.name, "answers": [answer.to_data() for answer in answers]})

    @router.post("/v1/score", summary="How likely given targets are.", response_model=Scored)
    async def score(asked: Score, request: Request) -> Response:
        served = house.pick(asked.model)
        entry: Entry = request.state.entry
        entry.model, entry.sources = served.name, len(asked.pairs)
        scores = await served.score([(pair.source, pair.target) for pair in asked.pairs])
        return JSONResponse({"model": served.name, "scores": [each.to_data() for each in scores]})

    @router.post("/v1/explain", summary="Why an answer is as it is.", response_model=Explained)
    async def explain(asked: Explain, request: Request) -> Response:
        served = house.pick(asked.model)
        entry: Entry = request.state.entry
        entry.model, entry.sources = served.name, 1
        told = await served.explain(_plain(asked.source), target=asked.target, what=asked.what, position=asked.position)
        return JSONResponse({"model": served.name, **told})

    @router.get("/v1/runs", summary="What was trained, with its curves.")
    async def runs() -> Response:
        if settings.runs is None:
            raise Refusal(404, "there are no runs to show: `seqloom serve --runs FOLDER` shows those below a folder.")
        return JSONResponse(await asyncio.to_thread(_runs, settings.runs))

    return router


def _runs(folder: Path) -> dict[str, Any]:
    """Those below the folder with their curves, and without where on this machine they are."""
    listing = runs_below((folder,))
    told = [
        {**run.to_data(), "validation": run.validation.to_data(), "loss": run.loss.to_data()} for run in listing.runs
    ]
    for each in told:
        del each["folder"]
    return {**listing.to_data(), "runs": told}


async def _streamed(stream: Stream, request: Request) -> Response:
    """Server-sent events. What is refused before the first piece is refused by its status."""
    first = await anext(stream, None)

    async def events() -> AsyncIterator[str]:
        async with aclosing(stream):
            try:
                if first is not None:
                    yield _event({"piece": first})
                    async for piece in stream:
                        yield _event({"piece": piece})
                assert stream.answer is not None
                request.state.entry.tokens = len(stream.answer.tokens)
                yield _event({"answer": stream.answer.to_data()})
            except Refusal as refusal:
                yield _event(problem(refusal, id_of(request)))
            yield "data: [DONE]\n\n"

    return StreamingResponse(events(), media_type="text/event-stream", headers={"Cache-Control": "no-store"})


def _event(data: Any) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"
