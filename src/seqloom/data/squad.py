"""SQuAD's own layout: one object for a whole file, articles of paragraphs, each with its questions."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from seqloom.core.errors import DataError
from seqloom.core.wording import show
from seqloom.data.columns import Columns
from seqloom.data.objects import ObjectReader, UnreadableError
from seqloom.data.rows import BadLine, Row

__all__ = ["is_squad", "read_squad"]


def is_squad(start: bytes) -> bool:
    """By what a file begins with: objects that stand a line each have neither of these names for lists."""
    return all(re.search(name, start) for name in (rb"\A\s*\{", rb'"data"\s*:\s*\[', rb'"paragraphs"\s*:\s*\['))


def read_squad(
    lines: Iterable[str | BadLine], *, file: str, columns: Columns, sources_only: bool
) -> Iterator[Row | BadLine]:
    """A row a question: `question`, `answers`, `context`, `title` and `id`. Its line is its number in the file, for the
    file may be one line. What is impossible to answer has an empty answer."""
    text = []
    for line in lines:
        if isinstance(line, BadLine):
            raise DataError(f"{line}. Correct it, for the file is one object.")
        text.append(line)
    try:
        whole = json.loads("\n".join(text))
    except json.JSONDecodeError as error:
        raise DataError(f"{file}:{error.lineno}: not valid JSON ({error.msg} at column {error.colno}).") from None
    reader = ObjectReader(columns, file=file, sources_only=sources_only)
    for number, found in enumerate(_questions(whole), start=1):
        try:
            yield reader.row(found, number)
        except UnreadableError as error:
            yield BadLine(file=file, line=number, what=f"question {number}: {error}", text=show(found))


def _questions(whole: Any) -> Iterator[dict[object, object]]:
    for article in _objects(whole, "data"):
        for paragraph in _objects(article, "paragraphs"):
            for question in _objects(paragraph, "qas"):
                kept: dict[object, object] = {key: question[key] for key in ("id", "question") if key in question}
                above = {"title": article.get("title"), "context": paragraph.get("context")}
                kept.update({key: value for key, value in above.items() if value is not None})
                if "answers" in question or question.get("is_impossible"):
                    texts = [each.get("text") for each in _objects(question, "answers")]
                    kept["answers"] = [*dict.fromkeys(texts)] or [""]
                yield kept


def _objects(parent: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """Those of a list; nothing where there is no list."""
    found = parent.get(key)
    return [each for each in found if isinstance(each, Mapping)] if isinstance(found, list) else []
