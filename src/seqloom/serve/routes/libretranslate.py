"""The API of LibreTranslate, for whatever was made to talk to it."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath
from typing import Any
from urllib.parse import quote

from fastapi import APIRouter, Request
from starlette.datastructures import UploadFile
from starlette.responses import JSONResponse, Response

from seqloom.core.errors import DataError
from seqloom.serve.bodies import read_form, read_json
from seqloom.serve.detection import Detected, detect
from seqloom.serve.documents import ENDINGS, TYPES, opened
from seqloom.serve.documents.hypertext import fragment_document
from seqloom.serve.house import House
from seqloom.serve.journal import Entry
from seqloom.serve.keys import Keys, offered
from seqloom.serve.languages import name_of
from seqloom.serve.problems import Refusal
from seqloom.serve.settings import ServeSettings
from seqloom.serve.shelf import Shelf
from seqloom.serve.translator import Translator

__all__ = ["problem", "routes"]

_AUTO = "auto"
_FORMATS = ("text", "html")


def problem(refusal: Refusal, request_id: str) -> dict[str, Any]:
    return {"error": refusal.message}


def routes(house: House, settings: ServeSettings) -> APIRouter:
    router = APIRouter(tags=["LibreTranslate"], responses=_REFUSALS)
    translator = Translator(house)
    keys = Keys(settings.keys)
    shelf = Shelf()

    async def said(request: Request) -> Mapping[str, Any]:
        found = await _said(request)
        key = found.get("api_key") or offered(request)
        if not keys.allow(key if isinstance(key, str) else None):
            raise Refusal(403, "`api_key` must be one of the server's keys.")
        return found

    async def way_of(text: str, source: str, target: str) -> tuple[Sequence[str], Detected | None]:
        if source != _AUTO:
            return translator.way(source, target), None
        readable = [*translator.targets]
        found = (await asyncio.to_thread(detect, text, readable))[0] if readable else Detected("en", 0.0)
        return translator.way(found.language, target), found

    async def one(asked: _Asked, text: str) -> _Answered:
        if len(text) > settings.max_text:
            raise Refusal(413, f"`q` must have at most {settings.max_text} characters, but has {len(text)}.")
        way, detected = await way_of(text, asked.source, asked.target)
        if asked.format == "html":
            document = await asyncio.to_thread(fragment_document, text)
            return _Answered([(await translator.document(document, way)).decode()], detected)
        return _Answered(await translator.text(text, way, nbest=1 + asked.alternatives), detected)

    @router.post("/translate", summary="Translate a text, or several.", openapi_extra=_body("q", "source", "target"))
    async def translate(request: Request) -> Response:
        asked = _asked(await said(request), settings)
        entry: Entry = request.state.entry
        entry.sources = len(asked.texts)
        # Together, so that they share the models' steps.
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(_kept(one(asked, text))) for text in asked.texts]
        found = [_given(task.result()) for task in tasks]
        answer: dict[str, Any] = {"translatedText": [each.texts[0] for each in found]}
        if asked.source == _AUTO:
            answer["detectedLanguage"] = [_shown(each.detected) for each in found]
        if asked.alternatives:
            answer["alternatives"] = [[*each.texts[1:]] for each in found]
        return JSONResponse(answer if asked.several else {key: value[0] for key, value in answer.items()})

    @router.post("/detect", summary="Which language a text is in.", openapi_extra=_body("q"))
    async def detected(request: Request) -> Response:
        text = _text(await said(request), "q")
        found = await asyncio.to_thread(detect, text[: settings.max_text], [*translator.targets])
        return JSONResponse([_shown(each) for each in found or [Detected("en", 0.0)]])

    @router.get("/languages", summary="The languages, and what each is translated into.")
    async def languages() -> Response:
        targets = translator.targets
        every = sorted({*targets, *(each for others in targets.values() for each in others)})
        return JSONResponse(
            [{"code": each, "name": name_of(each), "targets": [*targets.get(each, ())]} for each in every]
        )

    @router.post(
        "/translate_file", summary="Translate a document.", openapi_extra=_body("file", "source", "target", form=True)
    )
    async def translate_file(request: Request) -> Response:
        fields = await said(request)
        file = fields.get("file")
        if not isinstance(file, UploadFile) or not file.filename:
            raise Refusal(400, "`file` must be a file of a multipart form, with its name.")
        source, target = _text(fields, "source"), _text(fields, "target")
        content = await file.read()
        await file.close()
        name = PurePath(file.filename.replace("\\", "/")).name[-100:]
        try:
            document = await asyncio.to_thread(opened, name, content)
        except DataError as error:
            raise Refusal(400, str(error)) from None
        texts = await asyncio.to_thread(lambda: document.texts)
        way, _ = await way_of(" ".join(texts[:50]), source, target)
        request.state.entry.sources = len(texts)
        made = await translator.document(document, way)
        word = shelf.put(f"{PurePath(name).stem}_{way[-1]}{PurePath(name).suffix}", made)
        return JSONResponse(
            {"translatedFileUrl": f"{request.base_url}download_file/{word}{PurePath(name).suffix.lower()}"}
        )

    @router.get("/download_file/{name}", summary="A translated document, once.", response_class=Response)
    async def download_file(name: str) -> Response:
        kept = shelf.take(PurePath(name).stem)
        if kept is None:
            raise Refusal(404, "there is no such file, or no longer: each is kept for ten minutes and given once.")
        # It is as harmless as who wrote it: a browser shall save it, and not show it as a page of ours.
        headers = {
            "Content-Disposition": f"attachment; filename*=UTF-8''{quote(kept.name, safe='')}",
            "Content-Security-Policy": "sandbox",
            "X-Content-Type-Options": "nosniff",
            "Cache-Control": "no-store",
        }
        return Response(kept.content, media_type=TYPES[PurePath(kept.name).suffix.lower()], headers=headers)

    @router.get("/frontend/settings", summary="What a page in front of this needs to know.")
    async def frontend() -> Response:
        targets = translator.targets
        first = next((each for others in targets.values() for each in others), "en")
        return JSONResponse(
            {
                "apiKeys": bool(settings.keys),
                "charLimit": settings.max_text,
                "filesTranslation": True,
                "frontendTimeout": 500,
                "keyRequired": bool(settings.keys),
                "language": {
                    "source": {"code": _AUTO, "name": "Auto Detect"},
                    "target": {"code": first, "name": name_of(first)},
                },
                "suggestions": False,
                "supportedFilesFormat": [*ENDINGS],
            }
        )

    @router.get("/health", summary="Whether it answers.")
    async def health() -> Response:
        return JSONResponse({"status": "ok"})

    return router


@dataclass(frozen=True, kw_only=True)
class _Asked:
    texts: Sequence[str]
    several: bool
    source: str
    target: str
    format: str
    alternatives: int


@dataclass(frozen=True, slots=True)
class _Answered:
    texts: Sequence[str]
    """The best first."""
    detected: Detected | None


async def _kept(work: Any) -> _Answered | Refusal:
    """A refusal as a result: of a group of tasks, the first one would come back in a group of errors."""
    try:
        found: _Answered = await work
    except Refusal as refusal:
        # This API knows one status for whatever a client can repair.
        return Refusal(400, refusal.message) if refusal.status in (404, 422) else refusal
    return found


def _given(found: _Answered | Refusal) -> _Answered:
    if isinstance(found, Refusal):
        raise found
    return found


def _shown(detected: Detected | None) -> dict[str, Any]:
    assert detected is not None
    return {"confidence": detected.confidence, "language": detected.language}


# ---- what was said ---------------------------------------------------------------------------------------------------


async def _said(request: Request) -> Mapping[str, Any]:
    """The query, and above it the body, whichever of the two forms of a form it is, or JSON."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    found: dict[str, Any] = {**read_form(request.scope["query_string"])}
    if kind == "application/x-www-form-urlencoded":
        return found | read_form(await request.body())
    if kind == "multipart/form-data":
        return {**found, **await request.form(max_files=1, max_fields=20)}
    # Pages often send JSON without a word of what it is.
    if body := await request.body():
        value = read_json(body)
        if not isinstance(value, dict):
            raise Refusal(400, "the body must be an object of JSON, or a form.")
        found |= value
    return found


def _asked(said: Mapping[str, Any], settings: ServeSettings) -> _Asked:
    texts = said.get("q")
    several = isinstance(texts, list)
    if not several:
        texts = [_text(said, "q")]
    if not texts or not all(isinstance(text, str) for text in texts):
        raise Refusal(400, "`q` must be a text, or a list of texts that is not empty.")
    if len(texts) > settings.max_sources:
        raise Refusal(413, f"`q` must have at most {settings.max_sources} texts, but has {len(texts)}.")
    form = said.get("format") or "text"
    if form not in _FORMATS:
        raise Refusal(400, '`format` must be "text" or "html".')
    alternatives = _whole(said.get("alternatives") or 0)
    if alternatives is None:
        raise Refusal(400, "`alternatives` must be a whole number.")
    if not 0 <= alternatives < settings.max_beam:
        raise Refusal(400, f"`alternatives` must be at least 0 and less than {settings.max_beam}.")
    return _Asked(
        texts=texts,
        several=several,
        source=_text(said, "source"),
        target=_text(said, "target"),
        format=form,
        alternatives=alternatives,
    )


def _whole(value: Any) -> int | None:
    """As JSON or as text; None: it is none."""
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal():
        return int(value[:20])
    if isinstance(value, float) and value.is_integer():
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _text(said: Mapping[str, Any], name: str) -> str:
    value = said.get(name)
    if not isinstance(value, str) or (not value and name != "q"):
        raise Refusal(400, f"`{name}` must be given, as text.")
    return value


# ---- for the schema --------------------------------------------------------------------------------------------------

_REFUSALS: dict[int | str, dict[str, Any]] = {
    status: {
        "description": said,
        "content": {"application/json": {"schema": {"type": "object", "properties": {"error": {"type": "string"}}}}},
    }
    for status, said in {
        400: "Something is missing, or no language of this server.",
        403: "A key is needed.",
        404: "There is no such file.",
        408: "The request came too slowly.",
        413: "The body or a text is too large.",
        429: "The client has too many requests under way.",
        503: "There are too many questions under way, or the server is about to stop.",
        504: "There was no answer in time.",
    }.items()
}


def _body(*required: str, form: bool = False) -> dict[str, Any]:
    """The fields of a request, which may come as JSON, as a form, or in the query."""
    fields: dict[str, Any] = {name: {"type": "string"} for name in required}
    fields["api_key"] = {}  # clients that have none send null as well as nothing
    if "q" in required and "target" in required:
        fields |= {"format": {"type": "string", "enum": [*_FORMATS]}, "alternatives": {"type": "integer"}}
    if form:
        fields["file"] = {"type": "string", "format": "binary"}
    schema = {"schema": {"type": "object", "properties": fields, "required": [*required]}}
    kinds = ["multipart/form-data"] if form else ["application/json", "application/x-www-form-urlencoded"]
    return {"requestBody": {"required": True, "content": dict.fromkeys(kinds, schema)}}
