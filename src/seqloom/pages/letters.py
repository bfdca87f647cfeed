"""How much room letters take, and what stands for those that nobody sees."""

from __future__ import annotations

__all__ = ["LETTER", "letters", "seen"]

LETTER = 7.2
"""What one takes across in a picture's own units, on the mean."""


def letters(text: str) -> float:
    """Its width in letters; a Chinese character takes the room of nearly two."""
    return sum(1.0 if ord(character) < 0x2E80 else 1.7 for character in text)


def seen(text: str) -> str:
    """A text that is nothing but space is made visible."""
    return text if text.strip() else "␣"
