"""Which choices a settings class offers, read from its annotations, and how to make an instance of each."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, fields, is_dataclass
from functools import cache
from itertools import product
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin, get_type_hints

from seqloom.core.errors import RecipeError

__all__ = ["Assignment", "Choice", "choices", "kind_of", "make"]

Assignment = Mapping[str, Any]
"""What was chosen, by the choice's path."""

_SMALL: dict[str, tuple[Any, ...]] = {
    "width": (8, 12),
    "layers": (2, 1),
    "heads": (2,),
    "kv_heads": (1,),
    "feed_forward": (12,),
    "longest": (32,),
    "buckets": (8,),
    "distance": (16,),
    "components": (2,),
    "slots": (2,),
    "window": (2,),
    "stack": (1, 2),
    "dropout": (0.1,),
    "attention_dropout": (0.1,),
}
"""Numbers small enough for a law to take milliseconds; two of them where sizes that differ make another path."""


@dataclass(frozen=True)
class Choice:
    """One decision: the values it can take, and the decisions without which it does not arise."""

    path: str
    values: tuple[Any, ...]
    requires: tuple[tuple[str, Any], ...]
    needs: Mapping[Any, tuple[tuple[str, Any], ...]] = field(default_factory=dict, compare=False)
    """What other decisions must be where this one is so: a kind's ``needs``."""


def choices(hint: Any, path: str, requires: tuple[tuple[str, Any], ...] = ()) -> Iterator[Choice]:
    """Every decision below ``hint``."""
    hint = _bare(hint)
    members = _members(hint)
    if len(members) > 1:
        kinds = tuple(map(kind_of, members))
        needs = {kind: _needs(member) for kind, member in zip(kinds, members, strict=True)}
        yield Choice(path, kinds, requires, needs)
        for kind, member in zip(kinds, members, strict=True):
            yield from choices(member, f"{path}[{kind}]", (*requires, (path, kind)))
    elif members:
        for name, field_hint in _settings(members[0]).items():
            yield from choices(field_hint, f"{path}.{name}", requires)
    elif (values := _values(hint, path)) and len(values) > 1:
        yield Choice(path, values, requires)


def make(hint: Any, path: str, chosen: Assignment) -> Any:
    """The value that the assignment describes; a field that offers no choice and no small number keeps its default."""
    hint = _bare(hint)
    members = _members(hint)
    if len(members) > 1:
        member = next(member for member in members if kind_of(member) == chosen[path])
        return make(member, f"{path}[{chosen[path]}]", chosen)
    if members:
        made = {
            name: make(field_hint, f"{path}.{name}", chosen)
            for name, field_hint in _settings(members[0]).items()
            if _matters(field_hint, f"{path}.{name}")
        }
        return members[0](**made)
    values = _values(hint, path)
    value = chosen[path] if len(values) > 1 else values[0]
    if get_origin(hint) is Mapping:
        return _named(hint, value) if isinstance(value, tuple) else _each(hint) if value else {}
    return _stacked(hint, value) if get_origin(hint) is tuple else value


def _matters(hint: Any, path: str) -> bool:
    hint = _bare(hint)
    return bool(_members(hint) or _values(hint, path))


@cache
def _settings(cls: Any) -> dict[str, Any]:
    hints = get_type_hints(cls, include_extras=True)
    return {field.name: hints[field.name] for field in fields(cls) if field.init and field.name != "kind"}


def _members(hint: Any) -> tuple[Any, ...]:
    """The settings classes that a hint allows: none, one, or a union's."""
    if isinstance(hint, type) and is_dataclass(hint):
        return (hint,)
    if get_origin(hint) in (Union, UnionType) and all(is_dataclass(member) for member in get_args(hint)):
        return get_args(hint)
    return ()


@cache
def kind_of(cls: Any) -> str:
    """What a recipe calls a settings class."""
    hint = get_type_hints(cls).get("kind")
    return str(get_args(hint)[0]) if get_origin(hint) is Literal else f"{cls.__module__}:{cls.__qualname__}"


def _values(hint: Any, path: str) -> tuple[Any, ...]:
    """What a plain field is tried with; () keeps its default."""
    if get_origin(hint) is Literal:
        return get_args(hint)
    if hint is bool:
        return (False, True)
    if get_origin(hint) is tuple and (kinds := _stackable(hint)):
        return _beside(kinds)  # each kind once below and once above
    if get_origin(hint) is Mapping and (items := _members(_bare(get_args(hint)[1]))):
        # None of them, or one of each kind that there can be; of parts that have encoders these are too many.
        return next((_beside(kinds) for kinds in map(_nested, _settings(items[0]).values()) if kinds), (False, True))
    small = _SMALL.get(path.rpartition(".")[2], ())
    if get_origin(hint) in (Union, UnionType) and NoneType in get_args(hint):
        return (None, *small[:1])
    return small if hint in (int, float) else ()


def _stackable(hint: Any) -> tuple[str, ...]:
    """The kinds that a tuple of settings can hold, those left out that hold such a tuple themselves."""
    return _flat(_members(_bare(get_args(hint)[0])))


def _nested(hint: Any) -> tuple[str, ...]:
    """The same of a union that has one which holds such a tuple: of encoders."""
    members = _members(_bare(hint))
    flat = _flat(members)
    return flat if len(flat) < len(members) else ()


def _flat(members: tuple[Any, ...]) -> tuple[str, ...]:
    return tuple(
        kind_of(member)
        for member in members
        if not any(get_origin(_bare(field_hint)) is tuple for field_hint in _settings(member).values())
    )


def _beside(kinds: tuple[str, ...]) -> tuple[Any, ...]:
    """Pairs in which each kind is once the first and once the second."""
    return tuple(zip(kinds, (*kinds[1:], kinds[0]), strict=True))


@cache
def _stacked(hint: Any, kinds: tuple[str, ...]) -> tuple[Any, ...]:
    """One instance of each kind, every choice below it the first."""
    union = get_args(hint)[0]
    made = []
    for kind in kinds:
        first = {choice.path: choice.values[0] for choice in choices(union, "stacked")}
        made.append(make(union, "stacked", {**first, "stacked": kind}))
    return tuple(made)


@cache
def _each(hint: Any) -> dict[str, Any]:
    """Settings under free names: an instance of every assignment that is none in vain."""
    item = get_args(hint)[1]
    every = [*choices(item, "each")]
    made: dict[str, Any] = {}
    for values in product(*(choice.values for choice in every)):
        with suppress(RecipeError):
            made[f"name{len(made)}"] = make(
                item, "each", {choice.path: v for choice, v in zip(every, values, strict=True)}
            )
    return made


@cache
def _named(hint: Any, kinds: tuple[str, ...]) -> dict[str, Any]:
    """Parts with encoders of these kinds, every other choice the first; the first part is the text that all have."""
    item = get_args(hint)[1]
    first = {choice.path: choice.values[0] for choice in choices(item, "named")}
    [encoder] = [name for name, each in _settings(_members(_bare(item))[0]).items() if _nested(each)]
    return {
        "text" if number == 0 else f"name{number}": make(item, "named", {**first, f"named.{encoder}": kind})
        for number, kind in enumerate(kinds)
    }


def _needs(member: Any) -> tuple[tuple[str, Any], ...]:
    """What a kind leaves no choice in."""
    return tuple((path, kind) for path, kind in getattr(member, "needs", {}).items() if isinstance(kind, str))


def _bare(hint: Any) -> Any:
    while get_origin(hint) is Annotated:
        hint = get_args(hint)[0]
    return hint
