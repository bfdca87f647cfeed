"""What a recipe says of translation between many languages, and how its files become pairs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from typing import ClassVar, Literal
from zlib import crc32

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.wording import show
from seqloom.data.fields import canonical
from seqloom.data.named import is_language
from seqloom.data.rows import BadLine, Row
from seqloom.tasks.contract import Known, TaskBase
from seqloom.tasks.translation.terms import read_glossary
from seqloom.tasks.translation.translation import Translation

__all__ = ["TranslationSettings"]


@dataclass(frozen=True, kw_only=True)
class TranslationSettings(TaskBase):
    """The task of translation."""

    keeps: ClassVar[tuple[str, ...]] = ("from", "to", "unit")
    mixed: ClassVar[tuple[str, ...]] = ("from", "to")

    kind: Literal["translation"] = "translation"
    languages: tuple[str, ...] = ()
    """Columns or endings of files that are languages; of files without names, in their order. None: whatever is called
    by two letters, as "de" or "pt-BR"."""
    directions: tuple[str, ...] = ()
    """Those to learn and to measure: "de-en"; "*-en" is any into English. None: all that the files have."""
    without: tuple[str, ...] = ()
    """Of those, the ones to leave out."""
    tags: Literal["source", "target"] = "source"
    """Where the token stands that says the language of the answer: at the beginning of the source, or as the first of
    the answer, which is forced to say it."""
    documents: bool = False
    """Translate every source sentence by sentence, as those of several lines are; no: a line is a sentence."""
    placeholders: bool = False
    """Keep `%s`, `{name}` and `<b>` exactly as the source has them."""
    glossary: str = ""
    """A table of terms and their translations, read when the model is trained; see the guide."""
    keep: tuple[str, ...] = ()
    """Terms that are never translated."""

    def __post_init__(self) -> None:
        named = [canonical(each) for each in self.languages]
        if len(set(named)) < len(named) or not all(each and not set(each) & set(" <>") for each in named):
            raise RecipeError(
                f"languages must be names that differ, without spaces, but are {show([*self.languages])}."
            )
        for key, several in (("directions", self.directions), ("without", self.without)):
            if odd := next((each for each in several if "-" not in each.strip("-")), None):
                raise RecipeError(f'{key} must be of the form "de-en", but one is "{odd}".')

    @property
    def named(self) -> Sequence[str]:
        return [canonical(each) for each in self.languages]

    # ---- from rows to pairs ------------------------------------------------------------------------------------------

    def pairs(self, row: Row) -> Iterator[Row | BadLine]:
        """Each direction of a row that says one thing in several languages. One that is asked for by `from` and `to`
        is there whether it is learnt or not."""
        asked = {name: canonical(str(row.extras.get(name) or "")) for name in ("from", "to")}
        if row.source or row.targets:
            yield self._pair(row, asked)
            return
        found, wrong = self._texts(row)
        beside = {key: each for key, each in row.extras.items() if self._language(key) is None}
        unit = f"{crc32(min(found.items(), default=('', ('',)))[1][0].encode()):08x}"
        directions = [
            (source, target)
            for source in found
            for target in found
            if source != target and self._wanted(source, target, asked)
        ]
        if wrong or not directions:
            alone = f"has text in {', '.join(sorted(found))} alone, of the directions that are wanted"
            what = wrong or (alone if found else "has text in no language; `task.languages` may name its columns")
            text = "\t".join(each for texts in found.values() for each in texts)
            yield BadLine(file=row.file, line=row.line, what=what, text=text, left_out=not wrong)
        for source, target in directions:
            extras = {**beside, "from": source, "to": target, "unit": unit}
            for text in found[source]:
                yield replace(row, source=text, targets=found[target], extras=extras)

    def _pair(self, row: Row, asked: Mapping[str, str]) -> Row | BadLine:
        """A row that has one direction, which it names."""
        if missing := [name for name, language in asked.items() if not language and (name == "to" or row.targets)]:
            what = f"a source and a target must be with their languages, but `{missing[0]}` is missing"
            return BadLine(file=row.file, line=row.line, what=what, text=row.source)
        sides = sorted([(asked["from"], row.source), (asked["to"], next(iter(row.targets), ""))])
        return replace(row, extras={**row.extras, **asked, "unit": f"{crc32(sides[0][1].encode()):08x}"})

    def _texts(self, row: Row) -> tuple[dict[str, tuple[str, ...]], str]:
        """What the row says, by language; and what is wrong with it."""
        found: dict[str, tuple[str, ...]] = {}
        for name, value in row.extras.items():
            language = self._language(name)
            texts = (value,) if isinstance(value, str) else () if value is None else value
            if language is None:
                continue
            if not isinstance(texts, list | tuple) or not all(isinstance(each, str) for each in texts):
                return found, f"`{name}` must be text, but is {show(value)}"
            if said := tuple(each for each in texts if each.strip()):
                found[language] = found.get(language, ()) + said
        return found, ""

    def _language(self, name: str) -> str | None:
        """Which one a column is, if any: where languages are named, "de" is that of `de-AT` too."""
        code = canonical(name)
        if not self.languages:
            return code if is_language(name) else None
        base = code.partition("-")[0]
        return code if code in self.named else base if base in self.named else None

    def _wanted(self, source: str, target: str, asked: Mapping[str, str]) -> bool:
        if asked["from"] or asked["to"]:
            return asked["from"] in ("", source) and asked["to"] in ("", target)
        return self._learnt(f"{source}-{target}")

    def _learnt(self, direction: str) -> bool:
        named = not self.directions or any(fnmatchcase(direction, canonical(each)) for each in self.directions)
        return named and not any(fnmatchcase(direction, canonical(each)) for each in self.without)

    # ---- what is known later -----------------------------------------------------------------------------------------

    def together(self, row: Row) -> str:
        """All directions of what was said once."""
        return str(row.extras.get("unit", row.source))

    def learn(self, rows: Iterable[Row]) -> Known:
        """Which directions were trained, and the glossary."""
        counts = Counter((str(row.extras["from"]), str(row.extras["to"])) for row in rows)
        there = [f"{source}-{target}" for source, target in counts]
        for named in self.directions:
            if not any(fnmatchcase(each, canonical(named)) for each in there):
                raise DataError(
                    f"`task.directions` must be of what the training files hold, but no pair is {named}. They hold "
                    f"{', '.join(sorted(there))}."
                )
        languages = sorted({language for direction in counts for language in direction})
        return {
            "directions": [[*direction, number] for direction, number in sorted(counts.items())],
            "glossary": read_glossary(self.glossary, languages) if self.glossary else [],
        }

    def build(self, known: Known) -> Translation:
        return Translation(
            known,
            tags=self.tags,
            documents=self.documents,
            placeholders=self.placeholders,
            keep=self.keep,
        )
