"""What may answer for a model: an engine, how small its numbers are, and whether a shortlist holds it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from seqloom.core.errors import RecipeError
from seqloom.core.wording import nearest, show

__all__ = ["FORMS", "Form"]

_SHORTLIST = "shortlist"


@dataclass(frozen=True, kw_only=True)
class Form:
    """A model's own engine, or an export of it. Its name is that of the folder which `seqloom export` would make."""

    engine: Literal["own", "ctranslate2", "onnx"]
    quantize: str | None = None
    shortlist: bool = False

    def __str__(self) -> str:
        return "-".join(part for part in (self.engine, self.quantize, _SHORTLIST if self.shortlist else None) if part)

    @classmethod
    def read(cls, name: str) -> Form:
        """The form of that name: `own`, `ctranslate2-int8-shortlist`, `onnx` …"""
        engine, *rest = name.split("-")
        shortlist = rest[-1:] == [_SHORTLIST]
        quantize = rest[: len(rest) - shortlist]
        match engine:
            case "own" if not quantize:
                return cls(engine="own", shortlist=shortlist)
            case "ctranslate2" | "onnx" if len(quantize) <= 1:
                return cls(engine=engine, quantize=next(iter(quantize), None), shortlist=shortlist)
        names = [str(each) for each in FORMS]
        guess = nearest(name, names)
        raise RecipeError(
            f"`--forms` must be among {', '.join(names)}, or another `--quantize` of an export, but has {show(name)}."
            + (f" Did you mean {show(guess)}?" if guess else "")
        )


FORMS: tuple[Form, ...] = (
    Form(engine="own"),
    Form(engine="own", shortlist=True),
    Form(engine="ctranslate2"),
    Form(engine="ctranslate2", quantize="int8"),
    Form(engine="ctranslate2", quantize="int8", shortlist=True),
    Form(engine="onnx"),
    Form(engine="onnx", quantize="int8"),
)
"""Those that are tried unless others are asked for."""
