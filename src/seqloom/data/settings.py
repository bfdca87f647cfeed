"""What a recipe says of its data: which files, how they are read and cleaned, and how text becomes numbers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count, Fraction
from seqloom.data.annotations import Annotations, FactorColumn, FurtherSource, check_names
from seqloom.data.cleaning import CleaningSettings
from seqloom.data.encodings import encoding_of
from seqloom.data.epoch import BatchSettings, MixtureSettings
from seqloom.data.ledger import OnBadLine
from seqloom.data.numbered import factor_part
from seqloom.data.numbering import OnLong
from seqloom.data.readers import Columns
from seqloom.data.tasks import TaskDataSettings
from seqloom.data.tokenizers import TokenizerSettings
from seqloom.data.tokenizers.subwords import BpeSettings

__all__ = ["DataSettings"]

_UNKNOWN = 1000


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """The data."""

    train: tuple[str, ...] = ()
    """Files to learn from, in place of which `--train` may name others: TSV, CSV, JSONL, TMX, XLIFF, PO, Parquet,
    CoNLL, SGML or `train.de,train.en`."""
    valid: tuple[str, ...] = ()
    """Files to choose the best model on. None: `held_out` of the training pairs."""
    test: tuple[str, ...] = ()
    """Files to measure the finished model on."""
    held_out: Fraction = 0.05
    """Share of the training pairs that becomes the validation set where no file does, at most 2000 of them."""
    encoding: str = "utf-8"
    """gb18030, big5, utf-16, cp1252 or any other that Python knows; XML, PO and Parquet say it themselves."""
    on_bad_line: OnBadLine = "stop"
    """A line that cannot be read: stop, skip it, or skip it and keep it in a side file."""
    source_columns: tuple[int | str, ...] = ()
    """Columns of a table that are the source, by number from 1 or by name; none: "source", or the first."""
    target_columns: tuple[int | str, ...] = ()
    """Columns that are the target; none: "target", or the second."""
    rows: Literal["pairs", "texts"] = "pairs"
    """pairs: a source and its target; texts: one text, read where a source is, that is both: for autoencoders,
    denoising and language models."""
    source: Literal["given", "none"] = "given"
    """none: there is no source, a language model. Whatever a row says, the model reads one token, always the same."""
    factors: Mapping[str, FactorColumn] = field(default_factory=dict)
    """Features of the source's words, by name."""
    factor_separator: str = ""
    """What stands between a word and its factors where a source is written as `word￨NOUN￨Cap`, with the factors in
    the recipe's order; empty: they have columns."""
    units: Literal["tokens", "words"] = "tokens"
    """What an aligned decoder labels: every token of the source, or the first one of each word."""
    sources: Mapping[str, FurtherSource] = field(default_factory=dict)
    """Further sources, by name."""
    alignment: int | str | None = None
    """A column that says which words of source and target say the same, as `0-0 1-2`. Only training needs it."""
    cleaning: CleaningSettings = field(default_factory=CleaningSettings)
    tokenizer: TokenizerSettings = field(default_factory=BpeSettings)
    """Of both sides."""
    target_tokenizer: TokenizerSettings | None = None
    """Of the target, where it is another."""
    vocabulary_of: str = ""
    """A model folder whose tokenizers are taken as they are, so that the two models can answer together; none: they are
    learnt."""
    joint: bool = True
    """One vocabulary for both sides, learnt from both."""
    special_tokens: tuple[str, ...] = ()
    """Never split, never made of other text."""
    max_source: Count = 256
    """Longest source in tokens; 0: any."""
    max_target: Count = 256
    on_long: OnLong = "drop"
    """A pair that is longer: cut it off, cut it into sentences, or leave it out."""
    tasks: Mapping[str, TaskDataSettings] = field(default_factory=dict)
    """Of further tasks, by their names in `model.tasks`; what is not said there is as it is here."""
    batches: BatchSettings = field(default_factory=BatchSettings)
    mixture: MixtureSettings = field(default_factory=MixtureSettings)

    def __post_init__(self) -> None:
        if self.joint and self.target_tokenizer is not None and self.target_tokenizer != self.tokenizer:
            raise RecipeError(
                "joint must be false with a `target_tokenizer` of its own, but is true: one vocabulary, one tokenizer."
            )

        encoding_of(self.encoding)
        self._check_annotations()

    def _check_annotations(self) -> None:
        annotations = self.annotations
        if self.on_long == "split" and (self.sources or self.alignment is not None):
            key = "sources" if self.sources else "alignment"
            raise RecipeError(f'on_long must not be "split" with `{key}`, which cannot be split. Take "drop".')
        check_names("data.factors", self.factors)
        if self.factor_separator and (made := [name for name, each in self.factors.items() if each.made is not None]):
            raise RecipeError(
                f"factors.{made[0]}.made must not be given with `data.factor_separator`, which finds all factors in "
                "the source. Leave one of them out."
            )
        if self.units == "words" and (self.source == "none" or self.tokenizer.kind == "vectors"):
            raise RecipeError('units must be "tokens" where the source is no text, but is "words".')
        if self.source == "none":
            if annotations or self.factors:
                key = "factors" if self.factors else "sources" if self.sources else "alignment"
                raise RecipeError(f'`{key}` must not be given with source = "none". Leave one of them out.')
            if not self.joint:
                raise RecipeError('joint must be true with source = "none", for there is no source to learn from.')
        if self.rows == "texts":
            if self.target_columns:
                raise RecipeError('target_columns must not be given with rows = "texts", which have no target.')
            if self.cleaning.identical == "drop":
                raise RecipeError('cleaning.identical must be "keep" with rows = "texts", which are both sides.')

    @property
    def annotations(self) -> Annotations:
        """What a row has beyond source and target, but for what is made of these."""
        factors = {name: each for name, each in self.factors.items() if each.made is None}
        return Annotations(
            factors=factors, sources=self.sources, alignment=self.alignment, separator=self.factor_separator
        )

    @property
    def largest_vocabularies(self) -> tuple[int, int]:
        """The most tokens that source and target can have; a thousand where only the data knows."""
        source = self.tokenizer.size or _UNKNOWN
        target = (self.target_tokenizer or self.tokenizer).size or _UNKNOWN
        return source, target

    @property
    def largest_parts(self) -> dict[str, int]:
        """The same of what else a source has, as ``Source.parts`` names it."""
        sides = dict(zip(("source", "target"), self.largest_vocabularies, strict=True))
        parts = {factor_part(name): _UNKNOWN for name in self.factors}
        for name, each in self.sources.items():
            parts[name] = sides[each.like] if each.tokenizer is None else each.tokenizer.size or _UNKNOWN
        return parts

    @property
    def fewest_channels(self) -> tuple[int, int]:
        """1 on a side that is a series of numbers, whose width only the data knows; 0 on one that is text."""
        source, target = self.tokenizer, self.target_tokenizer or self.tokenizer
        return int(source.kind == "vectors"), int(target.kind == "vectors")

    @property
    def columns(self) -> Columns:
        return Columns(source=self.source_columns, target=self.target_columns)
