"""A tag for each word: named entities, chunks, parts of speech."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

from seqloom.core.errors import DataError
from seqloom.core.scripts import UNSPACED, has_unspaced
from seqloom.core.wording import show
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.constraints.labels import SpansSettings
from seqloom.decoding.constraints.lengths import SameLengthSettings
from seqloom.metrics.tags import spans
from seqloom.tasks.contract import Baseline, Known, Shown, Task, TaskBase

__all__ = ["TaggingSettings"]

_CUTS = {
    "spaces": re.compile(r"\S+"),
    "characters": re.compile(r"\S"),
    "script": re.compile(f"[{UNSPACED}]|[^\\s{UNSPACED}]+"),
}
"""What a word is: what stands between spaces; every character; or every character of a script without spaces."""


@dataclass(frozen=True, kw_only=True)
class TaggingSettings(TaskBase):
    """The task of tagging."""

    kind: Literal["tagging"] = "tagging"
    tags: Literal["found", "spans", "plain"] = "found"
    """Whether tags mark spans, as B-PER I-PER O do, or each stands alone, as NOUN does; "found": as the file has it.
    Spans may be written as BIO or BIOES; they are answered and measured as BIO."""
    mend: bool = False
    """An I- that continues nothing begins a span, as in the files of CoNLL 2003; without this it is a broken tag."""
    scheme: Literal["bio", "bioes"] = "bio"
    """How the model itself marks spans; "bioes" tells it where each ends."""

    def pairs(self, row: Row) -> Iterable[Row | BadLine]:
        targets, words = [], row.source.split()
        try:
            for target in row.targets:
                tags = target.split()
                words = _words_of(row.source, number=len(tags))
                targets.append(" ".join(self._checked(tags, words)))
        except ValueError as error:
            yield BadLine(file=row.file, line=row.line, what=str(error), text=f"{row.source}\t{target}")
            return
        yield replace(row, source=" ".join(words), targets=tuple(targets)) if targets else row

    def _checked(self, tags: Sequence[str], words: Sequence[str]) -> Sequence[str]:
        """The tags as BIO, if they are of spans; a ValueError where they are broken."""
        marked = self.tags == "spans" or (self.tags == "found" and any(_marks(tag) for tag in tags))
        return _as_bio(tags, words, mend=self.mend) if marked else tags

    def learn(self, rows: Iterable[Row]) -> Known:
        seen = _Seen()
        for row in rows:
            seen.add(row.source.split(), row.targets[0].split())
        marked = self.tags == "spans" or (self.tags == "found" and any(map(_marks, seen.tags)))
        if marked and (odd := [tag for tag in seen.tags if tag != "O" and not _marks(tag)]):
            raise DataError(
                f"the tags must all be of spans, such as B-PER, I-PER and O, but one is {show(odd[0])}. Correct it, or "
                'set `task.tags = "plain"`.'
            )
        if marked and not any(map(_marks, seen.tags)):
            raise DataError('the tags must mark spans, but all are O. Correct the data, or set `task.tags = "plain"`.')
        return {"spans": marked, "words": seen.cut, **seen.dictionary(spans=marked)}

    def build(self, known: Known) -> Tagging:
        return Tagging(self.scheme, known)


class Tagging(Task):
    """A word is what stands between spaces; in a script without spaces, a character."""

    blocks = (".conll", ".iob", ".bio")

    def __init__(self, scheme: Literal["bio", "bioes"], known: Known) -> None:
        self.scheme = scheme
        self.known = known
        self.of_spans = bool(known.get("spans"))

    def read(self, row: Row) -> Row:
        words = [word for word, _ in self._words(row)]
        for target in row.targets:
            if len(target.split()) != len(words):
                raise DataError(
                    f"{row.file}:{row.line}: a row must have a tag for each of its {len(words)} words once it is "
                    f"cleaned, but has {len(target.split())}. Leave out the `data.cleaning` that changes words."
                )
        said = tuple(" ".join(self._said(target.split())) for target in row.targets)
        return replace(row, source=" ".join(words), targets=said)

    def _said(self, tags: Sequence[str]) -> Sequence[str]:
        """As the model marks them."""
        return _as_bioes(tags) if self.of_spans and self.scheme == "bioes" else tags

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        if self.of_spans:
            return (SpansSettings(scheme=self.scheme, each_word=True),)
        return (SameLengthSettings(unit="word"),)

    def show(self, row: Row, text: str) -> Shown:
        words = self._words(row)
        tags = text.split()
        if self.of_spans:
            tags = _from_bioes(tags)
        block = "\n".join(f"{word}\t{tag}" for (word, _), tag in zip(words, tags, strict=False))
        fields: dict[str, Any] = {"words": [word for word, _ in words], "tags": tags}
        if self.of_spans:
            fields["spans"] = [
                {
                    "type": kind,
                    "words": [first, last + 1],
                    "characters": [words[first][1], words[last][1] + len(words[last][0])],
                    "text": row.source[words[first][1] : words[last][1] + len(words[last][0])],
                }
                for kind, first, last in spans(tags[: len(words)])
            ]
        return Shown(text=" ".join(tags), fields=fields, block=block)

    def _words(self, row: Row) -> list[tuple[str, int]]:
        """Each word, and where it begins."""
        cut = str(self.known.get("words", "spaces"))
        if cut == "spaces" and has_unspaced(row.source) and len(row.source.split()) == 1:
            cut = "script"
        if row.targets and len(_CUTS[cut].findall(row.source)) != len(row.targets[0].split()):
            cut = "spaces"  # whoever tagged it has cut it
        return [(found.group(), found.start()) for found in _CUTS[cut].finditer(row.source)]

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        found: dict[str, Baseline] = {"each word's commonest tag": self._commonest}
        return found | ({"the longest spans of the training data": self._dictionary} if self.of_spans else {})

    def _commonest(self, row: Row) -> Sequence[str]:
        tags = [self.known["tag_of"].get(word, self.known["commonest"]) for word, _ in self._words(row)]
        return [" ".join(_mended(tags) if self.of_spans else tags)]

    def _dictionary(self, row: Row) -> Sequence[str]:
        words = [word for word, _ in self._words(row)]
        tags, place, longest = ["O"] * len(words), 0, self.known["longest"]
        while place < len(words):
            ends = range(min(len(words), place + longest), place, -1)
            for end in ends:
                if kind := self.known["type_of"].get(" ".join(words[place:end]).lower()):
                    tags[place:end] = [f"B-{kind}", *[f"I-{kind}"] * (end - place - 1)]
                    break
            place = max(place + 1, end if tags[place] != "O" else 0)
        return [" ".join(tags)]


class _Seen:
    """The words and tags of the training rows, counted."""

    def __init__(self) -> None:
        self.tags: Counter[str] = Counter()
        self._tags_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._types_of: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._long, self._unspaced, self._parted = 0, 0, 0

    def add(self, words: Sequence[str], tags: Sequence[str]) -> None:
        self.tags.update(tags)
        for word, tag in zip(words, tags, strict=False):
            self._tags_of[word][tag] += 1
            if has_unspaced(word):
                self._unspaced += 1
                self._parted += len(word) == 1
            self._long += len(word) > 1
        for kind, first, last in spans(tags):
            self._types_of[" ".join(words[first : last + 1]).lower()][kind] += 1

    @property
    def cut(self) -> str:
        """What a word is in these rows."""
        if not self._unspaced or self._parted < self._unspaced:
            return "spaces"
        return "script" if self._long else "characters"

    def dictionary(self, *, spans: bool) -> dict[str, Any]:
        """Each word's commonest tag, but for the commonest of all; each span's commonest type."""
        commonest = _first(self.tags)
        tag_of = {word: _first(tags) for word, tags in self._tags_of.items()}
        found: dict[str, Any] = {
            "commonest": commonest,
            "tag_of": {word: tag for word, tag in tag_of.items() if tag != commonest},
        }
        if spans:
            # One word is known alone where it more often is a span than not.
            kinds = {
                text: _first(types)
                for text, types in self._types_of.items()
                if " " in text or 2 * types.total() > sum(self._tags_of[text].values())
            }
            found |= {"type_of": kinds, "longest": max((text.count(" ") + 1 for text in kinds), default=0)}
        return found


def _first(counts: Counter[str]) -> str:
    """The commonest; of several, the first in the alphabet, so that it is always the same."""
    return min(counts, key=lambda name: (-counts[name], name))


def _words_of(source: str, *, number: int) -> list[str]:
    """As the number of tags has them; a ValueError where it fits no way to cut them."""
    words = source.split()
    if len(words) == number:
        return words
    if has_unspaced(source):
        for cut in ("characters", "script"):
            if len(found := _CUTS[cut].findall(source)) == number:
                return found
    raise ValueError(f"expected a tag for each of {len(words)} words, found {number}")


# ---- spans as tags ---------------------------------------------------------------------------------------------------


def _marks(tag: str) -> bool:
    """Whether it is a part of a span."""
    return tag[:1] in ("B", "I", "E", "S") and tag[1:2] == "-" and len(tag) > 2


def _as_bio(tags: Sequence[str], words: Sequence[str], *, mend: bool) -> list[str]:
    """BIO or BIOES as BIO; a ValueError that names the first tag that is broken."""
    ends = any(tag[:2] in ("E-", "S-") for tag in tags)
    made: list[str] = []
    open_kind = ""
    """Of a span that goes on, or in BIO may go on."""
    for place, (tag, word) in enumerate(zip(tags, words, strict=True)):
        if tag != "O" and not _marks(tag):
            raise ValueError(f"{show(tag)} at word {place + 1}, {show(word)}, is no tag of a span, such as B-PER or O")
        mark, kind = tag[:1], tag[2:]
        goes_on = mark in "IE" and kind == open_kind
        if mark in "IE" and not goes_on and not mend:
            raise ValueError(f"{tag} at word {place + 1}, {show(word)}, continues no {kind}")
        if ends and open_kind and not goes_on and not mend:
            raise ValueError(f"{tag} at word {place + 1}, {show(word)}, comes before the end of {open_kind}")
        made.append(tag if tag == "O" else f"{'I' if goes_on else 'B'}-{kind}")
        open_kind = kind if mark in "BI" else ""
    if ends and open_kind and not mend:
        raise ValueError(f"the last word leaves {open_kind} without an end")
    return made


def _mended(tags: Iterable[str]) -> list[str]:
    """An I- that continues nothing begins."""
    made: list[str] = []
    for tag in tags:
        goes_on = tag[:2] != "I-" or (bool(made) and made[-1][2:] == tag[2:])
        made.append(tag if goes_on else f"B-{tag[2:]}")
    return made


def _as_bioes(tags: Sequence[str]) -> list[str]:
    made = []
    for tag, after in zip(tags, [*tags[1:], "O"], strict=True):
        last = after[:2] != "I-"
        mark = {"B": "S", "I": "E"}.get(tag[:1], "O") if last else tag[:1]
        made.append(tag if tag == "O" else f"{mark}-{tag[2:]}")
    return made


def _from_bioes(tags: Sequence[str]) -> list[str]:
    return [{"S-": "B-", "E-": "I-"}.get(tag[:2], tag[:2]) + tag[2:] for tag in tags]
