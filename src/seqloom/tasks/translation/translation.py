"""Translation from any language into any other, by one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

from seqloom.core.logging import logger
from seqloom.data.fields import canonical
from seqloom.data.rows import Row
from seqloom.data.sentences import Piece, cut_layout
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.constraints.glossary import GlossarySettings, PrefixSettings
from seqloom.decoding.constraints.placeholders import PlaceholderSettings
from seqloom.metrics.score import Score
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task
from seqloom.tasks.tags import Tags, check_name, scores_apart
from seqloom.tasks.translation.checks import checks_of
from seqloom.tasks.translation.terms import terms_for

__all__ = ["Translation"]

_LANGUAGE = "a language that this model was trained to {}"


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
        self._tokens = Tags(self.said_languages, sign="2")
        self.specials = self._tokens.specials
        self.glossary: Sequence[Sequence[str]] = known.get("glossary", ())
        self.tags = tags
        self.documents = documents
        self.placeholders = placeholders
        self.keep = keep
        self._told: set[tuple[str, str]] = set()

    # ---- a question --------------------------------------------------------------------------------------------------

    def cut(self, row: Row) -> Sequence[Piece]:
        """The sentences of a document; each of them is told the language by its tag."""
        if not self.documents and "\n" not in row.source:
            return (Piece(row.source),)
        text, language = self._tagged(row)
        pieces = cut_layout(text)
        if text == row.source:
            return pieces
        return [
            replace(piece, text=self._tokens.before(piece.text, language)) if piece.text else piece for piece in pieces
        ]

    def read(self, row: Row) -> Row:
        if not row.source.strip():
            return row
        source, to = self._tagged(row)
        one = canonical(str(row.extras.get("from") or ""))
        check_name("to", to, self.said_languages, what=_LANGUAGE.format("say"))
        if one:
            check_name("from", one, self.read_languages, what=_LANGUAGE.format("read"))
            self._tell((one, to))
        if self.tags == "source":
            return replace(row, source=self._tokens.before(source, to))
        return replace(row, source=source, targets=tuple(self._tokens.before(target, to) for target in row.targets))

    def _tagged(self, row: Row) -> tuple[str, str]:
        """The source without a tag that a person wrote before it, and the language of the answer."""
        text, tagged = self._tokens.parted(row.source)
        return text, canonical(str(row.extras.get("to") or "")) or tagged or self._tokens.only

    def _tell(self, direction: tuple[str, str]) -> None:
        if direction not in self.directions and direction not in self._told:
            self._told.add(direction)
            logger.warning("%s was never trained as a direction: the answers are zero-shot.", "-".join(direction))

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        found: list[ConstraintSettings] = []
        source, to = self._tagged(row)
        if self.tags == "target":
            found.append(PrefixSettings(text=self._tokens.of(to)))
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
        if self.tags == "target":
            text, _ = self._tokens.parted(text)
        fields: dict[str, object] = {"to": to, "checks": checks_of(source, text, self._terms(row, to))}
        if one := canonical(str(row.extras.get("from") or "")):
            fields |= {"from": one, "zero_shot": (one, to) not in self.directions}
        return Shown(text=text, fields=fields)

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        """BLEU of each direction; one alone has that of the whole."""
        return scores_apart(answered, self._direction, ["bleu"], samples=samples)

    def _direction(self, row: Row) -> str:
        one, to = str(row.extras.get("from")), str(row.extras.get("to"))
        return f"{one}-{to}" + ("" if (one, to) in self.directions else " (zero-shot)")

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        return {"the source as it is": lambda row: [self._tagged(row)[0]]}
