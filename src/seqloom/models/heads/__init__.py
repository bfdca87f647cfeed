"""The heads: each turns a decoder's output into log-probabilities."""

from seqloom.models.heads.copy import CopyHead, CopyHeadSettings
from seqloom.models.heads.generator import Generator, GeneratorSettings

__all__ = ["CopyHead", "CopyHeadSettings", "Generator", "GeneratorSettings", "HeadSettings"]

HeadSettings = GeneratorSettings | CopyHeadSettings
