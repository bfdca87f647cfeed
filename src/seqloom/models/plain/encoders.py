"""Plain modules that leave a memory."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqloom.core.errors import RecipeError
from seqloom.core.logging import logger
from seqloom.models.plain.trial import attempt, close, example, mask_parameter, trial, width_read
from seqloom.nn.memory import Encoder, Memory, MemoryShape
from seqloom.nn.positions import SinusoidalPositionsSettings

__all__ = ["PlainEncoder", "TorchRecurrentEncoder", "TorchTransformerEncoder", "plain_encoder"]

_MASKS = {
    "mask": True,
    "mask_BS": True,
    "padding_mask": True,
    "attention_mask": True,
    "src_key_padding_mask": False,
    "key_padding_mask": False,
}
"""Names under which an encoder may ask for its mask, and whether True is a real position there."""


def plain_encoder(part: nn.Module | Callable[[int], nn.Module], *, memory: MemoryShape) -> Encoder:
    """The module, or what the function makes for this width, as an encoder."""
    module = part if isinstance(part, nn.Module) else part(memory.width)
    if isinstance(module, Encoder):
        return module
    if not isinstance(module, nn.Module):
        raise RecipeError(
            f"`encoder` must be a module or make one, but made {type(module).__name__}. Return an `nn.Module`."
        )
    reads = width_read(module)
    if reads not in (None, memory.width):
        raise RecipeError(
            f"`encoder` must read vectors of width {memory.width}, but {type(module).__name__} reads {reads}. "
            f"Set `width={reads}`, or change the module."
        )
    if isinstance(module, nn.RNNBase):
        return TorchRecurrentEncoder(module, memory=memory)
    if isinstance(module, nn.TransformerEncoder):
        return TorchTransformerEncoder(module, memory=memory)
    return PlainEncoder(module, memory=memory)


class TorchRecurrentEncoder(Encoder):
    """``nn.LSTM``, ``nn.GRU`` or ``nn.RNN`` over the real positions; both directions of a layer are one last state."""

    def __init__(self, module: nn.RNNBase, *, memory: MemoryShape) -> None:
        super().__init__()
        self.module = module
        self.directions = 2 if module.bidirectional else 1
        width = self.directions * (module.proj_size or module.hidden_size)
        # With a projection h and c differ in width, and a memory has room for one: h.
        self.parts = 2 if module.mode == "LSTM" and not module.proj_size else 1
        self.shape = replace(
            memory, width=width, final_parts=self.parts, final_layers=module.num_layers, final_width=width
        )

    def forward(self, memory: Memory) -> Memory:
        packed = pack_padded_sequence(
            memory.states_BSD, memory.mask_BS.sum(1).cpu(), batch_first=True, enforce_sorted=False
        )
        h_packed, last = self.module(packed)
        states_BSD, _ = pad_packed_sequence(h_packed, batch_first=True, total_length=memory.mask_BS.shape[1])
        parts = last if isinstance(last, tuple) else (last,)
        return replace(memory, states_BSD=states_BSD, final=tuple(map(self._by_layer, parts[: self.parts])))

    def _by_layer(self, last_XBD: Tensor) -> Tensor:
        """(layers · directions, B, D) → (B, layers, directions · D)."""
        num_sources = last_XBD.shape[1]
        return last_XBD.transpose(0, 1).reshape(num_sources, self.module.num_layers, -1)


class TorchTransformerEncoder(Encoder):
    """``nn.TransformerEncoder``, with sinusoidal positions."""

    def __init__(self, module: nn.TransformerEncoder, *, memory: MemoryShape) -> None:
        super().__init__()
        self.module = module
        self.batch_first = bool(module.layers[0].self_attn.batch_first)
        self.positions = SinusoidalPositionsSettings().build(width=memory.width)
        self.shape = MemoryShape(width=memory.width, inputs_width=memory.inputs_width, of_source=memory.of_source)

    def forward(self, memory: Memory) -> Memory:
        positions_1S = torch.arange(memory.mask_BS.shape[1], device=memory.mask_BS.device)[None]
        x_BSD = self.positions.add(memory.states_BSD, positions_1S)
        padding_BS = ~memory.mask_BS
        if self.batch_first:
            states_BSD = self.module(x_BSD, src_key_padding_mask=padding_BS)
        else:
            states_BSD = self.module(x_BSD.transpose(0, 1), src_key_padding_mask=padding_BS).transpose(0, 1)
        return replace(memory, states_BSD=states_BSD, final=())


class PlainEncoder(Encoder):
    """Any module from (B, S, D) to states, or to states and a last state. Zeros stand at padding when it reads."""

    def __init__(self, module: nn.Module, *, memory: MemoryShape) -> None:
        super().__init__()
        self.module = module
        self.mask = mask_parameter(module, role="encoder", after=1, names=_MASKS)
        with trial(module):
            states, final = self._tried(memory.width)
            if not self._sees_no_padding(memory.width):
                logger.warning(
                    "%s leaves other states beside longer sources: it sees padding. Its forward should have a "
                    "parameter `mask` (True = a real position) and heed it.",
                    type(module).__name__,
                )
        self.shape = replace(
            memory,
            width=states.shape[-1],
            final_parts=len(final),
            final_layers=final[0].shape[1] if final else 0,
            final_width=final[0].shape[2] if final else 0,
        )

    def forward(self, memory: Memory) -> Memory:
        states_BSD, final = self._call(memory.states_BSD, memory.mask_BS)
        return replace(memory, states_BSD=states_BSD, final=final)

    def _call(self, x_BSD: Tensor, mask_BS: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
        found = self.module(x_BSD.masked_fill(~mask_BS[..., None], 0.0), **self._masks(mask_BS))
        if isinstance(found, Tensor):
            return found, ()
        states_BSD, last = found
        parts = (last,) if isinstance(last, Tensor) else tuple(last)
        return states_BSD, tuple(part[:, None] if part.dim() == 2 else part.transpose(0, 1) for part in parts)

    def _masks(self, mask_BS: Tensor) -> dict[str, Tensor]:
        return {} if self.mask is None else {self.mask.name: self.mask.of(mask_BS)}

    def _tried(self, width: int) -> tuple[Tensor, tuple[Tensor, ...]]:
        """What it leaves of two sources; RecipeError where that is no memory."""
        x_BSD = example(self.module, 2, 3, width)
        mask_BS = torch.ones(2, 3, dtype=torch.bool, device=x_BSD.device)
        name = type(self.module).__name__
        found = attempt(
            lambda: self.module(x_BSD, **self._masks(mask_BS)),
            role="encoder",
            name=name,
            wants=f"read (batch, positions, {width})",
        )
        if not _is_memory(found):
            raise RecipeError(
                f"`encoder` must leave states (batch, positions, any width), or those and a last state (layers, batch, "
                f"width) or a pair of them, but of (2, 3, {width}) {name} made {_described(found)}. "
                f"Keep the batch and the positions as they are."
            )
        return self._call(x_BSD, mask_BS)

    def _sees_no_padding(self, width: int) -> bool:
        """Whether a source is read alike alone and beside a longer one."""
        x_BSD = example(self.module, 2, 5, width)
        mask_BS = torch.arange(5, device=x_BSD.device) < torch.tensor([[5], [2]], device=x_BSD.device)
        together_BSD, final = self._call(x_BSD, mask_BS)
        alone_BSD, final_alone = self._call(x_BSD[1:, :2], mask_BS[1:, :2])
        pairs = [(together_BSD[1:, :2], alone_BSD)]
        pairs += [(part[1:], part_alone) for part, part_alone in zip(final, final_alone, strict=True)]
        return all(close(one, other) for one, other in pairs)


def _is_memory(found: object) -> bool:
    if isinstance(found, Tensor):
        return found.dim() == 3 and found.shape[:2] == (2, 3)
    if not (isinstance(found, tuple | list) and len(found) == 2 and isinstance(found[0], Tensor)):
        return False
    parts = (found[1],) if isinstance(found[1], Tensor) else found[1]
    if not (isinstance(parts, tuple | list) and 1 <= len(parts) <= 2):
        return False
    shapes = {tuple(part.shape) for part in parts if isinstance(part, Tensor)}
    return _is_memory(found[0]) and len(shapes) == 1 and all(_is_last(part) for part in parts)


def _is_last(part: object) -> bool:
    """(layers, B, D) or (B, D)."""
    return isinstance(part, Tensor) and part.dim() in (2, 3) and part.shape[-2] == 2


def _described(found: object) -> str:
    if isinstance(found, Tensor):
        return str(tuple(found.shape))
    if isinstance(found, tuple | list):
        return f"({', '.join(map(_described, found))})"
    return type(found).__name__
