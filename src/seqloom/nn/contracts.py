"""The contracts between encoder, decoder, head and objective: memory → steps → log-probabilities → loss."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor, nn

from seqloom.core.specials import Specials
from seqloom.nn.memory import Memory, SourceBatch
from seqloom.nn.state import Rows, State

__all__ = [
    "Batch",
    "Decoder",
    "DecoderOutput",
    "DecoderShape",
    "Features",
    "Head",
    "Loss",
    "Objective",
    "Reads",
    "Run",
    "Scored",
    "WantedAttention",
    "most_attention",
]

Reads = Literal["batch", "memory", "output"]
"""How far a pass over a batch must go: not at all, to the encoder's end, or to the decoder's."""

WantedAttention = Literal["none", "one", "all"]
"""How much attention a decoder shows: none, one matrix (heads and layers averaged as fits), or every head's."""


def most_attention(*wanted: WantedAttention) -> WantedAttention:
    """What satisfies all who want it."""
    return max(wanted, key=get_args(WantedAttention).index, default="none")


@dataclass(frozen=True, kw_only=True)
class Batch(Rows):
    """Pairs to learn from. Targets stand between bos and eos, padded at the right."""

    source: SourceBatch
    target_BT: Tensor
    target_mask_BT: Tensor
    read_BT: Tensor | None = None
    """What the decoder reads in place of the right words; None: it reads these."""
    alignment_BTS: Tensor | None = None
    """For each of ``outputs_BT`` 1 at the source positions that it should look at, else 0. A token without any 1 may
    look where it likes."""
    task: str | None = None
    """Which of a model's tasks these pairs are for; None: its main one."""

    @property
    def inputs_BT(self) -> Tensor:
        """What the decoder reads: all but the last token."""
        return self.target_BT[:, :-1] if self.read_BT is None else self.read_BT

    @property
    def outputs_BT(self) -> Tensor:
        """What it should say: all but bos."""
        return self.target_BT[:, 1:]

    @property
    def keep_BT(self) -> Tensor:
        """True where ``outputs_BT`` is real."""
        return self.target_mask_BT[:, 1:]


@dataclass(frozen=True, kw_only=True)
class Features:
    """A decoder's output at the P positions that count."""

    hidden_PD: Tensor
    row_P: Tensor
    """The source, a row of the memory, that each position belongs to."""
    context_PD: Tensor | None = None
    embedded_PD: Tensor | None = None
    attention_PS: Tensor | None = None

    def __len__(self) -> int:
        return self.hidden_PD.shape[0]

    def at(self, positions: slice) -> Features:
        """A stretch of the positions."""
        return Features(
            hidden_PD=self.hidden_PD[positions],
            row_P=self.row_P[positions],
            context_PD=None if self.context_PD is None else self.context_PD[positions],
            embedded_PD=None if self.embedded_PD is None else self.embedded_PD[positions],
            attention_PS=None if self.attention_PS is None else self.attention_PS[positions],
        )


@dataclass(frozen=True, kw_only=True)
class DecoderOutput:
    """What a decoder says of T tokens, before any head has seen it."""

    hidden_NTD: Tensor
    state: State
    beams: int = 1
    context_NTD: Tensor | None = None
    """What attention fetched from the memory."""
    embedded_NTD: Tensor | None = None
    """The tokens read, embedded."""
    attention_NTS: Tensor | None = None
    all_attention: Tensor | None = None
    """Every layer's and head's, (N, L, H, T, S)."""
    own_attention: Tensor | None = None
    """The same of attention to the decoder's own tokens, (N, L, H, T, T), where there is such and all of them were read
    in this call."""

    def pick(self, keep_NT: Tensor | None = None) -> Features:
        """The same at the positions kept; None keeps all."""
        num_rows, num_steps = self.hidden_NTD.shape[:2]
        row_NT = torch.arange(num_rows, device=self.hidden_NTD.device)[:, None].expand(num_rows, num_steps)

        def picked(x_NT: Tensor) -> Tensor:
            return x_NT.flatten(0, 1) if keep_NT is None else x_NT[keep_NT]

        return Features(
            hidden_PD=picked(self.hidden_NTD),
            row_P=picked(row_NT) // self.beams,
            context_PD=None if self.context_NTD is None else picked(self.context_NTD),
            embedded_PD=None if self.embedded_NTD is None else picked(self.embedded_NTD),
            attention_PS=None if self.attention_NTS is None else picked(self.attention_NTS),
        )


@dataclass(frozen=True, kw_only=True)
class DecoderShape:
    """The sizes of a ``DecoderOutput``, so that a head can be fitted to it."""

    hidden: int
    context: int | None = None
    """None: this decoder attends to nothing, so a head that copies cannot stand on it."""
    embedded: int | None = None


class Decoder(nn.Module):
    """Steps against a memory: T tokens in one call while learning, one a call while answering."""

    joins: bool
    """Whether rows at different positions can share a batch."""
    shape: DecoderShape
    longest: int | None = None
    """How many steps it can take at most; None: any number."""
    order: int | None = None
    """How many of the last tokens a step depends on, its position apart; None: on all of them."""
    recurrent: bool = False
    """Whether a step costs the same wherever it stands, so that reading one's own words one by one costs no more."""
    attends: bool = False
    """Whether its layers look at its own tokens, which ``DecoderOutput.own_attention`` shows."""

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> State:
        raise NotImplementedError

    def forward(self, tokens_NT: Tensor, state: State) -> DecoderOutput:
        raise NotImplementedError

    def __call__(self, tokens_NT: Tensor, state: State) -> DecoderOutput:
        result: DecoderOutput = super().__call__(tokens_NT, state)
        return result


@dataclass(frozen=True, kw_only=True)
class Scored:
    """Log-probabilities of given targets, and of the vocabulary on average (what label smoothing needs)."""

    logp_P: Tensor
    mean_logp_P: Tensor


class Head(nn.Module):
    """From a decoder's output to log-probabilities."""

    attention: WantedAttention = "none"
    """How much attention it needs of the decoder."""

    def forward(self, at: Features, memory: Memory, *, columns_V: Tensor | None = None) -> Tensor:
        """``logp_PV``; with ``columns_V``, a shortlist, normalised over those columns only."""
        raise NotImplementedError

    def score(self, at: Features, memory: Memory, target_P: Tensor) -> Scored:
        """The targets' log-probabilities, made in chunks: never all logits at once."""
        raise NotImplementedError

    def logp_of(self, at: Features, memory: Memory, target_P: Tensor) -> Tensor:
        """``logp_P`` alone, which some heads can make for less than the mean over the vocabulary costs."""
        return self.score(at, memory, target_P).logp_P


@dataclass(frozen=True, kw_only=True)
class Run:
    """One pass over a batch: all that an objective may look at."""

    model: nn.Module
    batch: Batch
    encoded: Memory | None = None
    decoded: DecoderOutput | None = None
    """None where no objective looks at it, so that it was not made."""
    step: int = 0
    """Of the training; the first is 1."""

    @property
    def memory(self) -> Memory:
        assert self.encoded is not None, "an objective that looks at the memory must not say that it reads less"
        return self.encoded

    @property
    def output(self) -> DecoderOutput:
        assert self.decoded is not None, "an objective that looks at the output must not say that it reads less"
        return self.decoded

    @property
    def head(self) -> Head:
        head = self.model.head
        assert isinstance(head, Head)
        return head

    @property
    def vocabulary(self) -> Specials:
        vocabulary = self.model.vocabulary
        assert isinstance(vocabulary, Specials)
        return vocabulary


@dataclass(frozen=True, kw_only=True)
class Loss:
    """A sum and what it is a sum over, so that batches of different sizes add up rightly."""

    total: Tensor
    count: Tensor


class Objective(Protocol):
    """Cross-entropy, CTC, KL, coverage, alignment, risk.

    It may say more of itself in attributes, each with what holds where it says nothing: ``reads`` ("output"), how far
    the usual pass must go for it; ``attention`` ("none"), how much of it the decoder must show; ``terms`` (none), which
    of ``Memory.losses`` it adds up; ``alone`` (False), whether it changes the model while it looks, so that no other
    thread may compute with it. ``seqloom.training.objectives.Wants`` gathers them.
    """

    def count(self, batch: Batch) -> Tensor:
        """What the total is a sum over. It is known before the pass, so that the parts of a step can share it."""
        ...

    def __call__(self, run: Run) -> Loss: ...
