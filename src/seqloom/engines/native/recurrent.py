"""A recurrent decoder as its kernel reads it."""

from __future__ import annotations

import ctypes
from typing import Any, ClassVar, Self

import torch
from torch import Tensor, nn
from torch.nn import functional

from seqloom.engines.native.packing import FLOAT, INT, POINTER, LinearTable, NormTable, Packing
from seqloom.models.bridge import summary_BD
from seqloom.models.decoders.recurrent import RecurrentDecoder
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.attention import (
    AdditiveAttention,
    ConcatAttention,
    DotAttention,
    GeneralAttention,
    HeadsAttention,
    LocalAttention,
)
from seqloom.nn.embedding import TokenEmbedding
from seqloom.nn.memory import Memory
from seqloom.nn.recurrent import Cell, GruCell, LinearCell, LstmCell, TanhCell

__all__ = ["Recurrent"]

_CELLS = (TanhCell, LinearCell, LstmCell, GruCell)
_PERCEPTRONS = (AdditiveAttention, ConcatAttention)
_PRODUCTS = (DotAttention, GeneralAttention, HeadsAttention, LocalAttention)
_NOTHING, _BY_PRODUCTS, _BY_PERCEPTRON = range(3)
_LARGEST_TABLE = 1 << 24
"""Numbers; beyond, tokens are embedded and multiplied at every step."""


class LayerTable(ctypes.Structure):
    _fields_ = [
        *((name, LinearTable) for name in ("input", "hidden")),
        *((name, NormTable) for name in ("norm_input", "norm_hidden", "norm_cell")),
    ]


class DecoderTable(ctypes.Structure):
    _fields_ = [
        *((name, INT) for name in ("layers", "width", "cell", "gates", "residual", "embedding", "feeds")),
        *((name, INT) for name in ("score", "before", "heads", "inner", "fixed", "state", "memory")),
        *((name, INT) for name in ("unknown", "vocabulary")),
        *((name, FLOAT) for name in ("scale", "window")),
        *((name, POINTER) for name in ("table", "v")),
        *((name, LinearTable) for name in ("query", "place")),
        ("place_v", POINTER),
        ("readout", LinearTable),
        ("layer", POINTER),
    ]


class Recurrent:
    """A ``Family``: any cell, with an attention that remembers nothing, or with one fixed vector.

    What attention fetches is only ever multiplied by matrices, of the readout and, where it comes first, of the gates.
    So the memory's values are these products already: a sum of them costs less than a product a hypothesis.
    """

    function: ClassVar[str] = "recurrent_step"
    past: int = 0

    @classmethod
    def takes(cls, decoder: Any) -> bool:
        if type(decoder) is not RecurrentDecoder or type(decoder.embedding) is not TokenEmbedding:
            return False
        attention = decoder.attention
        return attention is None or (type(attention) in (*_PERCEPTRONS, *_PRODUCTS) and attention.covers is None)

    @classmethod
    def of(cls, network: EncoderDecoder, packing: Packing) -> Self:
        return cls(network.decoder, packing)

    def __init__(self, decoder: Any, packing: Packing) -> None:
        self._decoder = decoder
        self._pack = packing
        cells: list[Cell] = [layer.cell for layer in decoder.cells.layers]
        first, attention = cells[0], decoder.attention
        self.hidden = first.width
        self._fed = self.hidden if decoder.feeds_output else 0
        embedded = decoder.embedding.width
        weight_RE, weight_RF, self._weight_RC = first.input.weight.detach().split(
            [embedded, self._fed, first.input.in_features - embedded - self._fed], 1
        )
        bias_R = first.input.bias.detach()
        self.cell = len(cells) * first.parts * self.hidden + self._fed
        self.table = DecoderTable(
            layers=len(cells),
            width=self.hidden,
            cell=_CELLS.index(type(first)),
            gates=first.gates * self.hidden,
            residual=decoder.cells.residual,
            feeds=decoder.feeds_output,
            before=decoder.attends_before,
            heads=1,
            fixed=decoder.context is not None,
            state=self.cell,
            unknown=decoder.embedding.vocabulary.unk,
            vocabulary=decoder.embedding.vocabulary.size,
        )
        if attention is not None:
            bias_R = bias_R + self._attends(attention, decoder.readout.weight.detach())
        embeddings_VE = decoder.embedding.table.weight.detach()
        if len(embeddings_VE) * len(bias_R) <= _LARGEST_TABLE:
            self.table.table = packing.tensor(
                functional.linear(embeddings_VE * decoder.embedding.factor, weight_RE, bias_R)
            )
            input_RI, bias = weight_RF, None
        else:
            self.table.table, self.table.embedding = packing.tensor(embeddings_VE), embedded
            self.table.scale = decoder.embedding.factor
            input_RI, bias = torch.cat([weight_RE, weight_RF], 1), bias_R
        inputs = [(input_RI, bias), *((cell.input.weight.detach(), cell.input.bias.detach()) for cell in cells[1:])]
        self._layers = (LayerTable * len(cells))(
            *(self._layer(cell, *each) for cell, each in zip(cells, inputs, strict=True))
        )
        self.table.layer = ctypes.addressof(self._layers)

    def _layer(self, cell: Cell, input_RI: Tensor, bias_R: Tensor | None) -> LayerTable:
        """The two halves are one product where they are only added up."""
        pack, table, hidden_RD = self._pack, LayerTable(), cell.hidden.weight.detach()
        if cell.normed or type(cell) is GruCell:
            table.hidden = pack.product(hidden_RD, None if cell.hidden.bias is None else cell.hidden.bias.detach())
        else:
            input_RI = torch.cat([input_RI, hidden_RD], 1)
        if input_RI.shape[1]:
            table.input = pack.product(input_RI, bias_R)
        for name in ("norm_input", "norm_hidden", "norm_cell"):
            norm = getattr(cell, name, None)
            if isinstance(norm, nn.LayerNorm):
                setattr(table, name, pack.norm(norm))
        return table

    def _attends(self, attention: Any, readout_DX: Tensor) -> Tensor:
        """What is added to the gates whatever is looked at."""
        pack, table = self._pack, self.table
        context_DC, state_DD = readout_DX.split([attention.width, self.hidden], 1)
        to_VC = torch.cat([self._weight_RC, context_DC]) if table.before else context_DC
        bias_V = to_VC.new_zeros(len(to_VC))
        queries: Any = attention.queries
        if type(attention) is HeadsAttention:
            to_VC, bias_V = to_VC @ attention.out.weight.detach(), to_VC @ attention.out.bias.detach()
            table.heads, table.inner = attention.heads, self.hidden // attention.heads
            table.query = pack.linear(queries, scales=[table.inner**-0.5])
        elif type(attention) in _PERCEPTRONS:
            v_A, query_AD = attention.v.weight.detach()[0], queries.weight.detach()
            missing = -len(v_A) % pack.panel
            table.inner = len(v_A) + missing
            table.v = pack.tensor(functional.pad(v_A, (0, missing)))
            table.query = pack.product(functional.pad(query_AD, (0, 0, 0, missing)), None)
        else:
            table.inner = self.hidden
        if type(attention) is LocalAttention:
            table.window = attention.window
            if attention.place is not None and attention.v is not None:
                table.place, table.place_v = pack.linear(attention.place), pack.tensor(attention.v.weight)
        table.score = _BY_PERCEPTRON if type(attention) in _PERCEPTRONS else _BY_PRODUCTS
        table.memory = table.heads * (table.inner + len(to_VC))
        self._to_HVE = to_VC.unflatten(1, (table.heads, -1)).transpose(0, 1)
        of_gates_R, of_readout_D = bias_V.split([len(bias_V) - self.hidden, self.hidden])
        table.readout = pack.product(state_DD, of_readout_D)
        return of_gates_R if table.before else of_readout_D.new_zeros(table.gates)

    def memory_BSX(self, memory: Memory) -> Tensor:
        """Keys, and behind them what each head's values are to the gates and to what is said."""
        decoder = self._decoder
        if decoder.attention is None:
            if decoder.context is None:
                return memory.states_BSD.new_zeros(len(memory.mask_BS), 0)
            context_BD = torch.tanh(decoder.context(summary_BD(memory)))
            return functional.linear(context_BD, self._weight_RC)[:, None]
        source, table = decoder.attention.prepare(memory), self.table
        keys_BSA = functional.pad(source.keys_BSA, (0, table.heads * table.inner - source.keys_BSA.shape[-1]))
        values_H = (
            functional.linear(values_BSE, to_VE)
            for values_BSE, to_VE in zip(source.values_BSD.chunk(table.heads, -1), self._to_HVE, strict=True)
        )
        return torch.cat([keys_BSA, *values_H], -1)

    def cell_BX(self, memory: Memory) -> Tensor | None:
        """The states of each layer, and the last output."""
        states_BLX = torch.cat(self._decoder.bridge(memory), -1)
        return functional.pad(states_BLX.flatten(1), (0, self._fed))

    def reach(self, length: int) -> None:
        """Positions mean nothing to it."""
