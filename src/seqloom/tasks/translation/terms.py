"""A glossary: terms and how they are said in other languages."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import permutations
from typing import Any

from seqloom.core.errors import DataError
from seqloom.core.wording import show
from seqloom.data.fields import canonical
from seqloom.data.lines import lines_of
from seqloom.data.rows import BadLine

__all__ = ["read_glossary", "terms_for"]


def read_glossary(file: str, languages: Sequence[str]) -> list[list[str]]:
    """Each entry is the language of a term, that of its translations, the term, and the translations.

    A file whose first line names languages has a term of all of them a line. Otherwise a line is a term and its
    translation, in every direction unless a third column names one. `|` parts several translations.
    """
    entries: list[list[str]] = []
    titles: list[str] = []
    for number, line in enumerate(lines_of(file), start=1):
        if isinstance(line, BadLine):
            raise DataError(f"{line}. Fix the line.")
        cells = [cell.strip() for cell in line.split("\t")]
        if not any(cells):
            continue
        if not titles and not entries and len(cells) > 1 and all(canonical(cell) in languages for cell in cells):
            titles = [canonical(cell) for cell in cells]
        elif titles:
            if len(cells) != len(titles):
                raise DataError(f"{file}:{number}: expected {len(titles)} columns, found {len(cells)}. Fix the line.")
            said = {language: _ways(cell) for language, cell in zip(titles, cells, strict=True) if cell}
            entries += [[one, to, term, *said[to]] for one, to in permutations(said, 2) for term in said[one]]
        else:
            entries.append(_entry(cells, languages, f"{file}:{number}"))
    return entries


def _entry(cells: Sequence[str], languages: Sequence[str], where: str) -> list[str]:
    if not 2 <= len(cells) <= 3 or not cells[0] or not cells[1]:
        raise DataError(
            f"{where}: must be a term, its translation and, if it is of one direction alone, that, with tabs between "
            f"them, but is {show(list(cells))}. Fix the line, or name the languages in the first line."
        )
    term, said, *direction = cells
    if not direction or not direction[0]:
        return ["", "", term, *_ways(said)]
    for one, to in permutations(languages, 2):
        if canonical(direction[0]) == f"{one}-{to}":
            return [one, to, term, *_ways(said)]
    raise DataError(
        f"{where}: a direction must be of two of {', '.join(languages)}, as {languages[0]}-{languages[-1]}, but is "
        f"{direction[0]}."
    )


def _ways(cell: str) -> list[str]:
    return [way.strip() for way in cell.split("|") if way.strip()]


def terms_for(
    entries: Sequence[Sequence[str]], extras: Mapping[str, Any], keep: Sequence[str], *, one: str, to: str
) -> dict[str, tuple[str, ...]]:
    """The ways to say each term in this direction; () for one that stays as it is. A question's own `terms` and `keep`
    count most."""
    terms = {
        term: tuple(ways)
        for source, target, term, *ways in entries
        if (not source or not one or source == one) and target in ("", to)
    }
    terms |= dict.fromkeys(keep, ())
    terms |= dict.fromkeys(_strings(extras.get("keep", []), "keep"), ())
    own = extras.get("terms", {})
    if not isinstance(own, Mapping):
        raise DataError(f'`terms` must be an object such as {{"Kabel": "câble"}}, but is {show(own)}.')
    return terms | {str(term): tuple(_strings(ways, "terms")) for term, ways in own.items()}


def _strings(given: object, name: str) -> list[str]:
    several = [given] if isinstance(given, str) else given
    if not isinstance(several, list | tuple) or not all(isinstance(each, str) and each.strip() for each in several):
        raise DataError(f"`{name}` must have texts, but has {show(given)}.")
    return [each.strip() for each in several]
