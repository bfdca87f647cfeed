"""Plain modules that take steps against a memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.models.bridge import Bridge
from seqloom.models.plain.trial import attempt, close, example, mask_parameter, trial, width_read
from seqloom.nn.contracts import Decoder, DecoderOutput, DecoderShape, WantedAttention
from seqloom.nn.embedding import Embedding
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.positions import SinusoidalPositionsSettings
from seqloom.nn.recurrent import CellKind, CellName
from seqloom.nn.state import BeamRows

__all__ = ["PrefixDecoder", "TorchRecurrentDecoder", "plain_decoder"]

_MASKS = {
    "memory_mask": True,
    "memory_mask_NS": True,
    "mask": True,
    "mask_NS": True,
    "memory_key_padding_mask": False,
}
"""Names under which a decoder may ask for the memory's mask, and whether True is a real position there."""

_CELLS: dict[str, CellName] = {"LSTM": "lstm", "GRU": "gru", "RNN_TANH": "tanh", "RNN_RELU": "tanh"}
"""The cell of ours that has a state like torch's."""


def plain_decoder(
    part: nn.Module | Callable[[int, int], nn.Module], *, memory: MemoryShape, embedding: Embedding
) -> Decoder:
    """The module, or what the function makes for these widths, as a decoder."""
    module = part if isinstance(part, nn.Module) else part(embedding.width, memory.width)
    if isinstance(module, Decoder):
        return module
    if not isinstance(module, nn.Module):
        raise RecipeError(
            f"`decoder` must be a module or make one, but made {type(module).__name__}. Return an `nn.Module`."
        )
    reads = width_read(module)
    if reads not in (None, embedding.width):
        raise RecipeError(
            f"`decoder` must read vectors of width {embedding.width}, but {type(module).__name__} reads {reads}. "
            f"Set `width={reads}`, or change the module."
        )
    if isinstance(module, nn.RNNBase):
        return TorchRecurrentDecoder(module, memory=memory, embedding=embedding)
    if isinstance(module, nn.TransformerDecoder):
        module = _TransformerCall(module, memory=memory)
    return PrefixDecoder(module, memory=memory, embedding=embedding)


# ---- torch's recurrent modules ---------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class CellsState(BeamRows):
    """Where the recurrence stands."""

    cells_NLD: tuple[Tensor, ...]


class TorchRecurrentDecoder(Decoder):
    """``nn.LSTM``, ``nn.GRU`` or ``nn.RNN`` over the embedded tokens; the source is in its first state (Sutskever et
    al. 2014).
    """

    joins = True
    recurrent = True

    def __init__(self, module: nn.RNNBase, *, memory: MemoryShape, embedding: Embedding) -> None:
        super().__init__()
        if module.bidirectional or module.proj_size:
            asked = "bidirectional" if module.bidirectional else "proj_size"
            raise RecipeError(
                f"`decoder` must read from the left and leave its whole state, but has `{asked}`. Leave that out."
            )
        self.embedding = embedding
        self.module = module
        kind = CellKind(name=_CELLS[module.mode], width=module.hidden_size)
        self.bridge = Bridge(memory, kind, layers=module.num_layers, how="bridge")
        self.shape = DecoderShape(hidden=module.hidden_size, embedded=embedding.width)

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> CellsState:
        return CellsState(
            beams=beams, cells_NLD=tuple(part.repeat_interleave(beams, 0) for part in self.bridge(memory))
        )

    def forward(self, tokens_NT: Tensor, state: CellsState) -> DecoderOutput:  # type: ignore[override]
        embedded_NTE = self.embedding(tokens_NT)
        cells = tuple(part.transpose(0, 1).contiguous() for part in state.cells_NLD)
        first = self.module.batch_first
        h, last = self.module(
            embedded_NTE if first else embedded_NTE.transpose(0, 1), cells if len(cells) > 1 else cells[0]
        )
        parts = last if isinstance(last, tuple) else (last,)
        return DecoderOutput(
            hidden_NTD=h if first else h.transpose(0, 1),
            state=replace(state, cells_NLD=tuple(part.transpose(0, 1) for part in parts)),
            beams=state.beams,
            embedded_NTD=embedded_NTE,
        )


# ---- causal modules --------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class PrefixState(BeamRows):
    """The tokens so far, and the memory."""

    tokens_NT: Tensor
    states_BSD: Tensor
    mask_BS: Tensor


class PrefixDecoder(Decoder):
    """Any causal module over embedded tokens and a memory. It keeps no past, so it reads all of it at every step."""

    joins = False

    def __init__(self, module: nn.Module, *, memory: MemoryShape, embedding: Embedding) -> None:
        super().__init__()
        self.embedding = embedding
        self.module = module
        self.mask = mask_parameter(module, role="decoder", after=2, names=_MASKS)
        with trial(module):
            width = self._tried(embedding.width, memory.width)
        self.shape = DecoderShape(hidden=width, embedded=embedding.width)

    def start(self, memory: Memory, *, beams: int = 1, attention: WantedAttention = "none") -> PrefixState:
        num_rows, channels = memory.mask_BS.shape[0] * beams, self.embedding.vocabulary.channels
        nothing_NT = memory.mask_BS.new_zeros(num_rows, 0, dtype=torch.long)
        nothing_NTC = memory.states_BSD.new_zeros(num_rows, 0, channels + 1)
        return PrefixState(
            beams=beams,
            tokens_NT=nothing_NTC if channels else nothing_NT,
            states_BSD=memory.states_BSD,
            mask_BS=memory.mask_BS,
        )

    def forward(self, tokens_NT: Tensor, state: PrefixState) -> DecoderOutput:  # type: ignore[override]
        all_NT = torch.cat([state.tokens_NT, tokens_NT], 1)
        new = slice(state.tokens_NT.shape[1], None)
        embedded_NTE = self.embedding(all_NT)
        mask_NS = state.mask_BS.repeat_interleave(state.beams, 0)
        memory_NSD = state.states_BSD.repeat_interleave(state.beams, 0)
        hidden_NTD = self.module(embedded_NTE, memory_NSD, **self._masks(mask_NS))
        return DecoderOutput(
            hidden_NTD=hidden_NTD[:, new],
            state=replace(state, tokens_NT=all_NT),
            beams=state.beams,
            embedded_NTD=embedded_NTE[:, new],
        )

    def _masks(self, mask_NS: Tensor) -> dict[str, Tensor]:
        return {} if self.mask is None else {self.mask.name: self.mask.of(mask_NS)}

    def _tried(self, width: int, memory_width: int) -> int:
        """The width of what it says; RecipeError where it cannot be called, or looks ahead."""
        name = type(self.module).__name__
        x_NTE, memory_NSD = example(self.module, 2, 5, width), example(self.module, 2, 3, memory_width)
        mask_NS = torch.ones(2, 3, dtype=torch.bool, device=x_NTE.device)

        def say(steps: int) -> object:
            return attempt(
                lambda: self.module(x_NTE[:, :steps], memory_NSD, **self._masks(mask_NS)),
                role="decoder",
                name=name,
                wants=f"read (rows, steps, {width}) and a memory (rows, positions, {memory_width})",
            )

        whole = say(5)
        if not (isinstance(whole, Tensor) and whole.dim() == 3 and whole.shape[:2] == (2, 5)):
            made = tuple(whole.shape) if isinstance(whole, Tensor) else type(whole).__name__
            raise RecipeError(
                f"`decoder` must say (rows, steps, any width), but of (2, 5, {width}) {name} made {made}. "
                f"Return one tensor with a vector a step."
            )
        prefix = say(3)
        if not (isinstance(prefix, Tensor) and close(prefix, whole[:, :3])):
            raise RecipeError(
                f"`decoder` must be causal, but what {name} says of a token changes with the tokens after it. "
                f"Mask them: step t may read steps 1 to t."
            )
        return int(whole.shape[-1])


class _TransformerCall(nn.Module):
    """``nn.TransformerDecoder`` as a causal module: sinusoidal positions, and the memory made as wide as it is."""

    def __init__(self, module: nn.TransformerDecoder, *, memory: MemoryShape) -> None:
        super().__init__()
        width = width_read(module)
        assert width is not None
        self.module = module
        self.batch_first = bool(module.layers[0].self_attn.batch_first)
        self.into: nn.Module = nn.Identity() if memory.width == width else nn.Linear(memory.width, width)
        self.positions = SinusoidalPositionsSettings().build(width=width)

    def forward(self, embedded_NTE: Tensor, memory_NSD: Tensor, memory_mask_NS: Tensor) -> Tensor:
        num_steps = embedded_NTE.shape[1]
        steps_T = torch.arange(num_steps, device=embedded_NTE.device)
        x_NTE = self.positions.add(embedded_NTE, steps_T[None])
        memory_NSE = self.into(memory_NSD)
        said: Tensor = self.module(
            x_NTE if self.batch_first else x_NTE.transpose(0, 1),
            memory_NSE if self.batch_first else memory_NSE.transpose(0, 1),
            tgt_mask=steps_T[:, None] < steps_T,  # torch's True bars
            tgt_is_causal=True,
            memory_key_padding_mask=~memory_mask_NS,
        )
        return said if self.batch_first else said.transpose(0, 1)
