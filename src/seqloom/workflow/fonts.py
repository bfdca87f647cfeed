"""Fonts for a picture whose names may be in any writing: what the usual one lacks, another that is there must have."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from itertools import chain
from typing import Any

__all__ = ["families_for"]

_USUAL = "DejaVu Sans"
"""It comes with matplotlib."""
_LIKED = (
    "Noto Sans CJK SC", "Noto Sans SC", "Source Han Sans SC", "Source Han Sans CN", "PingFang SC", "Hiragino Sans GB",
    "Microsoft YaHei", "WenQuanYi Zen Hei", "WenQuanYi Micro Hei", "SimHei", "Noto Sans CJK JP", "Droid Sans Fallback",
    "Arial Unicode MS", "Noto Sans",
)  # fmt: skip
"""Looked at before all others, for their Chinese is plain and complete."""
_BOXES = "Last Resort"
"""How fonts are called that have every character there is, as a box."""


def families_for(text: str) -> tuple[list[str], str]:
    """Families that have the text's characters between them, and the characters that no font here has."""
    manager: Any = import_module("matplotlib.font_manager")
    families = [_USUAL]
    lacking = _lacked(manager, manager.findfont(_USUAL), {ord(char) for char in text if char.isprintable()})
    for font in chain(_known(manager), _new(manager)) if lacking else ():
        try:
            left = _lacked(manager, font.fname, lacking)
        except (OSError, RuntimeError):  # one that is damaged is no reason to draw nothing
            continue
        if left < lacking:
            families.append(font.name)
            lacking = left
        if not lacking:
            break
    return families, "".join(map(chr, sorted(lacking)))


def _lacked(manager: Any, path: str, wanted: set[int]) -> set[int]:
    return wanted - set(manager.get_font(path).get_charmap())


def _known(manager: Any) -> Iterator[Any]:
    """Upright ones of usual weight, a family once, those first that are liked."""
    plain = {
        each.name: each
        for each in manager.fontManager.ttflist
        if each.style == "normal" and each.weight in (400, "normal") and not each.name.startswith(_BOXES)
    }
    yield from (plain.pop(name) for name in _LIKED if name in plain)
    yield from (plain[name] for name in sorted(plain))


def _new(manager: Any) -> Iterator[Any]:
    """The same once more with those that were installed since matplotlib made its list, which it keeps for good."""
    known = {each.fname for each in manager.fontManager.ttflist}
    for path in sorted({*manager.findSystemFonts()} - known):
        try:
            manager.fontManager.addfont(path)
        except (OSError, RuntimeError):
            continue
    yield from _known(manager)
