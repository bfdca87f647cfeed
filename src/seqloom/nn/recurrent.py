"""Recurrent cells, one layer in one direction, and stacks of them. Padding never touches a state.

A cell sees its input only through ``input(x)``, all gates side by side (``…R``), so that this half is made for all
steps at once; ``update`` is the other half, one step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.nn import chance, initial
from seqloom.nn.layers import Layers
from seqloom.nn.repeated import Repeated

__all__ = [
    "Cell",
    "CellKind",
    "CellName",
    "CellState",
    "GruCell",
    "LinearCell",
    "LstmCell",
    "Recurrence",
    "RecurrentStack",
    "TanhCell",
    "apart",
    "reverse_rows",
    "together",
]

CellName = Literal["tanh", "linear", "lstm", "gru"]
CellState = tuple[Tensor, ...]
"""(h,) or (h, c), each (N, D)."""


class Cell(nn.Module):
    """W x + b for every gate, and W h; what the gates do is the subclass's."""

    gates: ClassVar[int] = 1
    parts: ClassVar[int] = 1
    """How many tensors the state has."""
    hidden_bias: ClassVar[bool] = False
    fused: ClassVar[Callable[..., Any] | None] = None
    """torch's own loop over all steps, for the cell as the textbook has it."""
    shut: ClassVar[tuple[float, ...]] = ()
    """What added to each gate keeps those parts of the state that ``h_NTD`` does not show."""

    def __init__(self, inputs: int, width: int, *, norm: bool = False) -> None:
        super().__init__()
        self.width = width
        self.input = nn.Linear(inputs, self.gates * width)
        self.hidden = nn.Linear(width, self.gates * width, bias=self.hidden_bias)
        self.norm_input: nn.Module = nn.LayerNorm(self.gates * width) if norm else nn.Identity()
        self.norm_hidden: nn.Module = nn.LayerNorm(self.gates * width) if norm else nn.Identity()
        self.normed = norm
        initial.xavier(self.input)
        initial.orthogonal_gates(self.hidden.weight, gates=self.gates)
        if self.hidden_bias:
            nn.init.zeros_(self.hidden.bias)

    def update(
        self, input_NR: Tensor, state: CellState, hidden: Callable[[Tensor], Tensor], drop_ND: Tensor | None = None
    ) -> CellState:
        """One step. ``hidden`` is the layer of that name as the loop takes it; ``drop_ND`` is a dropout mask on the
        state as the gates see it (Gal & Ghahramani 2016)."""
        h_ND = state[0] if drop_ND is None else state[0] * drop_ND
        return self.gate(self.norm_input(input_NR), self.norm_hidden(hidden(h_ND)), state)

    def gate(self, input_NR: Tensor, hidden_NR: Tensor, state: CellState) -> CellState:
        raise NotImplementedError

    def fused_weights(self) -> list[Tensor]:
        bias = self.hidden.bias if self.hidden_bias else torch.zeros_like(self.input.bias)
        return [self.input.weight, self.hidden.weight, self.input.bias, bias]


class LinearCell(Cell):
    """The plain linear cell: s_t = W_s (s_{t-1} ⊕ x_t) + b_s."""

    def gate(self, input_NR: Tensor, hidden_NR: Tensor, state: CellState) -> CellState:
        return (input_NR + hidden_NR,)


class TanhCell(Cell):
    """The vanilla cell (Elman 1990): h_t = tanh(W_e x_t + W_h h_{t-1} + b)."""

    fused = staticmethod(torch.rnn_tanh)

    def gate(self, input_NR: Tensor, hidden_NR: Tensor, state: CellState) -> CellState:
        return (torch.tanh(input_NR + hidden_NR),)


class LstmCell(Cell):
    """Hochreiter & Schmidhuber 1997, with a forget gate (Gers et al. 2000):

    i, f, o = σ(W x_t + U h_{t-1} + b), g = tanh(W_g x_t + U_g h_{t-1} + b_g), c_t = f ⊙ c_{t-1} + i ⊙ g,
    h_t = o ⊙ tanh(c_t). With normalisation also tanh(norm(c_t)) (Ba et al. 2016, equations 20-22).
    """

    gates = 4
    parts = 2
    fused = staticmethod(torch.lstm)
    shut = (-1e4, 1e4, 0.0, 0.0)  # i = 0 and f = 1, exactly, so that c_t = c_{t-1}

    def __init__(self, inputs: int, width: int, *, norm: bool = False) -> None:
        super().__init__(inputs, width, norm=norm)
        self.norm_cell: nn.Module = nn.LayerNorm(width) if norm else nn.Identity()
        bias_R: Tensor = self.norm_input.bias if norm else self.input.bias  # type: ignore[assignment]
        with torch.no_grad():
            bias_R[width : 2 * width] = 1.0  # remember at first (Jozefowicz et al. 2015)

    def gate(self, input_NR: Tensor, hidden_NR: Tensor, state: CellState) -> CellState:
        i, f, g, o = (input_NR + hidden_NR).chunk(4, dim=-1)
        c_ND = torch.sigmoid(f) * state[1] + torch.sigmoid(i) * torch.tanh(g)
        return torch.sigmoid(o) * torch.tanh(self.norm_cell(c_ND)), c_ND


class GruCell(Cell):
    """Cho et al. 2014, the reset gate after the product so that W h is one product:

    r, z = σ(W x_t + U h_{t-1} + b), n = tanh(W_n x_t + b + r ⊙ (U_n h_{t-1} + b')), h_t = (1 - z) ⊙ n + z ⊙ h_{t-1}.
    """

    gates = 3
    hidden_bias = True
    fused = staticmethod(torch.gru)

    def gate(self, input_NR: Tensor, hidden_NR: Tensor, state: CellState) -> CellState:
        input_r, input_z, input_n = input_NR.chunk(3, dim=-1)
        hidden_r, hidden_z, hidden_n = hidden_NR.chunk(3, dim=-1)
        z = torch.sigmoid(input_z + hidden_z)
        n = torch.tanh(input_n + torch.sigmoid(input_r + hidden_r) * hidden_n)
        return ((1 - z) * n + z * state[0],)


_CELLS: dict[CellName, type[Cell]] = {"tanh": TanhCell, "linear": LinearCell, "lstm": LstmCell, "gru": GruCell}


@dataclass(frozen=True, kw_only=True)
class CellKind:
    """Which cell, and what is done around it."""

    name: CellName
    width: int
    norm: bool = False
    dropout: float = 0.0
    """Between layers."""
    variational: bool = False
    """One dropout mask a sequence, on the state too, instead of one a step (Gal & Ghahramani 2016)."""

    @property
    def parts(self) -> int:
        return _CELLS[self.name].parts

    def build(self, inputs: int) -> Cell:
        return _CELLS[self.name](inputs, self.width, norm=self.norm)


class Recurrence(nn.Module):
    """One layer in one direction."""

    def __init__(self, kind: CellKind, inputs: int) -> None:
        super().__init__()
        self.cell = kind.build(inputs)
        self.state_dropout = kind.dropout if kind.variational else 0.0

    def forward(self, x_NTI: Tensor, state: CellState, mask_NT: Tensor | None = None) -> tuple[Tensor, CellState]:
        """All steps: ``h_NTD`` and the state after each row's last real step; what stands at padding means nothing."""
        drop_ND = self.drop(state[0])
        if self.cell.fused is not None and not self.cell.normed and drop_ND is None and _fuses(x_NTI.device):
            return self._fused(x_NTI, state, mask_NT)
        return self._scan(self.cell.input(x_NTI), state, mask_NT, drop_ND)

    def drop(self, h_ND: Tensor) -> Tensor | None:
        """A new dropout mask for the state of each row, None where there is nothing to drop."""
        if not self.training or not self.state_dropout:
            return None
        return chance.kept(h_ND, self.state_dropout)

    def _scan(
        self, input_NTR: Tensor, state: CellState, mask_NT: Tensor | None, drop_ND: Tensor | None
    ) -> tuple[Tensor, CellState]:
        """The loop written out."""
        steps_ND = []
        hidden = Repeated.of(self.cell.hidden, like_N=state[0], steps=input_NTR.shape[1])
        for step, input_NR in enumerate(input_NTR.unbind(1)):
            new = self.cell.update(input_NR, state, hidden, drop_ND)
            if mask_NT is not None:
                real_N1 = mask_NT[:, step, None]
                new = tuple(torch.where(real_N1, after, before) for after, before in zip(new, state, strict=True))
            state = new
            steps_ND.append(state[0])
        return torch.stack(steps_ND, 1), state

    def _fused(self, x_NTI: Tensor, state: CellState, mask_NT: Tensor | None) -> tuple[Tensor, CellState]:
        """The same loop inside torch.

        Not packed where rows end at different steps: of a packed sequence torch's backward pass on a processor takes
        the square of the steps. All rows go on to the longest one's end, and what they have there is left alone.
        """
        assert self.cell.fused is not None
        weights = self.cell.fused_weights()
        if mask_NT is not None:
            x_NTI, weights[0] = self._holding(x_NTI, weights[0], mask_NT)
        start = _as_torch(state)
        learns = torch.is_grad_enabled()  # also where it answers, for whoever asks what an answer hung on
        h_NTD, *last = self.cell.fused(x_NTI, start, weights, True, 1, 0.0, learns, False, True)
        h_ND, *others = (part.squeeze(0) for part in last)
        return h_NTD, (h_ND if mask_NT is None else _last(h_NTD, mask_NT), *others)

    def _holding(self, x_NTI: Tensor, weight_RI: Tensor, mask_NT: Tensor) -> tuple[Tensor, Tensor]:
        """One more input, which is 1 at padding and 0 elsewhere, and there shuts the cell's gates."""
        padding_NT1 = ~mask_NT[..., None]
        x_NTI = x_NTI.masked_fill(padding_NT1, 0.0)
        if not self.cell.shut:
            return x_NTI, weight_RI
        shut_R1 = weight_RI.new_tensor(self.cell.shut).repeat_interleave(self.cell.width)[:, None]
        return torch.cat([x_NTI, padding_NT1.to(x_NTI.dtype)], -1), torch.cat([weight_RI, shut_R1], 1)


def _fuses(device: torch.device) -> bool:
    """Whether torch's loops can be computed as wanted: in bf16, a processor's need one that has it."""
    if device.type != "cpu" or not torch.is_autocast_enabled("cpu"):
        return True
    return bool(torch.ops.mkldnn._is_mkldnn_bf16_supported())


def _last(h_NTD: Tensor, mask_NT: Tensor) -> Tensor:
    """What stands at each row's last real step."""
    last_N11 = (mask_NT.sum(1) - 1)[:, None, None]
    return h_NTD.gather(1, last_N11.expand(-1, 1, h_NTD.shape[2])).squeeze(1)


def _as_torch(state: CellState) -> Tensor | Sequence[Tensor]:
    parts = [part.unsqueeze(0).contiguous() for part in state]
    return parts if len(parts) > 1 else parts[0]


def reverse_rows(x_NTD: Tensor, mask_NT: Tensor) -> Tensor:
    """Each row's real positions in reverse order; padding stays where it is. Undoes itself."""
    steps_T = torch.arange(mask_NT.shape[1], device=mask_NT.device)
    lengths_N1 = mask_NT.sum(1, keepdim=True)
    index_NT = torch.where(mask_NT, lengths_N1 - 1 - steps_T, steps_T)
    return x_NTD.gather(1, index_NT[..., None].expand_as(x_NTD))


@dataclass(frozen=True, kw_only=True)
class Walk:
    """What one layer needs for the steps of one sequence: its two halves, and variational dropout's masks on them."""

    input: Callable[[Tensor], Tensor] | None
    """None: the first layer's, which is given."""
    hidden: Callable[[Tensor], Tensor]
    inputs_ND: Tensor | None
    state_ND: Tensor | None


class RecurrentStack(nn.Module):
    """Layers of one direction, as a decoder needs them: all steps in one call, or one at a time.

    With ``residual`` each layer but the first adds its input (Wu et al. 2016, section 3.1).
    """

    def __init__(self, kind: CellKind, *, inputs: int, layers: int, residual: bool) -> None:
        super().__init__()
        self.residual = residual
        self.dropout = kind.dropout
        self.variational = kind.variational
        self.layers = Layers(Recurrence(kind, inputs if layer == 0 else kind.width) for layer in range(layers))

    def forward(self, x_NTI: Tensor, states_NLD: CellState) -> tuple[Tensor, CellState]:
        """All steps: the last layer's ``h_NTD``, and every layer's state, each part (N, L, D)."""
        after: list[CellState] = []
        for layer, (recurrence, before) in enumerate(zip(self.layers, apart(states_NLD), strict=True)):
            below_NTI = x_NTI if layer == 0 else self._drop(x_NTI)
            h_NTD, state = recurrence(below_NTI, before)
            x_NTI = h_NTD + below_NTI if self.residual and layer else h_NTD
            after.append(state)
        return x_NTI, together(after)

    def walks(self, states_NLD: CellState, *, steps: int) -> list[Walk]:
        """What ``step`` is given, one call after the other, through as many steps."""
        h_NLD = states_NLD[0]
        return [
            Walk(
                input=Repeated.of(recurrence.cell.input, like_N=h_NLD, steps=steps) if layer else None,
                hidden=Repeated.of(recurrence.cell.hidden, like_N=h_NLD, steps=steps),
                inputs_ND=self._mask(h_NLD[:, layer]) if layer and self.variational else None,
                state_ND=recurrence.drop(h_NLD[:, layer]),
            )
            for layer, recurrence in enumerate(self.layers)
        ]

    def step(
        self, input_NR: Tensor, states: Sequence[CellState], walks: Sequence[Walk]
    ) -> tuple[Tensor, list[CellState]]:
        """One step, given the first layer's gates: ``h_ND`` and each layer's state."""
        after: list[CellState] = []
        x_ND = input_NR
        for layer, (recurrence, walk) in enumerate(zip(self.layers, walks, strict=True)):
            below_ND = x_ND
            if walk.input is not None:
                below_ND = self._drop(x_ND) if walk.inputs_ND is None else x_ND * walk.inputs_ND
                input_NR = walk.input(below_ND)
            state = recurrence.cell.update(input_NR, states[layer], walk.hidden, walk.state_ND)
            x_ND = state[0] + below_ND if self.residual and layer else state[0]
            after.append(state)
        return x_ND, after

    @property
    def first(self) -> nn.Linear:
        """The input half of the first layer."""
        return next(iter(self.layers)).cell.input

    def _drop(self, x_NTD: Tensor) -> Tensor:
        if not self.variational:
            return chance.dropout(x_NTD, self.dropout, training=self.training)
        mask_ND = self._mask(x_NTD[:, 0])
        return x_NTD if mask_ND is None else x_NTD * mask_ND[:, None]

    def _mask(self, like_ND: Tensor) -> Tensor | None:
        return chance.kept(like_ND, self.dropout) if self.training and self.dropout else None


def apart(states_NLD: CellState) -> list[CellState]:
    """Each layer's state."""
    return list(zip(*(part.unbind(1) for part in states_NLD), strict=True))


def together(states: Sequence[CellState]) -> CellState:
    """The states of all layers, each part (N, L, D)."""
    return tuple(torch.stack(parts, 1) for parts in zip(*states, strict=True))
