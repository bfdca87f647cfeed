"""What is wrong with a request, worded for whoever asks."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import ValidationError

from seqloom.core.wording import join, must_be, one_of, show

__all__ = ["explain", "explain_each", "of_pair"]

_EXPECTED: Mapping[str, str] = {
    "bool_type": "true or false",
    "dict_type": "a table",
    "finite_number": "a finite number",
    "float_type": "a number",
    "frozen_set_type": "a list",
    "int_from_float": "a whole number",
    "int_type": "a whole number",
    "list_type": "a list",
    "model_attributes_type": "a table",
    "model_type": "a table",
    "path_type": "a path in quotes",
    "string_type": "a string",
    "tuple_type": "a list",
}

_BOUNDS: Mapping[str, tuple[str, str]] = {
    "greater_than": ("more than {}", "gt"),
    "greater_than_equal": ("at least {}", "ge"),
    "less_than": ("less than {}", "lt"),
    "less_than_equal": ("at most {}", "le"),
    "multiple_of": ("a multiple of {}", "multiple_of"),
    "string_pattern_mismatch": ("a string like {}", "pattern"),
}

_SIZES: Mapping[str, tuple[str, str, str]] = {
    "string_too_long": ("at most", "max_length", "character"),
    "string_too_short": ("at least", "min_length", "character"),
    "too_long": ("at most", "max_length", "item"),
    "too_short": ("at least", "min_length", "item"),
}


def explain(error: ValidationError, path: str, value: object) -> list[str]:
    """One line for each place in `value` that pydantic refused; a place refused by each member of a union is one."""
    return explain_each(error.errors(include_url=False), path, value)


def explain_each(found: Iterable[Any], path: str, value: object) -> list[str]:
    """The same from pydantic's list of what it found."""
    places: dict[str, list[Any]] = {}
    for detail in found:
        places.setdefault(_place(detail["loc"], path, value), []).append(detail)
    return [_line(place, details) for place, details in places.items()]


def _place(location: Sequence[str | int], path: str, value: Any) -> str:
    """The path of a refused value. pydantic's location also names members of unions, which no recipe has."""
    for step in location:
        inside = step in value if isinstance(value, dict) else isinstance(value, list) and step in range(len(value))
        if inside:
            value = value[step]
            path = join(path, step)
    return path


def _line(path: str, details: Sequence[Any]) -> str:
    refused = details[0]["input"]
    missing = [detail["loc"][-1] for detail in details if detail["type"] == "missing"]
    if missing and isinstance(missing[0], str):
        return f"`{join(path, missing[0])}` is missing."
    if missing:
        return f"`{path}` has too few items: {show(refused)}."
    expected: list[str] = []
    names: list[str] = []
    for detail in details:
        kind, context = detail["type"], detail.get("ctx", {})
        if kind in _EXPECTED:
            expected.append(_EXPECTED[kind])
        elif kind in _BOUNDS:
            text, key = _BOUNDS[kind]
            bound = context[key]
            expected.append(text.format(f"{bound:g}" if isinstance(bound, float) else show(bound)))
        elif kind in _SIZES:
            text, key, noun = _SIZES[kind]
            expected.append(f"{text} {context[key]} {noun}{'s' if context[key] != 1 else ''} long")
        elif kind == "literal_error":
            options = _options(context["expected"])
            names += [option for option in options if isinstance(option, str)]
            expected.append(one_of(options))
        elif kind == "value_error":
            return f"`{path}`: {context['error']}"
        else:
            return f"`{path}`: {detail['msg']}, but is {show(refused)}."
    return must_be(path, " or ".join(dict.fromkeys(expected)), refused, names=names)


def _options(expected: str) -> list[object]:
    """The values of a Literal from pydantic's list of them: `'a', 'b' or 3`."""
    found = re.findall(r"""'([^']*)'|"([^"]*)"|\b(?!or\b)([\w.-]+)""", expected)
    return [json.loads(bare.lower()) if bare else single or double for single, double, bare in found]


def of_pair(said: str) -> str:
    """What is wrong with a pair, without what there is to do about a file of them."""
    found = re.match(r"<pairs>:(\d+): (.+?)(?:\.?$|; |\. )", " ".join(said.split()))
    return f"`pairs.{int(found[1]) - 1}`: {found[2]}." if found else said
