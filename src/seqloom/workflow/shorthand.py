"""What may be said in short in Python: a name for settings, a module for a part."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias, cast

from torch import nn

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.shapes import is_settings
from seqloom.core.wording import must_be, one_of
from seqloom.data.numbering import Numbering
from seqloom.data.tokenizers import KINDS, TextTokenizer, TokenizerSettings
from seqloom.data.tokenizers.public import Tokenizer
from seqloom.data.tokenizers.words import WordSettings
from seqloom.models.decoders import (
    ConvDecoderSettings,
    DecoderSettings,
    RecurrentDecoderSettings,
    TransformerDecoderSettings,
)
from seqloom.models.encoder_decoder import ModelSettings
from seqloom.models.encoders import (
    ConvEncoderSettings,
    EncoderSettings,
    RecurrentEncoderSettings,
    TransformerEncoderSettings,
)
from seqloom.models.plain import GivenDecoder, GivenEncoder, width_read
from seqloom.nn.contracts import Objective
from seqloom.nn.recurrent import CellName
from seqloom.training.objectives import CrossEntropySettings, ObjectiveSettings
from seqloom.workflow.sequences import Sequences, fitting_tokenizer

__all__ = [
    "DecoderPart",
    "EncoderPart",
    "TokenizerPart",
    "check_symbols",
    "decoder_of",
    "embedding_width",
    "encoder_of",
    "objectives_of",
    "stands_alone",
    "takes_symbols",
    "tokenizer_of",
]

EncoderPart: TypeAlias = EncoderSettings | str | nn.Module | Callable[[int], nn.Module]
DecoderPart: TypeAlias = DecoderSettings | str | nn.Module | Callable[[int, int], nn.Module]
TokenizerPart: TypeAlias = TokenizerSettings | Tokenizer | str | None

_CELLS: dict[str, CellName] = {"gru": "gru", "lstm": "lstm", "rnn": "tanh"}
_NAMES = (*_CELLS, "conv", "transformer")
_WIDTH = 256


def encoder_of(part: EncoderPart, *, width: int | None) -> EncoderSettings:
    """The settings; those of a name; or what stands in their place for a module."""
    if isinstance(part, str):
        wide = width or _WIDTH
        match _known(part, "encoder"):
            case "conv":
                return ConvEncoderSettings(width=wide)
            case "transformer":
                return TransformerEncoderSettings(width=wide, feed_forward=4 * wide)
            case name:
                return RecurrentEncoderSettings(cell=_CELLS[name], width=wide)
    if _is_made(part, "encoder"):
        return cast(EncoderSettings, part)
    # No recipe can describe it, but it builds an encoder as settings do.
    return cast(EncoderSettings, GivenEncoder(part=cast("nn.Module | Callable[[int], nn.Module]", part)))


def decoder_of(part: DecoderPart, *, width: int | None) -> DecoderSettings:
    if isinstance(part, str):
        wide = width or _WIDTH
        match _known(part, "decoder"):
            case "conv":
                return ConvDecoderSettings(width=wide)
            case "transformer":
                return TransformerDecoderSettings(width=wide, feed_forward=4 * wide)
            case name:
                return RecurrentDecoderSettings(cell=_CELLS[name], width=wide)
    if _is_made(part, "decoder"):
        return cast(DecoderSettings, part)
    return cast(DecoderSettings, GivenDecoder(part=cast("nn.Module | Callable[[int, int], nn.Module]", part)))


def embedding_width(part: object, *, width: int | None, other: object) -> int:
    """As wide as was asked for; else as a module reads, or settings say of themselves, of this side or the other."""
    return width or _own_width(part) or _own_width(other) or _WIDTH


def _own_width(part: object) -> int | None:
    found = width_read(part) or getattr(part, "width", None)
    return found if isinstance(found, int) else None


def stands_alone(model: ModelSettings) -> str | None:
    """The part that keeps a model from being described by a recipe; None where none does."""
    for name, part in (("encoder", model.encoder), ("decoder", model.decoder), ("head", model.head)):
        cls = type(part)
        if not is_settings(cls) or cls in (GivenEncoder, GivenDecoder):
            return name
        if cls.__module__ == "__main__" or "<locals>" in cls.__qualname__:
            return name
    return None


def tokenizer_of(part: TokenizerPart, sequences: Sequences, *, name: str) -> TextTokenizer:
    """One that is fitted already as it is; another one fitted on the sequences."""
    if isinstance(part, Tokenizer):
        try:
            made = part.made
        except RecipeError:  # not fitted
            made = part.fit(sequences.texts).made
    elif part is None:
        made = fitting_tokenizer(sequences).fit(sequences.texts)
    elif isinstance(part, str):
        if part not in KINDS:
            raise RecipeError(must_be(name, one_of(KINDS), part, names=KINDS))
        whole = part == "word" and sequences.symbols
        made = (WordSettings(split="space") if whole else KINDS[part]()).fit(sequences.texts)
    elif is_settings(type(part)) and hasattr(part, "fit"):
        made = part.fit(sequences.texts)
    else:
        raise RecipeError(
            f"`{name}` must be a name, a tokenizer or its settings, but is {type(part).__name__}. "
            f"Take one of {', '.join(KINDS)}."
        )
    if sequences.symbols and not takes_symbols(made):
        raise RecipeError(
            f'`{name}` must leave symbols whole, but cuts them. Leave it out, or take `WordSettings(split="space")`.'
        )
    return made


def takes_symbols(tokenizer: TextTokenizer) -> bool:
    """Whether a row of symbols, written with spaces between them, is one token a symbol to it."""
    made = tokenizer.settings
    return isinstance(made, WordSettings) and made.split == "space"


def _known(name: str, role: str) -> str:
    if name not in _NAMES:
        raise RecipeError(must_be(role, one_of(_NAMES), name, names=_NAMES))
    return name


def _is_made(part: object, role: str) -> bool:
    """Whether it is settings; RecipeError where it is neither those nor what makes a module."""
    if isinstance(part, nn.Module):
        return False
    if isinstance(part, type) and is_settings(part):
        raise RecipeError(f"`{role}` must be settings, but is their class. Call it: `{part.__name__}()`.")
    if is_settings(type(part)) and hasattr(part, "build"):
        return True
    if not callable(part):
        raise RecipeError(
            f"`{role}` must be a name, settings, a module or what makes one, but is {type(part).__name__}. "
            f"Take {one_of(_NAMES)}."
        )
    return False


def check_symbols(numbering: Numbering, source: Sequences, target: Sequences | None = None) -> None:
    """Rows of symbols belong to a vocabulary that was learnt from such."""
    sides = [("sources", source, numbering.sources)]
    sides += [] if target is None else [("targets", target, numbering.targets)]
    for name, given, tokenizer in sides:
        if given.symbols and not takes_symbols(tokenizer):
            raise DataError(f"`{name}` must be texts, as those were that it learnt from, but are rows of symbols.")


def objectives_of(
    loss: object, *, smoothing: float
) -> tuple[tuple[ObjectiveSettings, ...], tuple[Objective, ...] | None]:
    """Settings of objectives; and objectives, where they are given and take the settings' place."""
    if isinstance(loss, str):
        if loss != "cross_entropy":
            raise RecipeError(must_be("loss", '"cross_entropy" or objectives', loss, names=["cross_entropy"]))
        return (CrossEntropySettings(),), None
    several = tuple(loss) if isinstance(loss, Sequence) else (loss,)
    if several and all(is_settings(type(each)) and hasattr(each, "build") for each in several):
        return several, None
    if smoothing:
        raise RecipeError("`smoothing` must be 0 with a `loss` of your own, which smooths by itself.")
    for each in several:
        if not (callable(each) and hasattr(each, "count")):
            raise RecipeError(f'`loss` must be "cross_entropy" or objectives, but has {type(each).__name__}.')
    return (CrossEntropySettings(),), several
