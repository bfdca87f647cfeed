"""Fields of a schema: what fits it, how it is written, and that nothing else is ever answered."""

from __future__ import annotations

import json
import runpy
from pathlib import Path
from shutil import move
from typing import Any

import pytest

import seqloom
from seqloom.core.errors import DecodingError, RecipeError
from seqloom.data.rows import BadLine, Row
from seqloom.tasks.contract import Answered
from seqloom.tasks.extraction import ExtractionSettings

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        "kind": {"enum": ["order", "invoice"]},
        "amount": {"type": "number"},
        "who": {"$ref": "#/$defs/person"},
        "items": {"type": "array", "items": {"$ref": "#/$defs/item"}},
    },
    "required": ["kind"],
    "$defs": {
        "person": {"type": "object", "properties": {"first": {"type": "string"}, "last": {"type": "string"}}},
        "item": {"type": "object", "properties": {"name": {"type": "string"}, "count": {"type": "integer"}}},
    },
}
SMALL = {
    "training.steps": 3,
    "training.warmup": 1,
    "training.threads": 1,
    "data.held_out": 0.2,
    "evaluation.pairs": 4,
    "model.source.width": 16,
    "model.target.width": 16,
    "model.encoder.width": 16,
    "model.decoder.width": 16,
}


def pair(target: str) -> Row | BadLine:
    row = Row(source="a text", targets=(target,), file="a.tsv", line=7)
    [found] = ExtractionSettings(schema=SCHEMA).pairs(row)
    return found


def test_a_target_is_written_in_one_way() -> None:
    found = pair('{"items": [{"count": 2.0, "name": "pen"}], "who": {"last": "李", "first": "B"}, "kind": "order"}')
    assert isinstance(found, Row)
    assert found.targets == ('{"kind":"order","who":{"first":"B","last":"李"},"items":[{"name":"pen","count":2}]}',)


@pytest.mark.parametrize(
    ("target", "what"),
    [
        ('{"kind": ', "the target is not valid JSON (Expecting value at column 10)"),
        ("{}", "the target does not fit the schema: the whole: 'kind' is a required property"),
        ('{"kind": "pen"}', "the target does not fit the schema: /kind: 'pen' is not one of ['order', 'invoice']"),
        ('{"kind": "order", "more": 1}', "the target does not fit the schema: /more: it is none of the schema's"),
        ('{"kind": "order", "who": {"x": 1}}', "the target does not fit the schema: /who/x: it is none of"),
        ('{"kind": "order", "items": [{}, {"x": 1}]}', "the target does not fit the schema: /items/1/x: it is none"),
        ("[]", "the target does not fit the schema: the whole: [] is not of type 'object'"),
    ],
)
def test_what_is_wrong_with_a_target_is_said_in_a_line(target: str, what: str) -> None:
    found = pair(target)
    assert isinstance(found, BadLine)
    assert str(found).startswith(f"a.tsv:7: {what}")


def test_a_schema_may_be_a_file_or_text_or_a_table(tmp_path: Path) -> None:
    (tmp_path / "s.json").write_text(json.dumps(SCHEMA, indent=2), encoding="utf-8")
    from_file = ExtractionSettings(schema=str(tmp_path / "s.json"))
    assert from_file == ExtractionSettings(schema=SCHEMA) == ExtractionSettings(schema=json.dumps(SCHEMA))
    (tmp_path / "s.json").unlink()
    assert isinstance(from_file.schema, str)
    assert json.loads(from_file.schema) == SCHEMA


@pytest.mark.parametrize(
    ("schema", "what"),
    [
        ("", "schema must be a file with a JSON schema, or the schema itself, but is empty"),
        ("nowhere.json", "schema must be a file with a JSON schema, but nowhere.json cannot be read"),
        ("{", "schema must be JSON, but is none"),
    ],
)
def test_a_schema_that_is_none_is_refused(schema: str, what: str) -> None:
    with pytest.raises(RecipeError, match=what):
        ExtractionSettings(schema=schema)


def test_what_no_answer_could_be_held_to_is_told_before_anything_is_learnt() -> None:
    settings = ExtractionSettings(schema={"type": "object", "properties": {"a": {"type": "array"}}})
    with pytest.raises(DecodingError, match="/properties/a"):
        settings.learn([])


def test_the_simplest_answer_has_the_commonest_values() -> None:
    settings = ExtractionSettings(schema=SCHEMA)
    targets = ['{"kind":"order","amount":1}', '{"kind":"order","amount":1}', '{"kind":"invoice"}']
    known = settings.learn(Row(source="x", targets=(target,)) for target in targets)
    [simple] = settings.build(json.loads(json.dumps(known))).baselines.values()
    assert [*simple(Row(source="y"))] == ['{"kind":"order","amount":1}']


def test_shares_of_answers_that_are_json_and_fit() -> None:
    task = ExtractionSettings(schema=SCHEMA).build({})
    row = Row(source="x", targets=('{"kind":"order"}',))
    texts = ['{"kind":"order"}', '{"kind":"pen"}', "{", ""]
    scores = task.scores([Answered(row=row, texts=(text,)) for text in texts], samples=50)
    assert [(score.name, score.value) for score in scores] == [("is JSON", 50), ("fits the schema", 25)]


def test_every_answer_parses_whatever_the_model_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One of three steps, whose folder is taken elsewhere and whose schema is gone."""
    monkeypatch.chdir(tmp_path)
    forms = runpy.run_path(str(GUIDE / "forms.py"))
    dice = forms["random"].Random(1)
    lines = [forms["row"](dice, ["Mr King", "Ms Hill"], ["王伟", "李娜"]) for _ in range(40)]
    (tmp_path / "forms.tsv").write_text("".join(lines) + "broken\t{\n", encoding="utf-8")
    (tmp_path / "forms.json").write_text(json.dumps(forms["SCHEMA"]), encoding="utf-8")
    set_ = {**SMALL, "task.schema": "forms.json"}
    seqloom.train("extraction", train="forms.tsv", out="m", set=set_, verbose=False)
    (tmp_path / "forms.json").unlink()
    move("m", tmp_path / "elsewhere")
    [bad] = (tmp_path / "elsewhere" / "bad-lines-0.jsonl").read_text(encoding="utf-8").splitlines()
    assert json.loads(bad)["line"] == 41
    model = seqloom.load(tmp_path / "elsewhere")
    texts = [
        'Something else entirely: "quoted" {braces}',
        "发票",
        "Deliver it to Mr King, please. " * 9,
        lines[0].split("\t")[0],
    ]
    for answer in model.predict(texts, max_length=70):
        assert answer.error is None
        assert answer.fields["fields"] == json.loads(answer.text)
        assert answer.text == json.dumps(answer.fields["fields"], ensure_ascii=False, separators=(",", ":"))
    (tmp_path / "few.tsv").write_text("".join(lines[:6]), encoding="utf-8")
    report = model.evaluate("few.tsv", max_length=70)
    assert report["is JSON"].value == report["fits the schema"].value == 100
