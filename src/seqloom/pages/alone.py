"""A picture as a file of its own."""

from __future__ import annotations

from seqloom.pages.document import style
from seqloom.pages.markup import Html, element

__all__ = ["alone"]


def alone(picture: Html) -> str:
    """An SVG with a page's style inside, so that it too is light or dark as its reader likes."""
    paper = element("rect", Html(""), {"x": "-12", "y": "-12", "width": "200%", "height": "200%", "class": "paper"})
    inside = element("style", style()) + paper
    head, _, rest = picture.partition(">")
    return f'<?xml version="1.0" encoding="UTF-8"?>\n{head} xmlns="http://www.w3.org/2000/svg">{inside}{rest}\n'
