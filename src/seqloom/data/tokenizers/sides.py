"""The tokenizers of both sides in a folder: `tokenizer/` of both, or `source/` and `target/`."""

from __future__ import annotations

from pathlib import Path

from seqloom.data.tokenizers import TextTokenizer, load_tokenizer

__all__ = ["load_sides", "name_sides"]

_BOTH, _SOURCE, _TARGET = "tokenizer", "source", "target"


def name_sides(source: TextTokenizer, target: TextTokenizer) -> dict[str, TextTokenizer]:
    """By the folder that each is saved in."""
    return {_BOTH: source} if source is target else {_SOURCE: source, _TARGET: target}


def load_sides(folder: Path) -> tuple[TextTokenizer, TextTokenizer]:
    """Of the source and of the target, which may be one."""
    if (folder / _BOTH).is_dir():
        both = load_tokenizer(folder / _BOTH)
        return both, both
    return load_tokenizer(folder / _SOURCE), load_tokenizer(folder / _TARGET)
