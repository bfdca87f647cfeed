"""The Transformer encoder."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, ClassVar, Literal

import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Positive, Rate, by_kind
from seqloom.nn import initial
from seqloom.nn.chance import Dropout
from seqloom.nn.layers import Layers
from seqloom.nn.memory import Encoder, Memory, MemoryShape
from seqloom.nn.positions import PositionsSettings, SinusoidalPositionsSettings
from seqloom.nn.sight import Sight, Whole, Window
from seqloom.nn.transformer import Activation, EncoderLayer, LayerKind, Normalisation, Order

__all__ = ["TransformerEncoder", "TransformerEncoderSettings", "TransformerLayers"]


@dataclass(frozen=True, kw_only=True)
class TransformerLayers:
    """The Transformer's layers: what encoder and decoder share."""

    layers: Positive = 3
    width: Positive = 256
    heads: Positive = 4
    kv_heads: Positive | None = None
    """Key-value heads, shared by groups of query heads; as many as heads if left out."""
    feed_forward: Positive = 1024
    """Inner width of the feed-forward part."""
    activation: Activation = "relu"
    norm: Normalisation = "layer"
    order: Order = "pre"
    """Normalise before each part ("pre") or after it, as the first paper did ("post")."""
    dropout: Rate = 0.1
    attention_dropout: Rate = 0.0
    positions: Annotated[PositionsSettings, by_kind] = SinusoidalPositionsSettings()

    causal: ClassVar[bool] = False
    """Whether a position sees none that come after it."""

    def __post_init__(self) -> None:
        if self.width % self.heads:
            raise RecipeError(f"heads must divide width, but {self.heads} does not divide {self.width}.")
        if self.kv_heads is not None and self.heads % self.kv_heads:
            raise RecipeError(f"kv_heads must divide heads, but {self.kv_heads} does not divide {self.heads}.")
        self.positions.build(width=self.width, heads=self.heads, causal=self.causal)

    @property
    def layer(self) -> LayerKind:
        return LayerKind(
            width=self.width,
            heads=self.heads,
            kv_heads=self.kv_heads or self.heads,
            feed_forward=self.feed_forward,
            activation=self.activation,
            norm=self.norm,
            order=self.order,
            dropout=self.dropout,
            attention_dropout=self.attention_dropout,
        )

    def begin(self, layers: nn.ModuleList) -> None:
        """Initial weights; matrices of deep post-norm layers begin smaller."""
        for number, layer in enumerate(layers, start=1):
            initial.xavier(layer)
            if self.order == "post":
                initial.scale_depth(layer, layer=number)


@dataclass(frozen=True, kw_only=True)
class TransformerEncoderSettings(TransformerLayers):
    """The Transformer encoder."""

    kind: Literal["transformer"] = "transformer"
    window: Positive | None = None
    """Positions that each one sees on either side, so that cost grows linearly with length; all if left out."""

    def build(self, *, memory: MemoryShape) -> TransformerEncoder:
        return TransformerEncoder(self, memory=memory)


class TransformerEncoder(Encoder):
    """Vaswani et al. 2017, section 3; with a window, Beltagy et al. 2020."""

    attends = True

    def __init__(self, settings: TransformerEncoderSettings, *, memory: MemoryShape) -> None:
        super().__init__()
        width = settings.width
        self.into: nn.Module = nn.Identity() if memory.width == width else nn.Linear(memory.width, width)
        self.positions = settings.positions.build(width=width, heads=settings.heads, causal=settings.causal)
        self.sight: Sight = Whole() if settings.window is None else Window(reach=settings.window)
        self.layers = Layers(
            EncoderLayer(settings.layer, self.positions, sight=self.sight) for _ in range(settings.layers)
        )
        self.norm = settings.layer.build_norm() if settings.order == "pre" else nn.Identity()
        self.dropout = Dropout(settings.dropout)
        settings.begin(self.layers)
        self.shape = MemoryShape(
            width=width,
            inputs_width=memory.inputs_width,
            of_source=memory.of_source,
            apart=memory.apart and (settings.causal or settings.window is not None),
        )

    def forward(self, memory: Memory) -> Memory:
        x_BSD, _ = self._read(memory)
        return replace(memory, states_BSD=self.norm(x_BSD), final=())

    def self_attention(self, memory: Memory) -> tuple[Tensor, ...]:
        _, shown = self._read(memory, show=True)
        num_positions = memory.mask_BS.shape[1]
        # What is read in blocks does not look at the whole source.
        return shown if all(weights.shape[-2:] == (num_positions, num_positions) for weights in shown) else ()

    def _read(self, memory: Memory, *, show: bool = False) -> tuple[Tensor, tuple[Tensor, ...]]:
        positions_1S = torch.arange(memory.mask_BS.shape[1], device=memory.mask_BS.device)[None]
        x_BSD: Tensor = self.dropout(self.positions.add(self.into(memory.states_BSD), positions_1S))
        visible = self.sight.visible(memory.mask_BS, self.positions)
        shown = []
        for layer in self.layers:
            x_BSD, weights = layer(x_BSD, positions_1S, visible, show=show)
            if weights is not None:
                shown.append(weights)
        return x_BSD, tuple(shown)
