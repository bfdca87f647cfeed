"""The assembled model: source → memory → steps → log-probabilities."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Annotated, Literal

from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import by_kind
from seqloom.core.specials import Specials
from seqloom.models.decoders import DecoderSettings, RecurrentDecoderSettings
from seqloom.models.encoders import EncoderSettings, RecurrentEncoderSettings
from seqloom.models.heads import GeneratorSettings, HeadSettings
from seqloom.models.sources import SourceSettings, TextSource, TextSourceSettings
from seqloom.nn.contracts import Batch, Decoder, Head, Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Encoder, Memory, SourceBatch

__all__ = ["EncoderDecoder", "ModelSettings"]


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The model."""

    source: Annotated[SourceSettings, by_kind] = field(default_factory=TextSourceSettings)
    encoder: Annotated[EncoderSettings, by_kind] = field(default_factory=RecurrentEncoderSettings)
    target: EmbeddingSettings = field(default_factory=EmbeddingSettings)
    """The embedding of the target's tokens."""
    decoder: Annotated[DecoderSettings, by_kind] = field(default_factory=RecurrentDecoderSettings)
    head: Annotated[HeadSettings, by_kind] = field(default_factory=GeneratorSettings)
    tie: Literal["none", "output", "all"] = "none"
    """Which embeddings are one matrix: none, target and output, or source, target and output."""

    def __post_init__(self) -> None:
        if self.tie == "all" and self.source.width != self.target.width:
            raise RecipeError(
                f'source.width and target.width must be equal with tie = "all", '
                f"but are {self.source.width} and {self.target.width}."
            )

    def build(self, *, source: Specials, target: Specials) -> EncoderDecoder:
        """The model with fresh weights, for these vocabularies."""
        if self.tie == "all" and source != target:
            raise RecipeError(
                f'`model.tie` "all" needs one vocabulary for both sides, but they have {source.size} and {target.size} '
                f'tokens. Make the vocabulary joint, or take "output".'
            )
        text = self.source.build(source)
        embedding = self.target.build(target)
        if self.tie == "all":
            embedding.table = text.embedding.table
        encoder = self.encoder.build(memory=text.shape)
        decoder = self.decoder.build(memory=encoder.shape, embedding=embedding)
        head = self.head.build(decoder=decoder.shape, embedding=embedding, tie=self.tie != "none")
        return EncoderDecoder(text, encoder, decoder, head, vocabulary=target)


class EncoderDecoder(nn.Module):
    """Any source, encoder, decoder and head."""

    def __init__(
        self, source: TextSource, encoder: Encoder, decoder: Decoder, head: Head, *, vocabulary: Specials
    ) -> None:
        super().__init__()
        self.source = source
        self.encoder = encoder
        self.decoder = decoder
        self.head = head
        self.vocabulary = vocabulary

    def encode(self, source: SourceBatch) -> Memory:
        return self.encoder(self.source(source))

    def forward(self, batch: Batch, memory: Memory | None = None) -> Run:
        """One call of the decoder with all target tokens (teacher forcing); ``memory`` if the source was encoded."""
        memory = self.encode(batch.source) if memory is None else memory
        state = self.decoder.start(memory, attention=self.head.attention)
        return Run(model=self, batch=batch, memory=memory, output=self.decoder(batch.inputs_BT, state))

    def logp_P(self, batch: Batch) -> Tensor:
        """The log-probability of each real target token, row after row."""
        run = self(batch)
        return run.head.score(run.output.pick(batch.keep_BT), run.memory, batch.outputs_BT[batch.keep_BT]).logp_P
