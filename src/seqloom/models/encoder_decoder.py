"""The assembled model: source → memory → steps → log-probabilities."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Annotated, Any, Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.settings import by_kind
from seqloom.core.specials import Specials
from seqloom.core.wording import one_of, show
from seqloom.decoding.request import Source
from seqloom.models.branches import (
    Branch,
    BranchSettings,
    TargetSettings,
    branch_of,
    check_kind,
    check_needs,
)
from seqloom.models.decoders import DecoderSettings, RecurrentDecoderSettings
from seqloom.models.encoders import EncoderSettings, RecurrentEncoderSettings
from seqloom.models.heads import GeneratorSettings, HeadSettings
from seqloom.models.sources import SeveralSources, SourceSettings, TextSource, TextSourceSettings, VectorSource
from seqloom.nn.contracts import Batch, Decoder, Head, Run, WantedAttention, most_attention
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Encoder, Memory, Part, SourceBatch

__all__ = ["EncoderDecoder", "ModelSettings", "TargetSettings"]

_NO_PARTS: Mapping[str, Specials] = MappingProxyType({})
_NO_BRANCHES: Mapping[str, Branch] = MappingProxyType({})


@dataclass(frozen=True, kw_only=True)
class ModelSettings:
    """The model."""

    source: Annotated[SourceSettings, by_kind] = field(default_factory=TextSourceSettings)
    encoder: Annotated[EncoderSettings, by_kind] = field(default_factory=RecurrentEncoderSettings)
    target: Annotated[TargetSettings, by_kind] = field(default_factory=EmbeddingSettings)
    """The embedding of the target's tokens, or of its frames."""
    decoder: Annotated[DecoderSettings, by_kind] = field(default_factory=RecurrentDecoderSettings)
    head: Annotated[HeadSettings, by_kind] = field(default_factory=GeneratorSettings)
    tie: Literal["none", "output", "all"] = "none"
    """Which embeddings are one matrix: none, target and output, or source, target and output."""
    tasks: Mapping[str, BranchSettings] = field(default_factory=dict)
    """Further tasks on the same encoder, by name."""

    def __post_init__(self) -> None:
        self._check_needs()
        if self.tie == "all" and self.source.kind in ("vectors", "several"):
            has = "no table" if self.source.kind == "vectors" else "a table a part"
            raise RecipeError(
                f'tie must not be "all" with `source.kind` "{self.source.kind}", which has {has}. Take "output".'
            )
        if self.tie == "all" and self.source.width != self.target.width:
            raise RecipeError(
                f'source.width and target.width must be equal with tie = "all", '
                f"but are {self.source.width} and {self.target.width}."
            )

    def _check_needs(self) -> None:
        """Of the model, and of each further task's."""
        check_needs({name: getattr(self, name) for name in ("source", "target", "head", "tie")})
        for name, branch in self.tasks.items():
            # A name is a folder of the model's, and a module's.
            if not re.fullmatch(r"[A-Za-z]\w*", name) or hasattr(nn.ModuleDict(), name):
                raise RecipeError(
                    f"tasks must have names of letters, digits and _ that mean nothing to Python, but has "
                    f"{show(name)}. Rename it."
                )
            parts = {part: getattr(branch, part) for part in ("target", "head", "tie")}
            try:
                check_needs({"source": self.source, **parts})
            except RecipeError as error:
                raise RecipeError(f"task `{name}`: {error}") from None

    def build(
        self,
        *,
        source: Specials,
        target: Specials,
        parts: Mapping[str, Specials] = _NO_PARTS,
        tasks: Mapping[str, Specials] = _NO_PARTS,
    ) -> EncoderDecoder:
        """The model with fresh weights, for these vocabularies.

        ``parts`` are those of the source beyond its text, ``tasks`` those of the further tasks' targets.
        """
        check_kind("source", self.source, source)
        check_kind("target", self.target, target)
        if self.tasks.keys() != tasks.keys():
            raise RecipeError(
                f"`model.tasks` must name the tasks of the data, {show([*tasks])}, but names {show([*self.tasks])}."
            )
        if self.tie == "all" and source != target:
            raise RecipeError(
                f'`model.tie` "all" needs one vocabulary for both sides, but they have {source.size} and {target.size} '
                f'tokens. Make the vocabulary joint, or take "output".'
            )
        reads: Any = self.source
        # Only a source with factors or with several parts asks for more vocabularies than its text's.
        asks = getattr(reads, "factors", None) or getattr(reads, "parts", None)
        text: Any = reads.build(source, parts=parts) if asks else reads.build(source)
        embedding: Any = self.target.build(target)  # which one a head can stand on is settled by what parts need
        if self.tie == "all":
            embedding.table = text.embedding.table
        encoder = self.encoder.build(memory=text.shape)
        main = branch_of(
            embedding, self.decoder, self.head, tie=self.tie != "none", vocabulary=target, memory=encoder.shape
        )
        branches = {}
        for name, each in self.tasks.items():
            try:
                branches[name] = each.build(tasks[name], memory=encoder.shape)
            except RecipeError as error:
                raise RecipeError(f"task `{name}`: {error}") from None
        return EncoderDecoder(text, encoder, main.decoder, main.head, vocabulary=target, branches=branches)


class EncoderDecoder(nn.Module):
    """Any source, encoder, decoder and head; and other tasks' decoders and heads on the same encoder."""

    def __init__(
        self,
        source: TextSource | VectorSource | SeveralSources,
        encoder: Encoder,
        decoder: Decoder,
        head: Head,
        *,
        vocabulary: Specials,
        branches: Mapping[str, Branch] = _NO_BRANCHES,
    ) -> None:
        super().__init__()
        self.source = source
        self.encoder = encoder
        self.decoder = decoder
        self.head = head
        self.vocabulary = vocabulary
        self.branches = nn.ModuleDict(dict(branches))

    def task(self, name: str | None) -> EncoderDecoder:
        """The model of one task, with the same modules; None is the main one. It is learnt and asked like any other."""
        if name is None:
            return self
        if name not in self.branches:
            raise DecodingError(f"`task` must be {one_of(self.branches) or 'left out'}, but is {show(name)}.")
        branch: Any = self.branches[name]
        return EncoderDecoder(self.source, self.encoder, branch.decoder, branch.head, vocabulary=branch.vocabulary)

    def encode(self, source: SourceBatch) -> Memory:
        """The memory of the sources, or of the numbers that each would have been condensed to."""
        latent = source.parts.get("latent")
        return self.encoder(self.source(source)) if latent is None else self.encoder.imagine(self._read(latent))

    def draw_prior(self, count: int, *, seed: int) -> list[Source]:
        """Sources that nobody wrote, to be answered like any: draws from the prior of a latent encoder."""
        dice = torch.Generator().manual_seed(seed)
        z_B1Z = torch.randn(count, 1, self._latent, generator=dice)
        return [Source(parts={"latent": z_1Z}) for z_1Z in z_B1Z.tolist()]

    @property
    def _latent(self) -> int:
        if self.encoder.latent is None:
            raise DecodingError(
                "a source must be given, but `latent` was to stand for it. Only a model with an encoder "
                'of kind "latent" can answer that.'
            )
        return self.encoder.latent

    def _read(self, latent: Part) -> Tensor:
        wanted, found = (1, self._latent), tuple(latent.values.shape[1:])
        if found != wanted:
            raise DecodingError(
                f"`latent` must be one vector of {self._latent} numbers, but has the shape {found}. Give {wanted}."
            )
        return latent.values[:, 0].to(next(self.encoder.parameters()).dtype)

    def forward(
        self, batch: Batch, memory: Memory | None = None, *, attention: WantedAttention = "none", step: int = 0
    ) -> Run:
        """One call of the decoder with all target tokens (teacher forcing); ``memory`` if the source was encoded.

        The decoder shows as much ``attention`` as is asked for here, and at least what the head needs.
        """
        memory = self.encode(batch.source) if memory is None else memory
        state = self.decoder.start(memory, attention=most_attention(attention, self.head.attention))
        output = self.decoder(batch.inputs_BT, state)
        return Run(model=self, batch=batch, encoded=memory, decoded=output, step=step)

    def logp_P(self, batch: Batch) -> Tensor:
        """The log-probability of each real target token, row after row."""
        run = self(batch)
        return run.head.logp_of(run.output.pick(batch.keep_BT), run.memory, batch.outputs_BT[batch.keep_BT])
