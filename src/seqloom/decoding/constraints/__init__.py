"""Constraints on an answer: automata over its tokens, and the settings over text that they are built from.

A settings class of ``ConstraintSettings`` has ``build(words, source)``, with the vocabulary as ``Words`` and the source
as ``SourceText``. What cannot be built is a ``DecodingError`` of one line.
"""

from __future__ import annotations

from typing import TypeAlias

from seqloom.decoding.constraints.banned import Banned, BannedSettings
from seqloom.decoding.constraints.basic import AllowedSet, Every, ForcedPrefix
from seqloom.decoding.constraints.glossary import GlossarySettings, PrefixSettings
from seqloom.decoding.constraints.goal import Goal
from seqloom.decoding.constraints.json_schema import JsonSchemaSettings
from seqloom.decoding.constraints.labels import Spans, SpansSettings
from seqloom.decoding.constraints.lengths import SameLength, SameLengthSettings, SameTokens
from seqloom.decoding.constraints.no_repeat import NoRepeat, NoRepeatSettings
from seqloom.decoding.constraints.one_of import OneOfSettings, SeveralOf
from seqloom.decoding.constraints.phrases import Phrases, PhraseSettings
from seqloom.decoding.constraints.placeholders import PlaceholderSettings
from seqloom.decoding.constraints.regex import Regex, RegexSettings
from seqloom.decoding.constraints.stretch import Stretch, StretchSettings
from seqloom.decoding.constraints.trie import Trie
from seqloom.decoding.constraints.words import SourceText, Spelling, Spellings, Words

__all__ = [
    "AllowedSet",
    "Banned",
    "BannedSettings",
    "ConstraintSettings",
    "Every",
    "ForcedPrefix",
    "GlossarySettings",
    "Goal",
    "JsonSchemaSettings",
    "NoRepeat",
    "NoRepeatSettings",
    "OneOfSettings",
    "PhraseSettings",
    "Phrases",
    "PlaceholderSettings",
    "PrefixSettings",
    "Regex",
    "RegexSettings",
    "SameLength",
    "SameLengthSettings",
    "SameTokens",
    "SeveralOf",
    "SourceText",
    "Spans",
    "SpansSettings",
    "Spelling",
    "Spellings",
    "Stretch",
    "StretchSettings",
    "Trie",
    "Words",
]

ConstraintSettings: TypeAlias = (
    PhraseSettings
    | BannedSettings
    | NoRepeatSettings
    | RegexSettings
    | JsonSchemaSettings
    | SameLengthSettings
    | SpansSettings
    | PlaceholderSettings
    | OneOfSettings
    | StretchSettings
    | GlossarySettings
    | PrefixSettings
)
