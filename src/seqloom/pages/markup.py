"""Text as HTML: escaped where it enters a page, and nowhere else."""

from __future__ import annotations

import html
import re
from collections.abc import Iterable, Mapping
from typing import NewType

__all__ = ["Html", "element", "escaped", "joined", "language_of", "number", "percent", "prose", "slug"]

Html = NewType("Html", str)
"""Text that is HTML already."""

_CODE = re.compile(r"`([^`]+)`")
_CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff\ufffe\uffff]")
"""What HTML must not hold, and marks of direction that would turn round what stands after them."""
_KANA = re.compile("[\u3041-\u30ff]")
_HANGUL = re.compile("[\uac00-\ud7a3]")
_HAN = re.compile("[\u3400-\u9fff]")


def escaped(text: str) -> Html:
    """Somebody's text, exactly; characters that no page may hold are shown as �."""
    return Html(html.escape(_CONTROLS.sub("\ufffd", text)))


def prose(text: str) -> Html:
    """Our own text, in which `this` is code."""
    return Html(_CODE.sub(r"<code>\1</code>", escaped(text)))


def joined(parts: Iterable[Html], separator: str = "") -> Html:
    return Html(separator.join(parts))


def element(name: str, inside: Html | None, attributes: Mapping[str, object] | None = None) -> Html:
    """`<name …>inside</name>`; without an end where ``inside`` is None. An attribute that is None is left out."""
    written = [f' {key}="{escaped(str(value))}"' for key, value in (attributes or {}).items() if value is not None]
    start = f"<{name}{''.join(written)}>"
    return Html(start) if inside is None else Html(f"{start}{inside}</{name}>")


def slug(title: str) -> str:
    """A title as an anchor."""
    return re.sub(r"\W+", "-", title.lower()).strip("-") or "section"


def language_of(text: str) -> str | None:
    """Where the same character is drawn in different ways: the language whose way is likely meant."""
    if text.isascii():
        return None
    if _KANA.search(text):
        return "ja"
    if _HANGUL.search(text):
        return "ko"
    return "zh" if _HAN.search(text) else None


def number(value: float) -> str:
    """For people: 29,000, 1.25 M, 0.83, 0.0004."""
    size = abs(value)
    if size >= 1_000_000:
        return f"{value / 1_000_000:.3g} M"
    if value == int(value):
        return f"{int(value):,}"
    if size >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if size >= 10 else f"{value:.3g}"


def percent(share: float) -> str:
    """For people: 12 %, 0.83 %, <0.01 %."""
    if 0 < share < 0.0001:
        return "<0.01 %"
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.1 else f"{100 * share:.2g} %"
