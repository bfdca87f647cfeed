"""Options that several commands share."""

from typing import Annotated, TypeAlias

from cyclopts import Parameter

from seqloom.core.devices import DeviceName

__all__ = ["Device", "Files", "Overrides", "Trust"]

Files: TypeAlias = Annotated[tuple[str, ...], Parameter(consume_multiple=True, negative=(), show_default=False)]
Overrides: TypeAlias = Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)]
Trust: TypeAlias = Annotated[tuple[str, ...], Parameter(negative=(), show_default=False)]
Device: TypeAlias = DeviceName
