"""Cleaning: what text is made to look like before it is learnt from, and which pairs are left out."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from functools import partial
from typing import Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Amount, Count
from seqloom.data.annotations import Annotations
from seqloom.data.ledger import Ledger
from seqloom.data.lengths import length_of
from seqloom.data.normalising import (
    chinese_written,
    collapse_spaces,
    encoding_repair,
    half_width,
    remove_control,
    remove_punctuation,
    remove_spaces,
)
from seqloom.data.rows import BadLine, Row
from seqloom.data.seen import Seen
from seqloom.data.stop_words import StopLanguage, stop_words_remover

__all__ = ["Cleaner", "CleaningSettings", "Sides"]

Sides = Literal["none", "source", "target", "both"]
_Step = tuple[str, Callable[[str], str]]


@dataclass(frozen=True, kw_only=True)
class CleaningSettings:
    """The cleaning.

    First come the steps that change a text, in the order in which they are done; then those that drop a pair. A pair
    with an empty side is always dropped.
    """

    mojibake: bool = False
    """Repair text that was decoded by the wrong table: schÃ¶n becomes schön."""
    unicode: Literal["none", "nfc", "nfkc"] = "nfc"
    """nfc: one form for what looks and means the same, however it was typed; nfkc: also ligatures, ① and the like."""
    control: bool = False
    """Remove control and zero-width characters, except where a script or an emoji is spelled with them."""
    width: Literal["keep", "half"] = "keep"
    """half: full-width letters, digits and signs become half-width ones (ＡＢＣ，１２３ becomes ABC,123)."""
    chinese: Literal["keep", "simplified", "traditional"] = "keep"
    """The form to write Chinese characters in; needs the extra `chinese`."""
    lower: Sides = "none"
    """The sides to write in small letters."""
    stop_words: tuple[StopLanguage, ...] = ()
    """Languages whose words of little meaning are taken out of the source."""
    remove_punctuation: Sides = "none"
    """The sides to take punctuation from; what belongs to a word or number stays (don't, 3.14)."""
    spaces: Literal["keep", "collapse"] = "keep"
    """collapse: single spaces between words and none around the text."""
    source_spaces: Literal["keep", "remove"] = "keep"
    """remove: no spaces in the source, for words that are spelled as "h e l l o"."""
    min_length: Count = 0
    """The least on either side, in words, or in characters where a script has no spaces between words."""
    max_length: Count = 0
    """The most on either side, counted the same way; 0: any."""
    max_ratio: Amount = 0.0
    """How many times as long one side may be as the other; 0: any."""
    identical: Literal["keep", "drop"] = "keep"
    """drop: leave out pairs whose target is the source itself, as nobody translated it."""
    duplicates: Literal["keep", "drop"] = "keep"
    """drop: leave out pairs that were there before, source and target alike."""

    def __post_init__(self) -> None:
        if self.max_length and self.max_length < self.min_length:
            raise RecipeError(
                f"max_length must be 0 or at least min_length ({self.min_length}), but is {self.max_length}."
            )
        if 0 < self.max_ratio < 1:
            raise RecipeError(f"max_ratio must be 0 or at least 1, but is {self.max_ratio:g}.")


class Cleaner:
    """Makes rows clean for training, and a source what it was in training.

    References are made clean too where they are learnt from. Answers are scored against the raw ones: no setting here
    can better a score. What ``annotations`` says of the words of a row follows them.
    """

    def __init__(
        self,
        settings: CleaningSettings,
        ledger: Ledger,
        annotations: Annotations = Annotations(),  # noqa: B008
    ) -> None:
        self.settings = settings
        self.ledger = ledger
        self.annotations = annotations
        self._source_steps = _steps(settings, "source")
        self._target_steps = _steps(settings, "target")

    def source(self, text: str) -> str:
        """A source as it would be in training; never dropped, nor counted."""
        return _through(self._source_steps, text)

    def target(self, text: str) -> str:
        return _through(self._target_steps, text)

    def row(self, row: Row) -> Row | BadLine:
        """A row as it would be in training; never dropped, nor counted, but bad where annotations cannot follow."""
        return self._clean(row, set())

    def rows(
        self,
        rows: Iterable[Row],
        *,
        refuse: Callable[[Row], str | None] | None = None,
        dropped: Callable[[Row, str], None] | None = None,
    ) -> Iterator[Row]:
        """The rows made clean, without those that are dropped; the ledger counts both. Duplicates are of one call.

        ``refuse`` may have reasons of its own, and ``dropped`` is told of each row that goes, as it was, and why.
        """
        seen = Seen()
        for row in rows:
            clean = self._counted(row)
            if isinstance(clean, BadLine):
                self.ledger.refuse(clean)
                continue
            reason = (refuse(clean) if refuse else None) or self._reason_to_drop(clean, seen)
            if reason is None:
                yield clean
                continue
            self.ledger.count(f"dropped: {reason}")
            if dropped is not None:
                dropped(row, reason)

    def _counted(self, row: Row) -> Row | BadLine:
        changes: set[str] = set()
        clean = self._clean(row, changes)
        if changes:
            for name, _ in (*self._source_steps, *self._target_steps):
                if name in changes:
                    changes.remove(name)
                    self.ledger.count(f"changed: {name}")
        return clean

    def _clean(self, row: Row, changes: set[str]) -> Row | BadLine:
        source = _through(self._source_steps, row.source, changes)
        targets = tuple([_through(self._target_steps, target, changes) for target in row.targets])
        if self.annotations and row.source.strip():
            return self.annotations.cleaned(row, source, targets, {"source": self.source, "target": self.target})
        return replace(row, source=source, targets=targets) if changes else row

    def _reason_to_drop(self, row: Row, seen: Seen) -> str | None:
        sides = (row.source, *row.targets[:1])
        if reason := self.reason(*sides):
            return reason
        # Last, so that a pair which is dropped for another reason is counted under that alone.
        if self.settings.duplicates == "drop":
            beside = map(str, self.annotations.of(row).values()) if self.annotations else ()
            if not seen.add("\0".join((*sides, *beside))):
                return "duplicate"
        return None

    def reason(self, *sides: str) -> str | None:
        """Why a source and its target are left out, whatever else is there."""
        settings = self.settings
        for name, side in zip(("source", "target"), sides, strict=False):
            if not side or side.isspace():
                return f"empty {name}"
        if settings.min_length or settings.max_length or settings.max_ratio:
            lengths = [length_of(side) for side in sides]
            if min(lengths) < settings.min_length:
                return "too short"
            if settings.max_length and max(lengths) > settings.max_length:
                return "too long"
            if settings.max_ratio and max(lengths) > settings.max_ratio * min(lengths):
                return "lengths too different"
        if settings.identical == "drop" and len(sides) == 2 and sides[0] == sides[1]:
            return "target same as source"
        return None


def _through(steps: tuple[_Step, ...], text: str, changes: set[str] | None = None) -> str:
    for name, step in steps:
        done = step(text)
        if changes is not None and done != text:
            changes.add(name)
        text = done
    return text


def _steps(settings: CleaningSettings, side: Literal["source", "target"]) -> tuple[_Step, ...]:
    """In the order of the settings: each may rely on what those before it have made the same."""
    here = (side, "both")
    steps: list[_Step] = []
    if settings.mojibake:
        steps.append(("mojibake repaired", encoding_repair()))
    if settings.unicode != "none":
        form: Literal["NFC", "NFKC"] = "NFC" if settings.unicode == "nfc" else "NFKC"
        steps.append((f"Unicode form {form}", partial(unicodedata.normalize, form)))
    if settings.control:
        steps.append(("control characters removed", remove_control))
    if settings.width == "half":
        steps.append(("full width made half", half_width))
    if settings.chinese != "keep":
        steps.append((f"Chinese made {settings.chinese}", chinese_written(settings.chinese)))
    if settings.lower in here:
        steps.append(("made lower case", str.lower))
    if settings.stop_words and side == "source":
        steps.append(("stop words removed", stop_words_remover(settings.stop_words)))
    if settings.remove_punctuation in here:
        steps.append(("punctuation removed", remove_punctuation))
    if settings.spaces == "collapse":
        steps.append(("spaces collapsed", collapse_spaces))
    if settings.source_spaces == "remove" and side == "source":
        steps.append(("spaces removed", remove_spaces))
    return tuple(steps)
