"""The heads: each turns a decoder's output into log-probabilities."""

from seqloom.models.heads.adaptive import AdaptiveHead, AdaptiveHeadSettings
from seqloom.models.heads.copy import CopyHead, CopyHeadSettings
from seqloom.models.heads.generator import Generator, GeneratorSettings
from seqloom.models.heads.mixture import MixtureHead, MixtureHeadSettings
from seqloom.models.heads.vectors import VectorHead, VectorHeadSettings

__all__ = [
    "AdaptiveHead",
    "AdaptiveHeadSettings",
    "CopyHead",
    "CopyHeadSettings",
    "Generator",
    "GeneratorSettings",
    "HeadSettings",
    "MixtureHead",
    "MixtureHeadSettings",
    "VectorHead",
    "VectorHeadSettings",
]

HeadSettings = GeneratorSettings | CopyHeadSettings | MixtureHeadSettings | AdaptiveHeadSettings | VectorHeadSettings
