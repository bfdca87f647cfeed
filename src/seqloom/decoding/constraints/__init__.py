"""Constraints on an answer: automata over its tokens, and the settings over text that they are built from.

What cannot be built is a ``DecodingError`` of one line.
"""

from __future__ import annotations

from typing import Annotated, Final, Protocol, TypeAlias

from seqloom.core.later import names_later
from seqloom.core.settings import Kinds
from seqloom.decoding.constraints.words import SourceText, Words
from seqloom.decoding.request import Constraint

__all__ = ["KINDS", "ConstraintSettings", "SourceText", "Words"]


class Builder(Protocol):
    """What the settings of every constraint can do."""

    @property
    def kind(self) -> str: ...

    def build(self, words: Words, source: SourceText) -> Constraint: ...


KINDS: Final = Kinds(
    {
        "phrases": "seqloom.decoding.constraints.phrases:PhraseSettings",
        "banned": "seqloom.decoding.constraints.banned:BannedSettings",
        "no_repeat": "seqloom.decoding.constraints.no_repeat:NoRepeatSettings",
        "regex": "seqloom.decoding.constraints.regex:RegexSettings",
        "json_schema": "seqloom.decoding.constraints.json_schema:JsonSchemaSettings",
        "same_length": "seqloom.decoding.constraints.lengths:SameLengthSettings",
        "bio": "seqloom.decoding.constraints.labels:SpansSettings",
        "placeholders": "seqloom.decoding.constraints.placeholders:PlaceholderSettings",
        "one_of": "seqloom.decoding.constraints.one_of:OneOfSettings",
        "stretch": "seqloom.decoding.constraints.stretch:StretchSettings",
        "glossary": "seqloom.decoding.constraints.glossary:GlossarySettings",
        "prefix": "seqloom.decoding.constraints.glossary:PrefixSettings",
    }
)
ConstraintSettings: TypeAlias = Annotated[Builder, KINDS]
"""Those that an answer is asked to keep to are imported, and no others."""

__getattr__ = names_later(
    __name__,
    {
        "banned": "Banned",
        "basic": "AllowedSet Every ForcedPrefix",
        "goal": "Goal",
        "labels": "Spans",
        "lengths": "SameLength SameTokens",
        "no_repeat": "NoRepeat",
        "one_of": "SeveralOf",
        "phrases": "Phrases",
        "regex": "Regex",
        "stretch": "Stretch",
        "trie": "Trie",
        "words": "Spelling Spellings",
    },
    paths=KINDS.paths,
)
