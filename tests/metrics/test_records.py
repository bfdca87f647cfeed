"""Answers that are JSON, field by field."""

import json

import pytest

from seqloom.metrics.records import fields_of, is_json
from seqloom.metrics.texts import measure


def test_fields_within_fields_have_names_with_a_dot() -> None:
    value = {"a": 1, "b": {"c": "x", "d": None}, "e": [1, {"f": 2}]}
    assert [*fields_of(value)] == [("a", "1"), ("b.c", '"x"'), ("b.d", "null"), ("e", "1"), ("e", '{"f": 2}')]


def test_f1_by_hand() -> None:
    wanted = [{"a": 1, "b": "x"}, {"a": 2, "tags": ["p", "q"]}, {"a": 3}]
    said = ['{"b": "y", "a": 1.0}', '{"tags": ["q", "p"]}', "no JSON"]
    [score] = measure(["field_f1"], said, [[json.dumps(each)] for each in wanted])
    assert score.value == pytest.approx(100 * 2 * 3 / (5 + 6))  # a of the first, both tags of the second
    assert score.details["classes"]["tags"]["f1"] == 100
    assert score.details["classes"]["a"]["support"] == 3
    assert "average:micro" in score.signature


def test_nothing_wanted_and_nothing_said_is_right() -> None:
    [score] = measure(["field_f1"], ["{}"], [["{}"]])
    assert score.value == 100


def test_what_is_json() -> None:
    assert [*map(is_json, ["{}", "1", '{"a": NaN}', "{", ""])] == [True, True, False, False, False]
