"""The sources: each turns a batch into the first memory."""

from seqloom.models.several_sources import SeveralSources, SeveralSourcesSettings, SourcePartSettings
from seqloom.models.text_source import TextSource, TextSourceSettings
from seqloom.models.vector_source import VectorSource, VectorSourceSettings

__all__ = [
    "SeveralSources",
    "SeveralSourcesSettings",
    "SourcePartSettings",
    "SourceSettings",
    "TextSource",
    "TextSourceSettings",
    "VectorSource",
    "VectorSourceSettings",
]

SourceSettings = TextSourceSettings | VectorSourceSettings | SeveralSourcesSettings
