"""Answers that are JSON of a given shape: a schema becomes a regular expression."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from seqloom.core.errors import DecodingError, MissingExtraError
from seqloom.core.wording import show
from seqloom.decoding.constraints.integers import between
from seqloom.decoding.constraints.regex import Regex
from seqloom.decoding.constraints.words import SourceText, Words

__all__ = ["JsonSchemaSettings", "expression_of"]


@dataclass(frozen=True, kw_only=True)
class JsonSchemaSettings:
    """The JSON schema."""

    kind: Literal["json_schema"] = "json_schema"
    schema: str | dict[str, Any] = "{}"
    """What the answer is: JSON in quotes, or a table. Properties come in the order of the schema, and no others do;
    one space may follow on a comma and a colon."""

    def build(self, words: Words, source: SourceText) -> Regex:
        return Regex(expression_of(_read(self.schema)), words, name="schema")


def _read(schema: str | Mapping[str, Any]) -> Any:
    if not isinstance(schema, str):
        return schema
    try:
        return json.loads(schema)
    except json.JSONDecodeError as error:
        raise DecodingError(f"`schema` must be JSON, but is {show(schema)}: {error}. Correct it.") from None


def expression_of(schema: Any) -> str:
    """The regular expression of all JSON that the schema allows; a DecodingError names what has none by its pointer."""
    try:
        import jsonschema
    except ImportError:
        raise MissingExtraError("json_schema", extra="constraints") from None
    try:
        jsonschema.Draft202012Validator.check_schema(schema)
    except jsonschema.SchemaError as error:
        pointer = "".join(f"/{_escaped(str(step))}" for step in error.absolute_path)
        raise DecodingError(
            f"`schema` must be a JSON schema, but at {pointer or '/'} {error.message.splitlines()[0]}. Correct it."
        ) from None
    return _Writer(schema).value(schema, "", ())


_NOTES = {
    "$comment", "$defs", "$id", "$schema", "additionalProperties", "default", "definitions", "deprecated",
    "description", "examples", "readOnly", "title", "writeOnly",
}  # fmt: skip
"""Keys that say nothing about what may be written, since no other properties are written than the schema's."""
_OF_TYPE: Mapping[str, set[str]] = {
    "object": {"properties", "required"},
    "array": {"items", "minItems", "maxItems"},
    "string": {"pattern", "minLength", "maxLength"},
    "integer": {"minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum"},
    "number": set(),
    "boolean": set(),
    "null": set(),
}
_CHAR = r"([^\"\\\x00-\x1f\x7f]|\\[\"\\/bfnrt])"
_PLAIN = r"[^\"\\\x00-\x1f\x7f]"
_NUMBER = r"-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,15})?([eE][+-]?[0-9]{1,2})?"
_COMMA, _COLON = ", ?", ": ?"
_LARGEST = 10**15
"""Integers without bounds stop below: up to here every reader of JSON has them exactly."""


class _Writer:
    """Walks through a schema; every method is given where it is, as a JSON pointer, and the references it came by."""

    def __init__(self, root: Any) -> None:
        self.root = root

    def value(self, schema: Any, at: str, through: tuple[str, ...]) -> str:
        if not isinstance(schema, Mapping):
            raise _unsupported(at, "true" if schema else "false", "Name the type")
        keys = schema.keys() - _NOTES
        if "$ref" in keys:
            self._only(keys, {"$ref"}, at)
            return self._referred(schema["$ref"], at, through)
        if "const" in keys:
            self._only(keys, {"const", "type"}, at)
            return _literal(schema["const"])
        if "enum" in keys:
            self._only(keys, {"enum", "type"}, at)
            return _one_of([_literal(value) for value in schema["enum"]])
        if "anyOf" in keys:
            self._only(keys, {"anyOf"}, at)
            return _one_of(
                [self.value(each, f"{at}/anyOf/{number}", through) for number, each in enumerate(schema["anyOf"])]
            )
        kinds = schema.get("type")
        if kinds is None:
            raise _unsupported(at, "a schema without `type`", "Name the type")
        kinds = [kinds] if isinstance(kinds, str) else kinds
        self._only(keys, {"type"}.union(*(_OF_TYPE[kind] for kind in kinds)), at)
        return _one_of([getattr(self, f"_{kind}")(schema, at, through) for kind in kinds])

    def _only(self, keys: set[str], known: set[str], at: str) -> None:
        for key in sorted(keys - known):
            raise _unsupported(f"{at}/{_escaped(key)}", f"`{key}` here", "Leave it out")

    def _referred(self, reference: str, at: str, through: tuple[str, ...]) -> str:
        if reference in through:
            raise _unsupported(f"{at}/$ref", f"{show(reference)} within itself", "Write out as deep as it may go")
        schema = self.root
        for step in reference.removeprefix("#").split("/")[1:]:
            key = step.replace("~1", "/").replace("~0", "~")
            if not reference.startswith("#/") or not isinstance(schema, Mapping) or key not in schema:
                raise _unsupported(f"{at}/$ref", f"{show(reference)}, which is not in the schema", "Correct it")
            schema = schema[key]
        if not reference.startswith("#/"):
            raise _unsupported(f"{at}/$ref", show(reference), "Refer to `#/$defs/…`")
        return self.value(schema, reference.removeprefix("#"), (*through, reference))

    # ---- one method a type -------------------------------------------------------------------------------------------

    def _object(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        properties, required = schema.get("properties", {}), set(schema.get("required", ()))
        for name in sorted(required - properties.keys()):
            raise _unsupported(f"{at}/required", f"{show(name)}, which is not among the properties", "Describe it")
        members = [
            (
                f"{_literal(name)}{_COLON}{self.value(each, f'{at}/properties/{_escaped(name)}', through)}",
                name in required,
            )
            for name, each in properties.items()
        ]
        return rf"\{{{_members(members)}\}}"

    def _array(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        least, most = schema.get("minItems", 0), schema.get("maxItems")
        if most == 0:
            return r"\[\]"
        if "items" not in schema:
            raise _unsupported(at, "an array without `items`", "Describe the items")
        _check_order(least, most, f"{at}/minItems")
        item = self.value(schema["items"], f"{at}/items", through)
        rest = _times(f"({_COMMA}{item})", max(least - 1, 0), None if most is None else most - 1)
        return rf"\[{item}{rest}\]" if least else rf"\[({item}{rest})?\]"

    def _string(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        least, most = schema.get("minLength", 0), schema.get("maxLength")
        _check_order(least, most, f"{at}/minLength")
        if "pattern" not in schema:
            return f'"{_times(_CHAR, least, most)}"'
        if "minLength" in schema or "maxLength" in schema:
            raise _unsupported(f"{at}/pattern", "`pattern` beside a length", "Say the length in the pattern")
        return f'"{_inside_quotes(schema["pattern"], f"{at}/pattern")}"'

    def _integer(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        least, most = 1 - _LARGEST, _LARGEST - 1
        for key in schema.keys() & _OF_TYPE["integer"]:
            bound = schema[key]
            if bound != int(bound):
                raise _unsupported(f"{at}/{key}", f"{show(bound)} for an integer", "Use a whole number")
        least = max(schema.get("minimum", least), schema.get("exclusiveMinimum", least - 1) + 1)
        most = min(schema.get("maximum", most), schema.get("exclusiveMaximum", most + 1) - 1)
        _check_order(int(least), int(most), at)
        return between(int(least), int(most))

    def _number(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        return _NUMBER

    def _boolean(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        return "(true|false)"

    def _null(self, schema: Mapping[str, Any], at: str, through: tuple[str, ...]) -> str:
        return "null"


def _members(members: Sequence[tuple[str, bool]]) -> str:
    """Members in order, those that are not required left out or not, a comma between two that are there."""
    first = next((number for number, (_, required) in enumerate(members) if required), None)
    if first is None:  # whichever comes first has no comma before it
        starts = [
            member + "".join(f"({_COMMA}{other})?" for other, _ in members[number + 1 :])
            for number, (member, _) in enumerate(members)
        ]
        return f"{_one_of(starts)}?" if starts else ""
    before = "".join(f"({member}{_COMMA})?" for member, _ in members[:first])
    after = "".join(
        f"{_COMMA}{member}" if required else f"({_COMMA}{member})?" for member, required in members[first + 1 :]
    )
    return f"{before}{members[first][0]}{after}"


def _one_of(ways: Sequence[str]) -> str:
    return f"({'|'.join(ways)})"


def _times(expression: str, least: int, most: int | None) -> str:
    if most is None:
        return f"{expression}*" if least == 0 else f"{expression}{{{least},}}"
    return f"{expression}{{{least},{most}}}"


def _literal(value: Any) -> str:
    """JSON of one value, with the spaces that may be there."""
    if isinstance(value, Mapping):
        return rf"\{{{_COMMA.join(f'{_literal(key)}{_COLON}{_literal(each)}' for key, each in value.items())}\}}"
    if isinstance(value, list):
        return rf"\[{_COMMA.join(map(_literal, value))}\]"
    return "".join(
        char if char.isalnum() or char in '_" ' or ord(char) > 127 else f"\\{char}"
        for char in json.dumps(value, ensure_ascii=False)
    )


def _inside_quotes(pattern: str, at: str) -> str:
    """A pattern for what stands between quotes: what would match anything must not match them."""
    begins, ends = pattern.startswith("^"), pattern.endswith("$") and not pattern.endswith("\\$")
    body = pattern[begins : len(pattern) - ends]
    try:
        re.compile(pattern)
    except re.error as error:
        raise _unsupported(at, f"{show(pattern)}, which is no regular expression ({error})", "Correct it") from None
    written, in_class, place = "", False, 0
    while place < len(body):
        char = body[place]
        step = body[place : place + 2] if char == "\\" else char
        if step in ('"', r"\"", "\\\\", r"\D", r"\W", r"\S", r"\s", r"\b", r"\B") or (step in "^$" and not in_class):
            raise _unsupported(at, f"{show(step)} in a pattern", "Write out the characters")
        if in_class:
            in_class = step != "]"
            written += step
        elif char == "[":
            in_class = True
            written += step
            place += 1
            if body[place : place + 1] == "^":
                written += r"^\"\\\x00-\x1f\x7f"
                place += 1
            continue
        else:
            written += _PLAIN if step == "." else step
        place += len(step)
    return ("" if begins else f"{_PLAIN}*") + f"({written})" + ("" if ends else f"{_PLAIN}*")


def _check_order(least: int, most: int | None, at: str) -> None:
    if most is not None and least > most:
        raise _unsupported(at, f"nothing: {least} is more than {most}", "Correct the bounds")


def _escaped(key: str) -> str:
    return key.replace("~", "~0").replace("/", "~1")


def _unsupported(at: str, what: str, then: str) -> DecodingError:
    return DecodingError(f"`schema` at {at or '/'} must be what a regular expression can say, but is {what}. {then}.")
