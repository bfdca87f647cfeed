"""Answers that are JSON: how many of their fields are right."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

import seqloom
from seqloom.metrics.bootstrap import Floats
from seqloom.metrics.classes import f1_table
from seqloom.metrics.corpus import Corpus
from seqloom.metrics.counts import Counts
from seqloom.metrics.words import plain

__all__ = ["field_f1", "fields_of", "is_json"]

Field = tuple[str, str]


def fields_of(value: Any, name: str = "") -> Iterator[Field]:
    """Each field of an object with its value; fields within a field have names with a dot, and each item of a list
    counts as a whole, in any order."""
    if isinstance(value, Mapping):
        for key, each in value.items():
            yield from fields_of(each, f"{name}.{key}" if name else str(key))
    elif isinstance(value, list):
        for each in value:
            yield name, _written(each)
    else:
        yield name, _written(value)


def field_f1(corpus: Corpus) -> Counts:
    """Micro F1 of fields with their values, one reference a row. What is no JSON is one field without a name."""
    rows = []
    names: dict[str, Counter[str]] = {"right": Counter(), "answered": Counter(), "wanted": Counter()}
    for answer, text in zip(corpus.answers, corpus.only_references("field_f1"), strict=True):
        answered, wanted = Counter(_read(answer)), Counter(_read(text))
        sets = {"right": answered & wanted, "answered": answered, "wanted": wanted}
        for what, found in sets.items():
            for (name, _), number in found.items():
                names[what][name] += number
        rows.append([found.total() for found in sets.values()])
    every = sorted(names["answered"] | names["wanted"])
    counts_C3 = np.array([[names[what][name] for what in names] for name in every]).reshape(-1, 3)
    return Counts(
        name="field F1",
        rows_NK=np.array(rows, dtype=np.float64),
        formula=_f1,
        signature=f"nrefs:1|fields:leaves|values:equal|average:micro|version:seqloom {seqloom.__version__}",
        details=f1_table(every, counts_C3),
    )


def is_json(text: str) -> bool:
    try:
        json.loads(text, parse_constant=_refuse)
    except ValueError:
        return False
    return True


def _read(text: str) -> Iterator[Field]:
    return fields_of(json.loads(text)) if is_json(text) else iter([("", plain(text))])


def _refuse(name: str) -> None:
    """NaN and Infinity, which Python takes for numbers and nobody else does."""
    raise ValueError(name)


def _written(value: Any) -> str:
    """One spelling of what is equal: 2 and 2.0, whatever the order of keys."""
    return json.dumps(_whole(value), sort_keys=True, ensure_ascii=False)


def _whole(value: Any) -> Any:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, Mapping):
        return {key: _whole(each) for key, each in value.items()}
    return [_whole(each) for each in value] if isinstance(value, list) else value


def _f1(sums_NK: Floats) -> Floats:
    """100 where nothing was wanted and nothing said."""
    right, either = sums_NK[..., 0], sums_NK[..., 1] + sums_NK[..., 2]
    return 200 * np.divide(right, either, out=np.full_like(right, 0.5), where=either > 0)
