"""What two ONNX graphs take and give, told in a file beside them.

``encoder.onnx`` reads a batch of sources and leaves the state that a search starts with, one hypothesis a source.
``step.onnx`` reads a token a hypothesis and the state before it; it gives ``logp``, ``attention`` where there is one,
and what has changed of the state, under the state's names with ``NEW`` before them.

An axis is a number where its size is fixed, else a letter of the legend in ``seqloom.nn``: B sources, K their
hypotheses, N both (in the graphs two axes, B and K), T tokens read so far. Any other letter or word is a size that the
sources have, such as S, their positions.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, Self

from seqloom.core import settings
from seqloom.core.errors import ModelFolderError, RecipeError
from seqloom.core.files import read_json, write_json
from seqloom.core.specials import Specials

__all__ = ["ENCODER", "NEW", "STEP", "Carried", "Given", "Layout", "TensorType", "first_part"]

ENCODER, STEP, LAYOUT = "encoder.onnx", "step.onnx", "onnx.json"
FORMAT = 1
NEW = "new_"
"""Before the name of a state's tensor: what it is after the step."""


def first_part(names: Iterable[str]) -> str:
    """The part whose positions are copied from and labelled."""
    return next((name for name in names if name in ("text", "vectors")), "text")


TensorType = Literal["float32", "int64", "bool"]
Axis = int | str


@dataclass(frozen=True, kw_only=True)
class Given:
    """The input of the encoder."""

    name: str
    """A part's values or its mask, ``text/values`` and ``text/mask`` say; or ``copy`` or ``units``."""
    type: TensorType
    axes: tuple[Axis, ...]
    longest: int | None = None
    """How long axis 1 may be; None: any number."""


@dataclass(frozen=True, kw_only=True)
class Carried:
    """The tensor of the state."""

    name: str
    type: TensorType
    axes: tuple[Axis, ...]
    fill: int = 0
    """What stands at padding where sources of different lengths are joined."""
    read: bool = True
    """Whether a step reads it; else it is there for the search."""
    moves: bool = False
    """Whether a step gives a new one; what belongs to the source stays."""
    in_place: bool = False
    """Whether the new one may be written where the old one stands: nothing else in the graph reads the old one."""

    @property
    def grows(self) -> int | None:
        """The axis that grows with the tokens read. Such a tensor is empty at the start, and no encoder gives it."""
        return self.axes.index("T") if "T" in self.axes else None


@dataclass(frozen=True, kw_only=True)
class Layout:
    """The layout of the graphs."""

    format: int = FORMAT
    vocabulary: Specials
    longest: int | None = None
    """How many steps can be taken at most; None: any number."""
    order: int | None = None
    joins: bool
    given: tuple[Given, ...]
    state: tuple[Carried, ...]
    columns: int
    """Of ``logp``, apart from …"""
    own: bool
    """… as many more as the memory has positions: the row's own words."""
    attention: bool
    mask: str
    """The state's tensor with the real positions of the memory."""

    def write(self, folder: Path) -> None:
        write_json(folder / LAYOUT, settings.to_data(self))

    @classmethod
    def read(cls, folder: Path) -> Self:
        path = folder / LAYOUT
        data = read_json(path)
        if data.get("format") != FORMAT:
            raise ModelFolderError(
                f"{path}: `format` must be {FORMAT}, but is {data.get('format')}. Export the model again."
            )
        try:
            return settings.parse(cls, data, where=str(path))
        except RecipeError as error:
            raise ModelFolderError(str(error)) from error
