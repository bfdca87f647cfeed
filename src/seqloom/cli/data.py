"""`seqloom data`: what is done with files of pairs before anything is trained."""

from __future__ import annotations

from collections.abc import Callable

from cyclopts import App

from seqloom.cli.data_clean import clean
from seqloom.cli.data_convert import convert
from seqloom.cli.data_histories import histories
from seqloom.cli.data_series import series
from seqloom.cli.data_split import split
from seqloom.cli.inspect import inspect

__all__ = ["data"]

data = App(name="data", help="Look at files of pairs, convert, split and clean them; make them of ratings.")
COMMANDS: tuple[Callable[..., None], ...] = (inspect, convert, split, clean, histories, series)
"""In the order in which the help lists them; each is a file of its own."""
for command in COMMANDS:
    data.command(command)
