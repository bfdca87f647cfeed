"""What CTranslate2 cannot answer as our own search would, each as one line. No torch here."""

from __future__ import annotations

from seqloom.decoding.request import BeamSearch, Request, Source

__all__ = ["not_known", "not_text"]


def not_text(source: Source) -> str | None:
    if source.parts.keys() != {"text"}:
        return f"`source` must be a text for CTranslate2, but has {', '.join(source.parts)}."
    if source.copy is not None or source.units is not None:
        return "`source` must be a text alone for CTranslate2, but says what to copy or to label."
    return None


def not_known(request: Request) -> str | None:
    instead = "Ask the model itself."
    if not isinstance(request.search, BeamSearch):
        return f'`search` must be "beam" for CTranslate2, but is "{request.search.kind}". {instead}'
    for name in ("constraints", "coverage_penalty", "attention"):
        if getattr(request, name):
            return f"`{name}` must be left out for CTranslate2, which has no such thing. {instead}"
    if request.min_length and request.beams > 1:
        return (
            f"`min_length` must be 0 for CTranslate2 with `beams` {request.beams}, but is {request.min_length}: it "
            f"would make what ends late likelier. {instead}"
        )
    return None
