"""TOML: files that cannot be read, keys set from outside, and writing that reads back equal."""

import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seqloom.core import toml
from seqloom.core.errors import RecipeError
from seqloom.core.toml import override


def refused(path: Path) -> str:
    with pytest.raises(RecipeError) as caught:
        toml.read(path)
    assert len(caught.value.mistakes) == 1
    return str(caught.value).removeprefix(f"{path}: ")


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    assert refused(path) == "there is no such file."
    assert refused(tmp_path) == "must be a TOML file, but is a folder."
    path.write_bytes(b'name = "\xff"\n')
    assert refused(path) == "must be UTF-8 text, but its byte 8 is not."
    path.write_text('name = "a"\nlayers 4\n')
    assert refused(path) == "is not TOML: Expected '=' after a key in a key/value pair (at line 2, column 8)."
    path.write_text("a = 1\na = 2\n")
    assert "at line 2" in refused(path)


def test_a_byte_order_mark_is_no_mistake(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_bytes(b"\xef\xbb\xbfa = 1\r\n")
    assert toml.read(path) == {"a": 1}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a.b=4", {"a": {"b": 4}, "list": [{"c": 1}, {"c": 2}]}),
        ("a.b = 4", {"a": {"b": 4}, "list": [{"c": 1}, {"c": 2}]}),
        ("a.new.deep=[1, 2]", {"a": {"b": 1, "new": {"deep": [1, 2]}}, "list": [{"c": 1}, {"c": 2}]}),
        ("list.1.c=1e-3", {"a": {"b": 1}, "list": [{"c": 1}, {"c": 0.001}]}),
        ("list.0={d = true}", {"a": {"b": 1}, "list": [{"d": True}, {"c": 2}]}),
        ("list=[]", {"a": {"b": 1}, "list": []}),
        ("a.b=transformer", {"a": {"b": "transformer"}, "list": [{"c": 1}, {"c": 2}]}),
        ("a.b=my_package.module:Mine", {"a": {"b": "my_package.module:Mine"}, "list": [{"c": 1}, {"c": 2}]}),
        ('a.b="3"', {"a": {"b": "3"}, "list": [{"c": 1}, {"c": 2}]}),
        ("a.b=x=y", {"a": {"b": "x=y"}, "list": [{"c": 1}, {"c": 2}]}),
        ("a.b=", {"a": {"b": ""}, "list": [{"c": 1}, {"c": 2}]}),
        ("a.b=1\nc = 2", {"a": {"b": "1\nc = 2"}, "list": [{"c": 1}, {"c": 2}]}),
        ('a."b.c"=2', {"a": {"b": 1, "b.c": 2}, "list": [{"c": 1}, {"c": 2}]}),
    ],
)
def test_one_key_is_set(text: str, expected: dict[str, Any]) -> None:
    data = {"a": {"b": 1}, "list": [{"c": 1}, {"c": 2}]}
    assert override(data, [text]) == expected
    assert data == {"a": {"b": 1}, "list": [{"c": 1}, {"c": 2}]}


def test_later_overrides_win() -> None:
    assert override({}, ["a=1", "b.c=2", "a=3"]) == {"a": 3, "b": {"c": 2}}


def test_all_malformed_overrides_are_told_at_once() -> None:
    texts = ["layers", "=4", "a b=4", "a.b.c=1", "list.2.c=1", "list.x=1", "list.0=5", "a.b=2"]
    with pytest.raises(RecipeError) as caught:
        override({"a": {"b": 1}, "list": [{"c": 1}, {"c": 2}]}, texts)
    assert caught.value.mistakes == (
        "`--set layers` must be `key=value`.",
        "`--set =4` must be `key=value`, but `` is no key.",
        "`--set a b=4` must be `key=value`, but `a b` is no key.",
        "`a.b.c` cannot be set: `a.b` must be a table, but is 1.",
        "`list.2` cannot be set: `list` is a list of 2 items, counted from 0.",
        "`list.x` cannot be set: `list` is a list of 2 items, counted from 0.",
    )


def test_layout() -> None:
    data = {
        "model": {
            "encoder": {"kind": "stack", "layers": [{"kind": "conv", "norm": {"eps": 1e-05}}, {"kind": "rnn"}]},
            "empty": {},
            "width": 64,
        },
        "names": ["a" * 60, "b" * 60],
        "weights": {"not bare": [0.5, float("inf")]},
        "seed": 1,
    }
    assert (
        toml.write(data)
        == f'''\
names = [
    "{"a" * 60}",
    "{"b" * 60}",
]
seed = 1

[model]
width = 64

[model.encoder]
kind = "stack"

[[model.encoder.layers]]
kind = "conv"

[model.encoder.layers.norm]
eps = 1e-05

[[model.encoder.layers]]
kind = "rnn"

[model.empty]

[weights]
"not bare" = [0.5, inf]
'''
    )


KEYS = st.text(min_size=0, max_size=5)
SCALARS = st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=150)
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner, max_size=3), max_leaves=12
)


@given(st.dictionaries(KEYS, VALUES, max_size=5))
def test_what_is_written_reads_back_equal(data: dict[str, Any]) -> None:
    assert tomllib.loads(toml.write(data)) == data
