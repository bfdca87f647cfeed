"""The mixture head: several softmaxes over one vocabulary, for what one of them cannot say."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.core.settings import Positive, Rate
from seqloom.models.heads.generator import Generator, GeneratorSettings, in_chunks, over_columns
from seqloom.nn import initial
from seqloom.nn.contracts import DecoderShape, Features, Head, Scored
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory

__all__ = ["MixtureHead", "MixtureHeadSettings"]


@dataclass(frozen=True, kw_only=True)
class MixtureHeadSettings:
    """The mixture head."""

    kind: Literal["mixture"] = "mixture"
    needs: ClassVar[Mapping[str, str]] = {"target": "tokens"}
    components: Positive = 4
    """How many softmaxes; a step costs as many times the generator's."""
    bias: bool = True
    dropout: Rate = 0.0
    """On what it reads."""

    def build(self, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool) -> MixtureHead:
        return MixtureHead(self, decoder=decoder, embedding=embedding, tie=tie)


class MixtureHead(Head):
    """Yang et al. 2018, section 3.4: p(y) = Σ_k π_k softmax(W_y h_k + b_y), π = softmax(V s), h_k = tanh(U_k s).

    The log-probabilities of one softmax, over all contexts, are a matrix of a rank that the hidden width bounds; those
    of a mixture can have any. All softmaxes share W_y, which may be the target embedding.
    """

    def __init__(
        self, settings: MixtureHeadSettings, *, decoder: DecoderShape, embedding: TokenEmbedding, tie: bool
    ) -> None:
        super().__init__()
        width = embedding.width if tie else decoder.hidden
        self.components = settings.components
        self.dropout = nn.Dropout(settings.dropout)
        self.prior = nn.Linear(decoder.hidden, settings.components, bias=False)
        self.hidden = nn.Linear(decoder.hidden, settings.components * width)
        self.generator = Generator(
            GeneratorSettings(bias=settings.bias), decoder=DecoderShape(hidden=width), embedding=embedding, tie=tie
        )
        initial.xavier(self.prior)
        initial.xavier(self.hidden)

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        read_PD = self.dropout(at.hidden_PD)
        hidden_XD = torch.tanh(self.hidden(read_PD)).view(len(at) * self.components, -1)  # X: position by position
        row_X = at.row_P.repeat_interleave(self.components)
        logp_XV = self.generator(Features(hidden_PD=hidden_XD, row_P=row_X), memory)
        logp_PK1 = self.prior(read_PD).to(logp_XV.dtype).log_softmax(-1)[..., None]
        # Padding has none in any part; the gradient of log(0 + 0) is not a number, so its column is put in at the end.
        pad = torch.tensor(self.generator.pad, device=logp_XV.device)
        logp_PKV = logp_XV.index_fill(-1, pad, 0.0).unflatten(0, (len(at), self.components))
        logp_PV = torch.logsumexp(logp_PKV + logp_PK1, 1).index_fill(-1, pad, float("-inf"))
        return logp_PV if columns_V is None else over_columns(logp_PV, columns_V)

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        return in_chunks(self, at, memory, target_P, columns=self.components * len(self.generator.weight))
