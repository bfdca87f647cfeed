"""`seqloom data`: what is done with files of pairs before anything is trained."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

__all__ = ["data"]

data = App(name="data", help="Look at files of pairs, convert, split and clean them.")
COMMANDS: tuple[Callable[..., None], ...] = ()
"""In the order in which the help lists them; each is a file of its own."""
for command in COMMANDS:
    data.command(command)
