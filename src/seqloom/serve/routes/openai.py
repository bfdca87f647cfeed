"""The API of OpenAI's chat completions, for whatever was made to talk to it."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import aclosing
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from seqloom.serve.bodies import read_json
from seqloom.serve.chat import ChatRequest, UnsupportedError, asked_of, read_chat
from seqloom.serve.gate import id_of
from seqloom.serve.house import House
from seqloom.serve.problems import Refusal
from seqloom.serve.routes.own import keyed
from seqloom.serve.served import Served
from seqloom.serve.settings import ServeSettings
from seqloom.serve.stops import Stops, ended
from seqloom.serve.stream import Stream
from seqloom.workflow.answers import Answer

__all__ = ["problem", "routes"]

_TYPES = {401: "authentication_error", 404: "not_found_error", 429: "rate_limit_error"}
_CODES = {401: "invalid_api_key", 404: "model_not_found", 429: "rate_limit_exceeded"}


def problem(refusal: Refusal, request_id: str) -> dict[str, Any]:
    kind = _TYPES.get(refusal.status, "invalid_request_error" if refusal.status < 500 else "server_error")
    param, code = getattr(refusal, "param", None), getattr(refusal, "code", None)
    code = code or _CODES.get(refusal.status)
    return {"error": {"message": refusal.message, "type": kind, "param": param, "code": code}}


def routes(house: House, settings: ServeSettings) -> APIRouter:
    router = APIRouter(tags=["OpenAI"], responses=_REFUSALS, dependencies=keyed(settings))

    @router.get("/v1/models/{name:path}", summary="One of the models.")
    async def model(name: str) -> Response:
        served = house.pick(name)
        what = {"id": served.name, "object": "model", "created": house.created, "owned_by": "seqloom"}
        return JSONResponse({**what, **served.to_data()})

    @router.post("/v1/chat/completions", summary="The answer to a conversation.", openapi_extra=_BODY)
    async def complete(request: Request) -> Response:
        chat = read_chat(read_json(await request.body()))
        served = house.pick(chat.model)
        entry = request.state.entry
        entry.model, entry.sources = served.name, 1
        completion = _Completion(chat, served, id_of(request))
        try:
            source, how = asked_of(chat, served, settings)
            if chat.stream and chat.n == 1:
                return await completion.streamed(served.stream(source, **how), request)
            [answer] = await served.ask([source], **how)
        except Refusal as refusal:
            if refusal.status != 422:
                raise
            raise Refusal(400, refusal.message) from None  # which is what this API calls it
        if answer.error is not None:
            raise UnsupportedError("messages", answer.error)
        entry.tokens = len(answer.tokens)
        if chat.stream:  # several answers at a time come whole, one after the other
            return _events(completion.told(answer))
        return JSONResponse(completion.whole(answer))

    return router


class _Completion:
    """What is said of an answer, whole or piece by piece."""

    def __init__(self, chat: ChatRequest, served: Served, request_id: str) -> None:
        self._chat = chat
        self._head = {"id": f"chatcmpl-{request_id}", "created": int(time.time()), "model": served.name}
        self._usage_asked = chat.stream_options is not None and chat.stream_options.include_usage

    def whole(self, answer: Answer) -> dict[str, Any]:
        answers = [answer, *answer.alternatives]
        choices = []
        for place, each in enumerate(answers):
            text, stopped = ended(each.text, self._chat.stops)
            message = {"role": "assistant", "content": text, "refusal": None}
            finish = self._finish(each, stopped)
            choices.append({"index": place, "message": message, "logprobs": None, "finish_reason": finish})
        return {**self._head, "object": "chat.completion", "choices": choices, "usage": _usage(answers)}

    async def told(self, answer: Answer) -> AsyncIterator[str]:
        answers = [answer, *answer.alternatives]
        for place, each in enumerate(answers):
            text, stopped = ended(each.text, self._chat.stops)
            yield self._chunk({"role": "assistant", "content": ""}, place=place)
            yield self._chunk({"content": text}, place=place)
            yield self._chunk({}, place=place, finish=self._finish(each, stopped))
        for last in self._end(_usage(answers)):
            yield last

    async def streamed(self, stream: Stream, request: Request) -> Response:
        """What is refused before the first piece is refused by its status."""
        first = await anext(stream, None)

        async def events() -> AsyncIterator[str]:
            stops = Stops(self._chat.stops)
            async with aclosing(stream):
                try:
                    yield self._chunk({"role": "assistant", "content": ""})
                    piece = first
                    while piece is not None:
                        if said := stops.take(piece):
                            yield self._chunk({"content": said})
                        if stops.met and not self._usage_asked:  # otherwise all of it is counted, heard or not
                            break
                        piece = await anext(stream, None)
                    if rest := stops.rest():
                        yield self._chunk({"content": rest})
                    yield self._chunk(
                        {}, finish="stop" if stream.answer is None else self._finish(stream.answer, stops.met)
                    )
                    answers = [] if stream.answer is None else [stream.answer]
                    request.state.entry.tokens = sum(len(answer.tokens) for answer in answers)
                    for last in self._end(_usage(answers)):
                        yield last
                except Refusal as refusal:
                    yield _event(problem(refusal, id_of(request)))

        return _events(events())

    def _finish(self, answer: Answer, stopped: bool) -> str:
        longest = self._chat.longest
        return "length" if not stopped and longest is not None and len(answer.tokens) >= longest else "stop"

    def _chunk(self, delta: Mapping[str, Any], *, place: int = 0, finish: str | None = None) -> str:
        choice = {"index": place, "delta": delta, "logprobs": None, "finish_reason": finish}
        return self._event([choice], None)

    def _end(self, usage: Mapping[str, int]) -> Sequence[str]:
        """How much it was, if that was asked, and a mark that nothing was lost."""
        return [*([self._event([], usage)] if self._usage_asked else []), "data: [DONE]\n\n"]

    def _event(self, choices: Sequence[Any], usage: Mapping[str, int] | None) -> str:
        counted = {"usage": usage} if self._usage_asked else {}
        return _event({**self._head, "object": "chat.completion.chunk", "choices": choices, **counted})


def _usage(answers: Sequence[Answer]) -> dict[str, int]:
    """The question is read once, however many answers there are."""
    read = len(answers[0].source_tokens) if answers else 0
    said = sum(len(answer.tokens) for answer in answers)
    return {"prompt_tokens": read, "completion_tokens": said, "total_tokens": read + said}


def _event(data: Any) -> str:
    return f"data: {json.dumps(data, ensure_ascii=False)}\n\n"


def _events(events: AsyncIterator[str]) -> Response:
    return StreamingResponse(events, media_type="text/event-stream", headers={"Cache-Control": "no-store"})


# ---- for the schema --------------------------------------------------------------------------------------------------

_ERROR = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "message": {"type": "string"},
                "type": {"type": "string"},
                "param": {"type": ["string", "null"]},
                "code": {"type": ["string", "null"]},
            },
        }
    },
}
_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {"description": said, "content": {"application/json": {"schema": _ERROR}}}
    for status, said in {
        400: "The request asks for what cannot be.",
        401: "A key is needed.",
        404: "There is no such model.",
        408: "The request came too slowly.",
        413: "The body or a text is too large.",
        429: "The client has too many requests under way.",
        503: "There are too many questions under way, or the server is about to stop.",
        504: "There was no answer in time.",
    }.items()
}
_BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "application/json": {
                "schema": {
                    "type": "object",
                    "required": ["messages"],
                    "properties": {
                        "model": {"type": "string"},
                        "messages": {"type": "array", "items": {"type": "object"}, "minItems": 1},
                        "columns": {"type": "object"},
                        "n": {"type": "integer"},
                        "temperature": {"type": "number"},
                        "top_p": {"type": "number"},
                        "max_completion_tokens": {"type": "integer"},
                        "seed": {"type": "integer"},
                        "stop": {"type": ["string", "array"]},
                        "stream": {"type": "boolean"},
                    },
                }
            }
        },
    }
}
