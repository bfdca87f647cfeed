"""A value of a recipe that is no table of settings: a number, a text, a list or a table of them. Read strictly."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, NamedTuple, Union, get_args, get_origin

from seqloom.core.wording import join, must_be, one_of, show

__all__ = ["Within", "Wrong", "explain", "plain", "read"]


@dataclass(frozen=True, kw_only=True)
class Within:
    """The bounds of a number: `Annotated[int, Within(ge=1)]`."""

    ge: float | None = None
    gt: float | None = None
    le: float | None = None
    lt: float | None = None

    def broken(self, value: float) -> Iterator[str]:
        """What a value must be but is not; it must be within, so that one that is no number is not."""
        if self.le is not None and not value <= self.le:
            yield f"at most {show(self.le)}"
        if self.lt is not None and not value < self.lt:
            yield f"less than {show(self.lt)}"
        if self.ge is not None and not value >= self.ge:
            yield f"at least {show(self.ge)}"
        if self.gt is not None and not value > self.gt:
            yield f"more than {show(self.gt)}"


class Wrong(NamedTuple):
    """What was refused, and what it must be."""

    path: str
    expected: str
    value: object
    names: tuple[str, ...] = ()


def read(hint: Any, data: object, path: str) -> tuple[object, list[Wrong]]:
    """What TOML or JSON holds as the type of a setting; the value counts only where nothing is wrong."""
    origin, arguments = get_origin(hint), get_args(hint)
    if hint is Any:
        return data, []
    if origin is Annotated:
        value, wrong = read(arguments[0], data, path)
        bounds = (words for mark in arguments[1:] if isinstance(mark, Within) for words in mark.broken(data))  # type: ignore[arg-type]
        return value, wrong or [Wrong(path, words, data) for words in bounds][:1]
    if origin is Literal:
        return _option(arguments, data, path)
    if origin in (Union, UnionType):
        return _either(arguments, data, path)
    if origin in (tuple, list):
        return _list(origin, arguments, data, path)
    if origin in (dict, Mapping):
        return _table(arguments[1], data, path)
    return _simple(hint, data, path)


def _simple(hint: Any, data: object, path: str) -> tuple[object, list[Wrong]]:
    number = isinstance(data, int | float) and not isinstance(data, bool)
    if hint is bool:
        return data, [] if isinstance(data, bool) else [Wrong(path, "true or false", data)]
    if hint is int:
        return data, [] if number and isinstance(data, int) else [Wrong(path, "a whole number", data)]
    if hint is float:
        return (float(data), []) if number else (data, [Wrong(path, "a number", data)])  # type: ignore[arg-type]
    if hint in (str, Path):  # who calls from Python may say a path for either
        return (hint(data), []) if isinstance(data, str | Path) else (data, [Wrong(path, "a string", data)])
    raise TypeError(f"{hint} is no type of a setting: it must be made of bool, int, float, str, Path, Literal, tuple …")


def _option(options: Sequence[object], data: object, path: str) -> tuple[object, list[Wrong]]:
    for option in options:
        # In Python, True is 1.
        if isinstance(data, type(option)) and isinstance(data, bool) == isinstance(option, bool) and data == option:
            return option, []
    names = tuple(option for option in options if isinstance(option, str))
    return data, [Wrong(path, one_of(options), data, names)]


def _either(hints: Sequence[Any], data: object, path: str) -> tuple[object, list[Wrong]]:
    """The first that takes it, or what all of them miss. A recipe has no word for None, but Python has."""
    if data is None and NoneType in hints:
        return None, []
    missed: list[Wrong] = []
    for hint in hints:
        if hint is not NoneType:
            value, wrong = read(hint, data, path)
            if not wrong:
                return value, []
            missed += wrong
    return data, missed


def _list(origin: type, hints: Sequence[Any], data: object, path: str) -> tuple[object, list[Wrong]]:
    if not isinstance(data, list | tuple):
        return data, [Wrong(path, "a list", data)]
    if origin is list or hints[-1] is ...:
        hints = [hints[0]] * len(data)
    if len(data) != len(hints):
        return data, [Wrong(path, f"{len(hints)} items long", data)]
    found = [read(hint, each, join(path, place)) for place, (hint, each) in enumerate(zip(hints, data, strict=True))]
    return origin(value for value, _ in found), [each for _, wrong in found for each in wrong]


def _table(hint: Any, data: object, path: str) -> tuple[object, list[Wrong]]:
    if not isinstance(data, Mapping):
        return data, [Wrong(path, "a table", data)]
    found = {name: read(hint, each, join(path, name)) for name, each in data.items()}
    return {name: value for name, (value, _) in found.items()}, [each for _, wrong in found.values() for each in wrong]


def explain(wrong: Sequence[Wrong]) -> list[str]:
    """One line for each place: one that each member of a union refused is one."""
    places: dict[str, list[Wrong]] = {}
    for each in wrong:
        places.setdefault(each.path, []).append(each)
    return [
        must_be(
            path,
            " or ".join(dict.fromkeys(each.expected for each in found)),
            found[0].value,
            names=[name for each in found for name in each.names],
        )
        for path, found in places.items()
    ]


def plain(value: Any) -> Any:
    """A value as TOML and JSON know it: what `read` reads back."""
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Mapping):
        return {name: plain(each) for name, each in value.items() if each is not None}
    return value
