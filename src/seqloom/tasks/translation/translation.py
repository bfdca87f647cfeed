"""Translation from any language into any other, by one model."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from seqloom.core.errors import DataError
from seqloom.core.logging import logger
from seqloom.core.wording import nearest
from seqloom.data.fields import canonical
from seqloom.data.rows import Row
from seqloom.data.sentences import Piece, cut_layout
from seqloom.decoding.constraints import (
    ConstraintSettings,
    GlossarySettings,
    PlaceholderSettings,
    PrefixSettings,
)
from seqloom.metrics import Score, measure
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task
from seqloom.tasks.translation.checks import checks_of
from seqloom.tasks.translation.terms import terms_for

__all__ = ["Translation"]


class Translation(Task):
    """A question says by `to` which language its answer is in, or begins with its tag; `from` may be left out."""

    def __init__(
        self,
        known: Known,
        *,
        tags: Literal["source", "target"],
        documents: bool,
        placeholders: bool,
        keep: Sequence[str],
    ) -> None:
        self.directions = {(source, target) for source, target, _ in known.get("directions", ())}
        self.read_languages = sorted({source for source, _ in self.directions})
        self.said_languages = sorted({target for _, target in self.directions})
        self.specials = tuple(f"<2{language}>" for language in self.said_languages)
        self.glossary: Sequence[Sequence[str]] = known.get("glossary", ())
        self.tags = tags
        self.documents = documents
        self.placeholders = placeholders
        self.keep = keep
        self._tag = re.compile(f"(?:{'|'.join(map(re.escape, self.specials))}) ?") if self.specials else None
        self._told: set[tuple[str, str]] = set()

    # ---- a question --------------------------------------------------------------------------------------------------

    def cut(self, row: Row) -> Sequence[Piece]:
        """The sentences of a document; each of them is told the language by its tag."""
        if not self.documents and "\n" not in row.source:
            return (Piece(row.source),)
        text, language = self._tagged(row)
        tag = f"<2{language}> " if len(text) < len(row.source) else ""
        return [replace(piece, text=f"{tag}{piece.text}") if piece.text else piece for piece in cut_layout(text)]

    def read(self, row: Row) -> Row:
        if not row.source.strip():
            return row
        source, to = self._tagged(row)
        one = canonical(str(row.extras.get("from") or ""))
        _check("to", to, self.said_languages, "say")
        if one:
            _check("from", one, self.read_languages, "read")
            self._tell((one, to))
        tag = f"<2{to}>"
        if self.tags == "source":
            return replace(row, source=f"{tag} {source}")
        return replace(row, source=source, targets=tuple(f"{tag} {target}" for target in row.targets))

    def _tagged(self, row: Row) -> tuple[str, str]:
        """The source without a tag that a person wrote before it, and the language of the answer."""
        found = self._tag.match(row.source) if self._tag else None
        to = canonical(str(row.extras.get("to") or ""))
        if found is None:
            # Where all answers are in one language, nobody needs to say which.
            return row.source, to or (self.said_languages[0] if len(self.said_languages) == 1 else "")
        return row.source[found.end() :], to or found[0].strip()[2:-1]

    def _tell(self, direction: tuple[str, str]) -> None:
        if direction not in self.directions and direction not in self._told:
            self._told.add(direction)
            logger.warning("%s was never trained as a direction: the answers are zero-shot.", "-".join(direction))

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        found: list[ConstraintSettings] = []
        source, to = self._tagged(row)
        if self.tags == "target":
            found.append(PrefixSettings(text=f"<2{to}>"))
        # Which of them stand there as whole words is seen later, in each part of the text.
        small = source.lower()
        terms = {term: ways for term, ways in self._terms(row, to).items() if term.lower() in small}
        if terms:
            found.append(GlossarySettings(terms=tuple((term, *ways) for term, ways in terms.items())))
        if self.placeholders:
            found.append(PlaceholderSettings())
        return tuple(found)

    def _terms(self, row: Row, to: str) -> dict[str, tuple[str, ...]]:
        one = canonical(str(row.extras.get("from") or ""))
        return terms_for(self.glossary, row.extras, self.keep, one=one, to=to)

    # ---- an answer ---------------------------------------------------------------------------------------------------

    def show(self, row: Row, text: str) -> Shown:
        source, to = self._tagged(row)
        if self.tags == "target" and self._tag:
            text = self._tag.sub("", text)
        fields: dict[str, object] = {"to": to, "checks": checks_of(source, text, self._terms(row, to))}
        if one := canonical(str(row.extras.get("from") or "")):
            fields |= {"from": one, "zero_shot": (one, to) not in self.directions}
        return Shown(text=text, fields=fields)

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        """BLEU of each direction; one alone has that of the whole."""
        groups: dict[tuple[str, str], list[Answered]] = {}
        for each in answered:
            groups.setdefault((str(each.row.extras.get("from")), str(each.row.extras.get("to"))), []).append(each)
        if len(groups) < 2:
            return []
        found = []
        for direction, several in sorted(groups.items()):
            name = "-".join(direction) + ("" if direction in self.directions else " (zero-shot)")
            texts = [each.texts[0] if each.texts else "" for each in several]
            for score in measure(["bleu"], texts, [each.row.targets for each in several], samples=samples):
                found.append(replace(score, name=f"{name} {score.name}"))
        return found

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        return {"the source as it is": lambda row: [self._tagged(row)[0]]}


def _check(name: str, language: str, trained: Sequence[str], does: str) -> None:
    if language in trained:
        return
    known = ", ".join(trained)
    if not language:
        raise DataError(
            f"`{name}` is missing: which language the answer is in, of {known}. Give it as a column or JSON key, or "
            f"for all questions as `--with {name}={trained[0] if trained else 'en'}`."
        )
    guess = nearest(language, trained)
    end = f" Did you mean `{guess}`?" if guess else ""
    raise DataError(
        f"`{name}` must be a language that this model was trained to {does}, {known}, but is {language}.{end}"
    )
