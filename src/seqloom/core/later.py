"""A package whose names are imported when they are asked for: a program pays for those alone that it uses."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from typing import Any

__all__ = ["names_later"]


def names_later(package: str, rooms: Mapping[str, str], *, paths: Iterable[str] = ()) -> Callable[[str], Any]:
    """The `__getattr__` of a package: `{"texts": "measure compare"}` says that ``package.texts`` has those two.

    ``paths`` are names whose rooms are said already, `package.texts:measure`.
    """
    room_of = {name: f"{package}.{room}" for room, names in rooms.items() for name in names.split()}
    for path in paths:
        room, _, name = path.partition(":")
        room_of[name] = room

    def getattr_(name: str) -> Any:
        if name not in room_of:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        found = getattr(import_module(room_of[name]), name)
        setattr(sys.modules[package], name, found)
        return found

    return getattr_
