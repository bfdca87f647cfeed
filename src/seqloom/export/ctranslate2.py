"""A trained Transformer as the files of a CTranslate2 model, weight by weight."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import numpy as np
import torch
from torch import Tensor, nn

from seqloom.core.errors import MissingExtraError, RecipeError
from seqloom.core.wording import one_of, show
from seqloom.engines.ctranslate2_files import CTranslate2Files
from seqloom.models.decoders import TransformerDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.models.text_source import TextSourceSettings
from seqloom.nn.positions import LearnedPositionsSettings, SinusoidalPositionsSettings

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["Quantization", "why_not", "write_ctranslate2"]

Quantization = Literal[
    "int8", "int8_float32", "int8_float16", "int8_bfloat16", "int16", "float16", "bfloat16", "float32"
]
"""How weights are stored: matrices in the first type, all else in the second."""

_Layers = TransformerEncoderSettings | TransformerDecoderSettings
_INSTEAD = "Export to ONNX instead."
_SHORTLIST = "vmap.txt"
_POSITIONS = ("sinusoidal", "learned", "rotary", "relative", "none")
_NEVER = -30_000.0
"""A logit that has no probability in any precision, and is a number in all of them."""


def why_not(settings: ModelSettings) -> str | None:
    """What of a model CTranslate2 cannot compute exactly, as one line; None: it can compute all of it.

    ``settings`` are a recipe's `model`; of a further task, those of `Recipe.task`.
    """
    return _wrong_kind(settings) or _wrong_part(settings)


def _wrong_kind(settings: ModelSettings) -> str | None:
    possible = {
        "source": "text",
        "encoder": "transformer",
        "target": "tokens",
        "decoder": "transformer",
        "head": "generator",
    }
    for name, kind in possible.items():
        if (found := _kind(getattr(settings, name))) != kind:
            return _refusal(f"model.{name}.kind", (kind,), found)
    return None


def _wrong_part(settings: ModelSettings) -> str | None:
    source, encoder, decoder = _parts(settings)
    if source.factors:
        return (
            f"`model.source.factors` must be left out for CTranslate2, but has {', '.join(source.factors)}. {_INSTEAD}"
        )
    if encoder.window is not None:
        return f"`model.encoder.window` must be left out for CTranslate2, but is {encoder.window}. {_INSTEAD}"
    for name, part, known in (("encoder", encoder, _POSITIONS), ("decoder", decoder, (*_POSITIONS, "alibi"))):
        if _kind(part.positions) not in known:
            return _refusal(f"model.{name}.positions.kind", known, _kind(part.positions))
    if _kind(decoder.self_attention) != "attention":
        return _refusal("model.decoder.self_attention.kind", ("attention",), _kind(decoder.self_attention))
    if encoder.norm != decoder.norm:  # it knows one epsilon for all of them
        return _refusal("model.decoder.norm", (encoder.norm,), decoder.norm, why=", as `model.encoder.norm` is,")
    return None


def _kind(part: Any) -> str:
    """The kind of one of ours; a class of the user's own may build anything, whatever it calls its kind."""
    module, name = type(part).__module__, type(part).__qualname__
    return str(part.kind) if module.startswith("seqloom.") else f"{module}:{name}"


def _refusal(key: str, possible: Sequence[str], found: str, *, why: str = "") -> str:
    return f"`{key}` must be {one_of(possible)}{why} for CTranslate2, but is {show(found)}. {_INSTEAD}"


def _parts(
    settings: ModelSettings,
) -> tuple[TextSourceSettings, TransformerEncoderSettings, TransformerDecoderSettings]:
    source: Any = settings.source
    encoder: Any = settings.encoder
    decoder: Any = settings.decoder
    return source, encoder, decoder


def write_ctranslate2(
    network: EncoderDecoder,
    folder: Path,
    *,
    settings: ModelSettings,
    source_tokens: Sequence[str],
    target_tokens: Sequence[str],
    quantize: Quantization | None = None,
    shortlist: Mapping[str, Sequence[str]] | None = None,
    longest: int = 1024,
) -> None:
    """Write the model's files into the folder, which ``CTranslate2Engine`` and CTranslate2 itself can read.

    ``settings`` are those that built the network. The tokens are those of its ids, in their order; of equal ones the
    later get a mark, for CTranslate2 knows ids by nothing else. ``quantize``: None stores the weights as they are.
    ``shortlist``: for a source token, the target tokens that an answer may have because of it; those of "" go with
    every source. ``longest``: as many sinusoidal positions are written, for CTranslate2's own are others.
    """
    if line := why_not(settings):
        raise RecipeError(line)
    try:
        import ctranslate2
    except ImportError:
        raise MissingExtraError("the export to CTranslate2", extra="ctranslate2") from None

    model = _Writer(ctranslate2.specs, settings, longest=longest)
    with torch.no_grad():
        spec = model.spec(network)
    source, target = network.source.vocabulary, network.vocabulary
    source_words, target_words = distinct(source_tokens), distinct(target_tokens)
    spec.register_source_vocabulary(source_words)
    spec.register_target_vocabulary(target_words)
    spec.config.unk_token = target_words[target.unk]
    spec.config.bos_token = target_words[target.bos]
    spec.config.eos_token = target_words[target.eos]
    spec.config.decoder_start_token = target_words[target.bos]
    spec.validate()
    spec.optimize(quantization=quantize)
    folder.mkdir(parents=True, exist_ok=True)
    for name in ("shared_vocabulary.json", "source_vocabulary.json", "target_vocabulary.json", _SHORTLIST):
        (folder / name).unlink(missing_ok=True)  # another export's, which would be read with this one
    spec.save(str(folder))
    if shortlist is not None:
        (folder / _SHORTLIST).write_text(_vocabulary_map(shortlist), encoding="utf-8", newline="\n")
    CTranslate2Files(
        source=source,
        target=target,
        longest_source=model.positions_there(model.encoder),
        longest_target=model.positions_there(model.decoder),
        decoder_longest=network.decoder.longest,
    ).write(folder)


def distinct(tokens: Sequence[str]) -> list[str]:
    """The same, with a mark on each that has been there before: a text may have the name of a control for a word."""
    marked: dict[str, None] = {}
    taken = set(tokens)
    for token in tokens:
        number, name = 2, token
        while name in marked or (name != token and name in taken):
            number, name = number + 1, f"{token}#{number}"
        marked[name] = None
    return list(marked)


def _vocabulary_map(shortlist: Mapping[str, Sequence[str]]) -> str:
    for words in (shortlist, *shortlist.values()):
        for word in words:
            if any(char.isspace() for char in word):
                raise RecipeError(f"a shortlist must have tokens without spaces, but has {word!r}. Leave it out.")
    return "".join(f"{source}\t{' '.join(targets)}\n" for source, targets in shortlist.items())


class _Writer:
    """Fills CTranslate2's specification of a Transformer from a network that these settings built."""

    def __init__(self, specs: Any, settings: ModelSettings, *, longest: int) -> None:
        self.specs = specs
        _, self.encoder, self.decoder = _parts(settings)
        self.longest = longest

    def spec(self, network: Any) -> Any:
        encoder, decoder = self.encoder, self.decoder
        encoding = self.specs.TransformerEncoderSpec(encoder.layers, encoder.heads, **self._options(encoder))
        decoding = self.specs.TransformerDecoderSpec(
            decoder.layers,
            decoder.heads,
            project_in_out=True,
            alibi=decoder.positions.kind == "alibi",
            **self._options(decoder),
        )
        self._source(encoding, network.source.embedding, network.encoder.into)
        self._target(decoding, network.decoder)
        self._output(decoding, network.head)
        for part, module, settings in ((encoding, network.encoder, encoder), (decoding, network.decoder, decoder)):
            self._positions(part, module.positions, settings)
            if settings.order == "pre":
                self._norm(part.layer_norm, module.norm)
            for layer, into in zip(module.layers, part.layer, strict=True):
                self._layer(into, layer)
        spec = self.specs.TransformerSpec(encoding, decoding)
        if encoder.norm == "rms":
            spec.config.layer_norm_epsilon = torch.finfo(torch.float32).eps  # what torch takes where none is given
        return spec

    def _options(self, settings: _Layers) -> dict[str, Any]:
        activations = self.specs.Activation
        positions = settings.positions.kind
        rotary = {"rotary_dim": 0, "rotary_interleave": False, "rotary_base": getattr(settings.positions, "base", 0)}
        return {
            "pre_norm": settings.order == "pre",
            "activation": {"relu": activations.RELU, "gelu": activations.GELU, "swiglu": activations.SWISH}[
                settings.activation
            ],
            "ffn_glu": settings.activation == "swiglu",
            "rms_norm": settings.norm == "rms",
            "num_heads_kv": settings.kv_heads if settings.kv_heads != settings.heads else None,
            # Where a specification has none of the other kinds, CTranslate2 adds sinusoids of its own: no positions
            # are biases of zero.
            "relative_attention_bias": positions in ("relative", "none"),
            **(rotary if positions == "rotary" else {}),
        }

    def positions_there(self, settings: _Layers) -> int | None:
        """How many the files have, where they have them one by one."""
        if isinstance(settings.positions, LearnedPositionsSettings):
            return settings.positions.longest
        return self.longest if isinstance(settings.positions, SinusoidalPositionsSettings) else None

    # ---- what is read, and what is said ------------------------------------------------------------------------------

    def _source(self, encoding: Any, embedding: Any, into: nn.Module) -> None:
        """An encoder has no projection of what it reads: it is applied to each token's vector once and for all."""
        table_VD = embedding.table.weight * embedding.factor
        same = isinstance(into, nn.Identity)
        encoding.scale_embeddings = embedding.factor if same else 1.0
        encoding.embeddings[0].weight = _copy(embedding.table.weight if same else into(table_VD))

    def _target(self, decoding: Any, decoder: Any) -> None:
        decoding.scale_embeddings = decoder.embedding.factor
        decoding.embeddings.weight = _copy(decoder.embedding.table.weight)
        if isinstance(decoder.into, nn.Identity):
            del decoding.project_in
        else:
            self._linear(decoding.project_in, decoder.into)

    def _output(self, decoding: Any, head: Any) -> None:
        bias_V = torch.zeros(len(head.weight)) if head.bias is None else head.bias.detach().cpu().float().clone()
        bias_V[head.pad] = _NEVER
        decoding.projection.weight = _copy(head.weight)
        decoding.projection.bias = _copy(bias_V)
        if isinstance(head.bridge, nn.Identity):
            del decoding.project_out
        else:
            self._linear(decoding.project_out, head.bridge)

    def _positions(self, part: Any, positions: Any, settings: _Layers) -> None:
        """Added ones as a table, whatever made them; biases in every layer, though one table serves them all."""
        number = self.positions_there(settings)
        if number is not None:
            nothing_1ND = torch.zeros(1, number, settings.width)
            table_ND = positions.cpu().add(nothing_1ND, torch.arange(number)[None])[0]
            part.position_encodings.encodings = _copy(table_ND)
        for layer in part.layer:
            if settings.positions.kind == "relative":
                layer.self_attention.relative_attention_bias = _copy(positions.table.weight)
                layer.self_attention.relative_attention_max_distance = np.int32(positions.distance)
            if settings.positions.kind == "none":
                layer.self_attention.relative_attention_bias = np.zeros((4, settings.heads), np.float32)
                layer.self_attention.relative_attention_max_distance = np.int32(8)

    # ---- the layers --------------------------------------------------------------------------------------------------

    def _layer(self, into: Any, layer: Any) -> None:
        attention = layer.self_attention
        self._norm(into.self_attention.layer_norm, layer.self_residual.norm)
        self._linear(into.self_attention.linear[0], attention.query, attention.key, attention.value)
        self._linear(into.self_attention.linear[1], attention.out)
        if hasattr(into, "attention"):
            attention = layer.cross_attention
            self._norm(into.attention.layer_norm, layer.cross_residual.norm)
            self._linear(into.attention.linear[0], attention.query)
            self._linear(into.attention.linear[1], attention.key, attention.value)
            self._linear(into.attention.linear[2], attention.out)
        self._norm(into.ffn.layer_norm, layer.feed_residual.norm)
        inner, outer = layer.feed_forward.inner, layer.feed_forward.outer
        if hasattr(into.ffn, "linear_0_noact"):
            for half, (weight_FD, bias_F) in zip(
                (into.ffn.linear_0, into.ffn.linear_0_noact),
                zip(inner.weight.chunk(2), inner.bias.chunk(2), strict=True),
                strict=True,
            ):
                half.weight, half.bias = _copy(weight_FD), _copy(bias_F)
        else:
            self._linear(into.ffn.linear_0, inner)
        self._linear(into.ffn.linear_1, outer)

    def _linear(self, into: Any, *layers: Any) -> None:
        """One or several, of which CTranslate2 makes one product."""
        into.weight = _copy(torch.cat([layer.weight for layer in layers]))
        if layers[0].bias is not None:
            into.bias = _copy(torch.cat([layer.bias for layer in layers]))

    def _norm(self, into: Any, norm: Any) -> None:
        into.gamma = _copy(norm.weight)
        if hasattr(into, "beta"):
            into.beta = _copy(norm.bias)


def _copy(weight: Tensor) -> NDArray[Any]:
    """A copy: to quantise, CTranslate2 scales what it is given in place."""
    return weight.detach().cpu().float().contiguous().numpy().copy()
