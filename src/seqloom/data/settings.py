"""What a recipe says of its data: which files, how they are read and cleaned, and how text becomes numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count, Fraction, by_kind
from seqloom.data.buckets import BatchSettings
from seqloom.data.cleaning import CleaningSettings
from seqloom.data.ledger import OnBadLine
from seqloom.data.mixture import MixtureSettings
from seqloom.data.numbering import OnLong
from seqloom.data.readers import Columns
from seqloom.data.tokenizers import BpeSettings, TokenizerSettings

__all__ = ["DataSettings", "Encoding"]

_UNKNOWN = 1000

Encoding = Literal["utf-8", "gb18030", "big5", "utf-16"]


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """The data."""

    train: tuple[str, ...] = ()
    """Files to learn from, in place of which `--train` may name others: TSV, CSV, JSONL or `train.de,train.en`."""
    valid: tuple[str, ...] = ()
    """Files to choose the best model on. None: `held_out` of the training pairs."""
    test: tuple[str, ...] = ()
    """Files to measure the finished model on."""
    held_out: Fraction = 0.05
    """Share of the training pairs that becomes the validation set where no file does, at most 2000 of them."""
    encoding: Encoding = "utf-8"
    on_bad_line: OnBadLine = "stop"
    """A line that cannot be read: stop, skip it, or skip it and keep it in a side file."""
    source_columns: tuple[int | str, ...] = ()
    """Columns of a table that are the source, by number from 1 or by name; none: "source", or the first."""
    target_columns: tuple[int | str, ...] = ()
    """Columns that are the target; none: "target", or the second."""
    cleaning: CleaningSettings = field(default_factory=CleaningSettings)
    tokenizer: Annotated[TokenizerSettings, by_kind] = field(default_factory=BpeSettings)
    """Of both sides."""
    target_tokenizer: Annotated[TokenizerSettings, by_kind] | None = None
    """Of the target, where it is another."""
    joint: bool = True
    """One vocabulary for both sides, learnt from both."""
    special_tokens: tuple[str, ...] = ()
    """Never split, never made of other text."""
    max_source: Count = 256
    """Longest source in tokens; 0: any."""
    max_target: Count = 256
    on_long: OnLong = "drop"
    """A pair that is longer: cut it off, cut it into sentences, or leave it out."""
    batches: BatchSettings = field(default_factory=BatchSettings)
    mixture: MixtureSettings = field(default_factory=MixtureSettings)

    def __post_init__(self) -> None:
        if self.joint and self.target_tokenizer is not None and self.target_tokenizer != self.tokenizer:
            raise RecipeError(
                "joint must be false with a `target_tokenizer` of its own, but is true: one vocabulary, one tokenizer."
            )

    @property
    def largest_vocabularies(self) -> tuple[int, int]:
        """The most tokens that source and target can have; a thousand where only the data knows."""
        source = self.tokenizer.size or _UNKNOWN
        target = (self.target_tokenizer or self.tokenizer).size or _UNKNOWN
        return source, target

    @property
    def columns(self) -> Columns:
        return Columns(source=self.source_columns, target=self.target_columns)
