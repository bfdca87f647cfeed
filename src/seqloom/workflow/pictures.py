"""Attention as a picture: shades in a terminal, and a file that any browser shows."""

from __future__ import annotations

import unicodedata
from html import escape
from pathlib import Path

from seqloom.core.files import write_text
from seqloom.workflow.answers import Answer

__all__ = ["attention_svg", "attention_text", "write_attention"]

_SHADES = "·░▒▓█"
_CELL, _LABEL = 30, 110


def attention_text(answer: Answer) -> str:
    """A row for each token said, a column for each token read; the darker, the more it looked there."""
    weights = answer.attention
    if not weights:
        return ""
    said = [*answer.tokens, "(end)"]
    width = max(_cells(token) for token in said)
    columns = [max(2, _cells(token)) for token in answer.source_tokens]
    lines = [" " * width + "  " + " ".join(_padded(*pair) for pair in zip(answer.source_tokens, columns, strict=True))]
    for token, row in zip(said, weights, strict=True):
        shades = [_SHADES[min(4, int(weight * 5))] * 2 for weight in row]
        cells = " ".join(_padded(*pair) for pair in zip(shades, columns, strict=True))
        lines.append(f"{_padded(token, width)}  {cells}".rstrip())
    return "\n".join(lines)


def attention_svg(answer: Answer) -> str:
    """The same to be looked at large; it needs nothing but itself, and is readable in light and dark."""
    weights = answer.attention or ()
    said = [*answer.tokens, "(end)"]
    width = _LABEL + _CELL * len(answer.source_tokens) + 10
    height = _LABEL + _CELL * len(weights) + 10
    marks = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        'font-family="system-ui, sans-serif" font-size="13">',
        f"<title>{escape(answer.source)} → {escape(answer.text)}</title>",
        '<rect width="100%" height="100%" fill="#ffffff"/>',
    ]
    for number, token in enumerate(answer.source_tokens):
        x, y = _LABEL + _CELL * (number + 0.6), _LABEL - 8
        marks.append(
            f'<text transform="translate({x:.0f} {y}) rotate(-50)" fill="#222222">{escape(_seen(token))}</text>'
        )
    for line, (token, row) in enumerate(zip(said, weights, strict=False)):
        y = _LABEL + _CELL * line
        marks.append(
            f'<text x="{_LABEL - 8}" y="{y + _CELL * 0.65:.0f}" text-anchor="end" fill="#222222">'
            f"{escape(_seen(token))}</text>"
        )
        for column, weight in enumerate(row):
            x = _LABEL + _CELL * column
            marks.append(
                f'<rect x="{x + 1}" y="{y + 1}" width="{_CELL - 2}" height="{_CELL - 2}" rx="3" fill="#1f5fa8" '
                f'fill-opacity="{max(0.04, weight):.3f}"><title>{escape(_seen(token))} ← '
                f"{escape(_seen(answer.source_tokens[column]))}: {weight:.0%}</title></rect>"
            )
    return "\n".join([*marks, "</svg>", ""])


def write_attention(answer: Answer, path: Path) -> None:
    write_text(path, attention_svg(answer))


def _seen(token: str) -> str:
    """A token with its space made visible where it is nothing else."""
    return token if token.strip() else "␣"


def _cells(text: str) -> int:
    """How many columns of a terminal a text takes: a Chinese character takes two."""
    return sum(0 if unicodedata.combining(c) else 2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in text)


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _cells(text))
