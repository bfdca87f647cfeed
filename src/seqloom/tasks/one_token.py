"""A text as one word of what a model says."""

from __future__ import annotations

__all__ = ["one_token"]

_JOINT = "\u00a0"
"""What stands for its spaces: a space that nothing is cut at."""


def one_token(text: str) -> str:
    """For a tokenizer of kind "word" that splits at spaces."""
    return text.replace(" ", _JOINT)
