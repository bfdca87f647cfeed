"""Documents: their text is translated, everything else stays as it is."""

from __future__ import annotations

from seqloom.serve.documents.document import Document
from seqloom.serve.documents.opening import ENDINGS, LARGEST, TYPES, opened, translated

__all__ = ["ENDINGS", "LARGEST", "TYPES", "Document", "opened", "translated"]
