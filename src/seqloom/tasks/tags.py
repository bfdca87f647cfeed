"""Tokens before a text that say what it is or what is wanted of it: a language, a direction, a table."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace

from seqloom.core.errors import DataError
from seqloom.core.wording import nearest
from seqloom.data.rows import Row
from seqloom.metrics.names import MetricName
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure
from seqloom.tasks.contract import Answered

__all__ = ["Tags", "check_name", "scores_apart"]


class Tags:
    """The names that a model knows, each with its token: `<2de>`, where the ``sign`` is "2"."""

    def __init__(self, names: Iterable[str], *, sign: str = "") -> None:
        self.names = tuple(sorted(set(names)))
        self._sign = sign
        self.specials = tuple(map(self.of, self.names))
        self._first = re.compile(f"(?:{'|'.join(map(re.escape, self.specials))}) ?") if self.specials else None

    def of(self, name: str) -> str:
        return f"<{self._sign}{name}>"

    def before(self, text: str, name: str) -> str:
        return f"{self.of(name)} {text}"

    def parted(self, text: str) -> tuple[str, str]:
        """The text without the tag that stands before it, and its name; "" where there is none."""
        found = self._first.match(text) if self._first else None
        if found is None:
            return text, ""
        return text[found.end() :], found[0].strip()[1 + len(self._sign) : -1]

    @property
    def only(self) -> str:
        """The one that nobody needs to say; "" where there are several."""
        return self.names[0] if len(self.names) == 1 else ""


def check_name(key: str, name: str, known: Sequence[str], *, what: str) -> None:
    """A DataError where a question's name is missing or none of the known; ``what`` it must be, for people."""
    if name in known:
        return
    every = ", ".join(known)
    if not name:
        raise DataError(
            f"`{key}` is missing: {what}, of {every}. Give it as a column or JSON key, or for all questions as "
            f"`--with {key}={known[0] if known else 'en'}`."
        )
    guess = nearest(name, known)
    end = f" Did you mean `{guess}`?" if guess else ""
    raise DataError(f"`{key}` must be {what}, {every}, but is {name}.{end}")


def scores_apart(
    answered: Sequence[Answered], name_of: Callable[[Row], str], metrics: Sequence[MetricName], *, samples: int
) -> list[Score]:
    """Of the questions of each name, with the name before the score's; one name alone has the scores of the whole."""
    groups: dict[str, list[Answered]] = {}
    for each in answered:
        groups.setdefault(name_of(each.row), []).append(each)
    if len(groups) < 2:
        return []
    found = []
    for name, several in sorted(groups.items()):
        texts = [each.texts[0] if each.texts else "" for each in several]
        scores = measure(metrics, texts, [each.row.targets for each in several], samples=samples)
        found += [replace(score, name=f"{name} {score.name}") for score in scores]
    return found
