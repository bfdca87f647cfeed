"""The decoders: each takes steps against a memory."""

from seqloom.models.decoders.attends import (
    AdditiveAttentionSettings,
    AttentionSettings,
    ConcatAttentionSettings,
    DotAttentionSettings,
    GeneralAttentionSettings,
    HeadsAttentionSettings,
    LocalAttentionSettings,
    LocationAttentionSettings,
    NoAttentionSettings,
)
from seqloom.models.decoders.conv import ConvDecoder, ConvDecoderSettings
from seqloom.models.decoders.recurrent import RecurrentDecoder, RecurrentDecoderSettings
from seqloom.models.decoders.transformer import TransformerDecoder, TransformerDecoderSettings
from seqloom.models.decoders.units import (
    AlignedDecoder,
    AlignedDecoderSettings,
    PooledDecoder,
    PooledDecoderSettings,
)

__all__ = [
    "AdditiveAttentionSettings",
    "AlignedDecoder",
    "AlignedDecoderSettings",
    "AttentionSettings",
    "ConcatAttentionSettings",
    "ConvDecoder",
    "ConvDecoderSettings",
    "DecoderSettings",
    "DotAttentionSettings",
    "GeneralAttentionSettings",
    "HeadsAttentionSettings",
    "LocalAttentionSettings",
    "LocationAttentionSettings",
    "NoAttentionSettings",
    "PooledDecoder",
    "PooledDecoderSettings",
    "RecurrentDecoder",
    "RecurrentDecoderSettings",
    "TransformerDecoder",
    "TransformerDecoderSettings",
]

DecoderSettings = (
    RecurrentDecoderSettings
    | ConvDecoderSettings
    | TransformerDecoderSettings
    | AlignedDecoderSettings
    | PooledDecoderSettings
)
