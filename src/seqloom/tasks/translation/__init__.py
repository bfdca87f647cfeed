"""Many languages in one model (Johnson et al. 2017): a tag says which one the answer is in."""

from __future__ import annotations

from seqloom.tasks.translation.settings import TranslationSettings
from seqloom.tasks.translation.translation import Translation

__all__ = ["Translation", "TranslationSettings"]
