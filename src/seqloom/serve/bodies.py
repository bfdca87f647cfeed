"""JSON and forms of strangers, read strictly: what two readers could take for two things is refused."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Coroutine
from typing import Any, NoReturn
from urllib.parse import parse_qsl

from fastapi import Request, Response
from fastapi.params import Body
from fastapi.routing import APIRoute

from seqloom.serve.problems import Refusal

__all__ = ["StrictRoute", "read_form", "read_json"]

_DIGITS = 400
"""Of a whole number: more is no number that anybody means."""
_FIELDS = 20
"""Of a form."""


def read_json(body: bytes) -> Any:
    """The value. No NaN, no infinity, no key twice, no half of a surrogate pair, no nesting without end."""
    try:
        text = body.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise Refusal(400, "the body must be UTF-8, but is not.") from None
    try:
        value = json.loads(
            text, object_pairs_hook=_object, parse_float=_finite, parse_int=_whole, parse_constant=_not_json
        )
        if "\\u" in text:
            json.dumps(value, ensure_ascii=False).encode()
    except RecursionError:
        raise Refusal(400, "the body must be nested less deeply.") from None
    except UnicodeEncodeError:
        raise Refusal(400, "the body must be Unicode, but has half a surrogate pair.") from None
    except json.JSONDecodeError as error:
        raise Refusal(400, f"the body must be JSON, but is not at line {error.lineno}, column {error.colno}.") from None
    return value


def read_form(body: bytes) -> dict[str, str]:
    """The fields of a form or a query. Letters may stand in it as they are, as those who write it by hand have them."""
    try:
        return dict(parse_qsl(body.decode(), keep_blank_values=True, errors="strict", max_num_fields=_FIELDS))
    except UnicodeDecodeError:
        raise Refusal(400, "a form must be UTF-8, but is not.") from None
    except ValueError:
        raise Refusal(400, f"a form must have at most {_FIELDS} fields.") from None


class StrictRoute(APIRoute):
    """A route whose body is read so, and that answers 415 to what is not called JSON."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        handle = super().get_route_handler()
        wants_json = self.body_field is not None and type(self.body_field.field_info) is Body

        async def strict(request: Request) -> Response:
            if wants_json:
                kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
                if kind != "application/json" and not kind.endswith("+json"):
                    raise Refusal(415, "the body must be JSON, and its Content-Type application/json.")
                # The handler finds it there, and does not read it again.
                request._json = read_json(await request.body())
            return await handle(request)

        return strict


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise Refusal(400, "the body must have each key once in an object, but has one twice.")
    return found


def _finite(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise Refusal(400, "the body must have numbers that a double can hold, but has a larger one.")
    return value


def _whole(text: str) -> int:
    if len(text) > _DIGITS:
        raise Refusal(400, "the body must have numbers that a double can hold, but has a larger one.")
    return int(text)


def _not_json(name: str) -> NoReturn:
    raise Refusal(400, f"the body must be JSON, which knows no {name}.")
