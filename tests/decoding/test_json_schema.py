"""JSON of a given shape: what the expression matches is what the schema allows, and the other way round."""

from __future__ import annotations

import json
import random
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core.errors import DecodingError
from seqloom.core.specials import Specials
from seqloom.decoding.constraints import SourceText, Words
from seqloom.decoding.constraints.integers import between
from seqloom.decoding.constraints.json_schema import JsonSchemaSettings, expression_of
from seqloom.decoding.constraints.words import Spelling, Spellings

jsonschema = pytest.importorskip("jsonschema")

PERSON: dict[str, Any] = {
    "$defs": {"street": {"type": "string", "maxLength": 5}},
    "type": "object",
    "properties": {
        "nick/name": {"type": "string", "pattern": "^[a-c]+.$"},
        "age": {"type": "integer", "minimum": 7, "exclusiveMaximum": 31},
        "street": {"$ref": "#/$defs/street"},
        "tags": {"type": "array", "items": {"enum": ["a", 1, None, 'q"']}, "minItems": 1, "maxItems": 3},
        "weight": {"anyOf": [{"type": "number"}, {"type": ["null", "boolean"]}]},
        "kind": {"const": {"is": ["x", 0.5]}},
    },
    "required": ["age", "tags"],
    "additionalProperties": False,
}
GOOD = [
    '{"age": 7, "tags": ["a"]}',
    '{"nick/name":"abz","age":30,"tags":[null, 1]}',
    '{"age": 12, "street": "a\\"b c", "tags": ["q\\"", "a", 1], "weight": -1.5e3}',
    '{"age": 12, "tags": [1], "weight": null, "kind": {"is": ["x", 0.5]}}',
    '{"age": 12, "tags": [1], "weight": true}',
]
BAD = [
    "{}",
    '{"age": 6, "tags": ["a"]}',
    '{"age": 31, "tags": ["a"]}',
    '{"age": 07, "tags": ["a"]}',
    '{"age": 7, "tags": []}',
    '{"age": 7, "tags": [1, 1, 1, 1]}',
    '{"age": 7, "tags": ["b"]}',
    '{"age": 7, "street": "abcdef", "tags": [1]}',
    '{"nick/name": "dd", "age": 7, "tags": [1]}',
    '{"nick/name": "a"", "age": 7, "tags": [1]}',
    '{"age": 7, "tags": [1], "kind": {"is": []}}',
    '{"age": 7, "tags": [1],}',
    '{, "age": 7, "tags": [1]}',
]


def test_what_a_schema_allows_and_no_more() -> None:
    expression = re.compile(expression_of(PERSON))
    for text in GOOD:
        assert expression.fullmatch(text), text
        jsonschema.validate(json.loads(text), PERSON)
    for text in BAD:
        assert not expression.fullmatch(text), text


@pytest.mark.parametrize("required", [[], ["b"], ["a", "c"]])
def test_commas_between_what_is_there(required: list[str]) -> None:
    schema = {"type": "object", "properties": {name: {"type": "null"} for name in "abc"}, "required": required}
    expression = re.compile(expression_of(schema))
    for chosen in range(8):
        names = [name for bit, name in enumerate("abc") if chosen >> bit & 1]
        text = json.dumps(dict.fromkeys(names))
        assert bool(expression.fullmatch(text)) == (set(required) <= set(names)), text


@given(st.integers(-3000, 3000), st.integers(0, 4000))
def test_whole_numbers_between(least: int, more: int) -> None:
    expression = re.compile(between(least, least + more))
    dice = random.Random(least)
    near = [least - 1, least, least + more, least + more + 1, 0, -1, 9, 10, 99, 100, 999, 1000]
    for number in near + [dice.randint(-5000, 8000) for _ in range(30)]:
        assert bool(expression.fullmatch(str(number))) == (least <= number <= least + more), number


@pytest.mark.parametrize("seed", range(4))
def test_whatever_is_said_is_valid(seed: int) -> None:
    surfaces = [bytes([value]) for value in range(32, 127)] + [b'{"', b'": ', b', "', b"age", b'"tags": [', b"12", b"}"]
    names = [b"<pad>", b"<bos>", b"<eos>", b"<unk>"]
    spellings = Spellings(
        [Spelling(each, each) for each in names + surfaces], specials=Specials(size=4 + len(surfaces))
    )
    words = Words(spellings=spellings, encode=lambda text: [])
    constraint = JsonSchemaSettings(schema=json.dumps(PERSON)).build(words, SourceText(text="", tokens=1))
    dice, state, said = random.Random(seed), constraint.start(), []
    while constraint.missing(state) or dice.random() < 0.5:
        tokens = sorted(constraint.allowed(state).ids)  # type: ignore[union-attr]
        if not tokens:
            break
        if len(said) > 60:
            tokens = [
                token
                for token in tokens
                if constraint.missing(constraint.advance(state, token)) < constraint.missing(state)
            ]
        said.append(dice.choice(tokens))
        state = constraint.advance(state, said[-1])
    jsonschema.validate(json.loads(words.text(said)), PERSON)


@pytest.mark.parametrize(
    ("schema", "message"),
    [
        ({"type": "strin"}, "`schema` must be a JSON schema, but at /type"),
        (
            {"type": "object", "properties": {"a/b": {}}},
            "at /properties/a~1b .* a schema without `type`. Name the type",
        ),
        ({"type": "string", "format": "date"}, "at /format .* `format` here. Leave it out"),
        ({"oneOf": [{"type": "null"}]}, "`oneOf` here|a schema without `type`"),
        ({"type": "object", "required": ["x"]}, 'at /required .* "x", which is not among the properties'),
        ({"$defs": {"t": {"type": "array", "items": {"$ref": "#/$defs/t"}}}, "$ref": "#/$defs/t"}, "within itself"),
        ({"$ref": "#/$defs/t"}, "which is not in the schema"),
        ({"type": "integer", "minimum": 3, "maximum": 2}, "nothing: 3 is more than 2"),
        ({"type": "string", "pattern": 'a"'}, "in a pattern. Write out the characters"),
        (True, "at / .* but is true. Name the type"),
    ],
)
def test_what_cannot_be_said_is_one_line(schema: Any, message: str) -> None:
    with pytest.raises(DecodingError, match=message) as caught:
        expression_of(schema)
    assert "\n" not in str(caught.value)


def test_what_is_no_json_is_one_line() -> None:
    words = Words(spellings=Spellings([Spelling(b"x", b"x")] * 5, specials=Specials(size=5)), encode=lambda text: [])
    with pytest.raises(DecodingError, match="`schema` must be JSON, but is"):
        JsonSchemaSettings(schema="{type: string}").build(words, SourceText(text="", tokens=1))
