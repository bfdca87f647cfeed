"""What a settings class expects of a recipe, read once from its annotations."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, fields, is_dataclass
from importlib import import_module
from types import NoneType, UnionType
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeGuard, Union, get_args, get_origin, get_type_hints


class ByKind:
    """The type of `by_kind`, the mark of a written union whose member is picked by the key `kind`."""

    def __repr__(self) -> str:
        return "by_kind"


by_kind: Final = ByKind()


class Kinds(Mapping[str, type]):
    """The mark of a choice whose members are named, `{"conv": "my_package.conv:ConvSettings"}`, and imported when they
    are chosen: where a model needs one of many rooms, to start should not be to enter them all."""

    def __init__(self, paths: Mapping[str, str]) -> None:
        self._paths = paths

    def __getitem__(self, kind: str) -> type:
        module, _, name = self._paths[kind].partition(":")
        cls: type = getattr(import_module(module), name)
        if kind not in kinds_of(cls):
            raise TypeError(f"{cls} needs a `kind: Literal[…]` with {kind!r}, by which it is chosen")
        return cls

    def __iter__(self) -> Iterator[str]:
        return iter(self._paths)

    @property
    def paths(self) -> Collection[str]:
        """Where its members are, `my_package.conv:ConvSettings`."""
        return self._paths.values()

    def __len__(self) -> int:
        return len(self._paths)

    # As a mark it is itself and no other; to compare what it holds would import all of it.
    __eq__ = object.__eq__
    __hash__ = object.__hash__


@dataclass(frozen=True)
class Leaf:
    """A value that is no table of settings: a number, a string, a list of them."""

    hint: Any
    """Its type, as ``values.read`` takes it."""


@dataclass(frozen=True)
class Section:
    """A table read into one settings class."""

    cls: type


@dataclass(frozen=True)
class Choice:
    """A table read into that member of a union, or of ``Kinds``, which its `kind` names."""

    members: Mapping[str, type]

    def own_kind(self, cls: type) -> str | None:
        """Where a recipe finds `cls` if that is no member of the union, but a part of the recipe's author."""
        ours = any(kind in self.members and self.members[kind] is cls for kind in kinds_of(cls))
        return None if ours else f"{cls.__module__}:{cls.__qualname__}"


@dataclass(frozen=True)
class Many:
    """An array of tables, read into a tuple."""

    item: "Shape"


@dataclass(frozen=True)
class Named:
    """A table of tables under free names, read into a dict."""

    item: "Shape"


Shape: TypeAlias = Leaf | Section | Choice | Many | Named


@dataclass(frozen=True)
class Setting:
    """One field of a settings class."""

    shape: Shape
    required: bool
    default: object
    """Only to be looked at; None when the setting is required."""


def is_settings(hint: object) -> TypeGuard[type[Any]]:
    """Whether `hint` is a dataclass."""
    return isinstance(hint, type) and is_dataclass(hint)


def settings_of(cls: type[Any]) -> Mapping[str, Setting]:
    """The settings of a dataclass by name, in the order written."""
    if cls not in _seen:
        _seen[cls] = _settings_of(cls)
    return _seen[cls]


_seen: dict[type[Any], Mapping[str, Setting]] = {}


def _settings_of(cls: type[Any]) -> Mapping[str, Setting]:
    hints = get_type_hints(cls, include_extras=True)
    found = {}
    for field in fields(cls):
        if not field.init:
            continue
        hint, default = hints[field.name], field.default
        required = default is MISSING and field.default_factory is MISSING
        if field.default_factory is not MISSING:
            default = field.default_factory()
        if _without_none(hint) is not hint and default is not None:
            # A recipe has no word for None but to leave the key out.
            raise TypeError(f"{cls.__qualname__}.{field.name} may be None, so None must be its default")
        shape = _shape(hint, f"{cls.__qualname__}.{field.name}")
        found[field.name] = Setting(shape=shape, required=required, default=None if required else default)
    return found


def kinds_of(cls: type) -> tuple[str, ...]:
    """The values of the field `kind` where that is a Literal, else ()."""
    hint = get_type_hints(cls).get("kind")
    return get_args(hint) if get_origin(hint) is Literal else ()


def human_name(cls: type) -> str | None:
    """How a message calls `cls`: its docstring up to the first stop, where that begins with an article.

    "The Transformer encoder, normalised before each part." is "the Transformer encoder".
    """
    words = (cls.__doc__ or "").strip().partition("\n")[0]
    for stop in ".,:;(":
        words = words.partition(stop)[0].strip()
    article, _, rest = words.partition(" ")
    return f"{article.lower()} {rest}" if article in ("The", "A", "An") and rest else None


def _shape(hint: Any, owner: str) -> Shape:
    bare, mark = _unwrap(hint)
    if mark is not None:
        return Choice(mark) if isinstance(mark, Kinds) else _choice(bare, owner)
    if is_settings(bare):
        return Section(bare)
    origin, arguments = get_origin(bare), get_args(bare)
    if not _mentions_settings(bare):
        return Leaf(hint)
    if origin is tuple and len(arguments) == 2 and arguments[1] is ...:
        return Many(_shape(arguments[0], owner))
    if origin in (dict, Mapping) and arguments[0] is str:
        return Named(_shape(arguments[1], owner))
    if origin in (Union, UnionType):
        raise TypeError(f"{owner} chooses between settings: write `Annotated[{bare}, by_kind]`")
    raise TypeError(f"{owner} keeps settings in {bare}: write `tuple[X, ...]` or `dict[str, X]`")


def _choice(union: Any, owner: str) -> Choice:
    members: dict[str, type] = {}
    for cls in get_args(union) or (union,):
        kinds = kinds_of(cls) if is_settings(cls) else ()
        if not kinds or not members.keys().isdisjoint(kinds):
            raise TypeError(f"{owner}: {cls} needs a `kind: Literal[…]` that no other member has")
        members |= dict.fromkeys(kinds, cls)
    return Choice(members)


def _unwrap(hint: Any) -> tuple[Any, ByKind | Kinds | None]:
    """Take `Annotated` and `| None` off a hint; tell which mark of a choice was among the annotations."""
    found: ByKind | Kinds | None = None
    while True:
        if get_origin(hint) is Annotated:
            hint, *marks = get_args(hint)
            found = next((mark for mark in marks if isinstance(mark, ByKind | Kinds)), found)
        elif (inner := _without_none(hint)) is not hint:
            hint = inner
        else:
            return hint, found


def _without_none(hint: Any) -> Any:
    if get_origin(hint) is Annotated:
        inner = get_args(hint)[0]
        return hint if _without_none(inner) is inner else _without_none(inner)
    arguments: Sequence[Any] = get_args(hint)
    if get_origin(hint) in (Union, UnionType) and NoneType in arguments:
        return Union[tuple(argument for argument in arguments if argument is not NoneType)]  # noqa: UP007
    return hint


def _mentions_settings(hint: Any) -> bool:
    return (
        is_settings(hint)
        or isinstance(hint, ByKind | Kinds)
        or any(_mentions_settings(argument) for argument in get_args(hint))
    )
