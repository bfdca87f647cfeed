"""The encoders: each turns a memory into a better one."""

from seqloom.models.encoders.conv import ConvEncoder, ConvEncoderSettings
from seqloom.models.encoders.latent import LatentEncoder, LatentEncoderSettings
from seqloom.models.encoders.none import NoEncoder, NoEncoderSettings
from seqloom.models.encoders.recurrent import RecurrentEncoder, RecurrentEncoderSettings
from seqloom.models.encoders.stack import EncoderSettings, StackEncoder, StackEncoderSettings
from seqloom.models.encoders.transformer import TransformerEncoder, TransformerEncoderSettings

__all__ = [
    "ConvEncoder",
    "ConvEncoderSettings",
    "EncoderSettings",
    "LatentEncoder",
    "LatentEncoderSettings",
    "NoEncoder",
    "NoEncoderSettings",
    "RecurrentEncoder",
    "RecurrentEncoderSettings",
    "StackEncoder",
    "StackEncoderSettings",
    "TransformerEncoder",
    "TransformerEncoderSettings",
]
