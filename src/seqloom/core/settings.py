"""Recipes, read strictly into frozen dataclasses, and written back.

Settings stand beside the module that they build:

    @dataclass(frozen=True, kw_only=True, slots=True)
    class ConvEncoderSettings:
        \"\"\"The convolutional encoder.\"\"\"

        kind: Literal["conv"] = "conv"
        layers: Positive = 8
        kernel: Positive = 3
        dropout: Rate = 0.0

        def __post_init__(self) -> None:
            if self.kernel % 2 == 0:
                raise RecipeError(f"kernel must be odd, but is {self.kernel}.")

and a choice between them is a written union, picked by `kind`:

    EncoderSettings = RnnEncoderSettings | ConvEncoderSettings

    class ModelSettings:
        encoder: Annotated[EncoderSettings, by_kind] = RnnEncoderSettings()

A choice of which a person takes one, though all would be long in coming, is named instead, and what is not chosen is
never imported: `TaskSettings = Annotated[TaskBase, Kinds({"pairs": "seqloom.tasks.pairs:PairsSettings", …})]`.

In place of a written kind a recipe may name its author's own: `kind = "my_package.module:MySettings"`.

The docstring's first words are what a message calls the class: "… is not a setting of the convolutional encoder".
An optional setting has None for its default, and is left out of a recipe: TOML has no null. Annotations are read at run
time, so what they name must be imported outside `if TYPE_CHECKING`.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Final, TypeVar

from seqloom.core import toml
from seqloom.core.errors import RecipeError
from seqloom.core.own_parts import find_own_part
from seqloom.core.shapes import (
    Choice,
    Kinds,
    Leaf,
    Many,
    Named,
    Section,
    Shape,
    by_kind,
    human_name,
    is_settings,
    kinds_of,
    settings_of,
)
from seqloom.core.toml import override
from seqloom.core.values import Within, explain, plain, read
from seqloom.core.wording import join, must_be, nearest, one_of

__all__ = [
    "Amount",
    "Count",
    "Fraction",
    "Kinds",
    "Positive",
    "Rate",
    "Scale",
    "Seed",
    "Share",
    "Within",
    "by_kind",
    "flat",
    "load",
    "override",
    "parse",
    "to_data",
    "to_toml",
]

T = TypeVar("T")

Positive = Annotated[int, Within(ge=1)]
Count = Annotated[int, Within(ge=0)]
Seed = Annotated[int, Within(ge=0, lt=2**32)]
"""What numpy, the narrowest of the generators, takes for a seed."""
Rate = Annotated[float, Within(ge=0, lt=1)]
"""A share that may not be all: dropout, label smoothing."""
Fraction = Annotated[float, Within(ge=0, le=1)]
Amount = Annotated[float, Within(ge=0)]
Scale = Annotated[float, Within(gt=0)]
Share = Annotated[float, Within(gt=0, lt=1)]
"""A part of a whole: neither none of it nor all."""


def load(kind: type[T], path: str | Path, *, overrides: Sequence[str] = (), trust: frozenset[str] | None = None) -> T:
    """Read settings from a TOML file, with single keys set anew: `overrides=["model.encoder.layers=4"]`."""
    return parse(kind, override(toml.read(path), overrides), where=str(path), trust=trust)


def parse(
    kind: type[T], data: Mapping[str, object], *, where: str = "recipe", trust: frozenset[str] | None = None
) -> T:
    """Read settings from plain tables; raise one RecipeError with every mistake in them, each led by `where`.

    `trust` names the packages from which parts of the recipe's author may be imported; None trusts all, as one trusts
    one's own recipe.
    """
    reader = _Reader(trust)
    settings = reader.section(kind, data, "")
    if mistakes := reader.mistakes():
        raise RecipeError(*(f"{where}: {mistake}" for mistake in mistakes))
    assert isinstance(settings, kind)
    return settings


def to_toml(settings: object) -> str:
    """Settings as the TOML that `parse` reads back into their equal."""
    return toml.write(to_data(settings))


def to_data(settings: object) -> dict[str, Any]:
    """Settings as plain tables, without what is None."""
    return {
        name: _plain(setting.shape, value)
        for name, setting in settings_of(type(settings)).items()
        if (value := getattr(settings, name)) is not None
    }


def flat(data: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, Any]]:
    """Nested tables as dotted keys."""
    for key, value in data.items():
        if isinstance(value, Mapping):
            yield from flat(value, f"{path}{key}.")
        else:
            yield f"{path}{key}", value


def _plain(shape: Shape, value: Any) -> Any:
    match shape:
        case Section():
            return to_data(value)
        case Choice():
            # First, though a class that inherits its settings has its own `kind` last.
            data = to_data(value)
            return {"kind": shape.own_kind(type(value)) or data["kind"]} | _without_kind(data)
        case Many(item):
            return [_plain(item, each) for each in value]
        case Named(item):
            return {name: _plain(item, each) for name, each in value.items()}
        case Leaf():
            return plain(value)


def _without_kind(data: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in data.items() if key != "kind"}


_REFUSED: Final = object()
"""Stands for a value that was refused, so that what holds it is not built from the rest."""


@dataclass(frozen=True)
class _Unknown:
    """A key that nothing expects. It is worded last, when every section is known that may have been meant."""

    path: str
    key: str
    cls: type


class _Reader:
    """One pass over a recipe, collecting its mistakes."""

    def __init__(self, trust: frozenset[str] | None) -> None:
        self.trust = trust
        self.found: list[str | _Unknown] = []
        self.sections: dict[str, type] = {}

    def mistakes(self) -> list[str]:
        return [self.word(mistake) if isinstance(mistake, _Unknown) else mistake for mistake in self.found]

    def word(self, unknown: _Unknown) -> str:
        guess = nearest(unknown.key, settings_of(unknown.cls))
        elsewhere = [path for path, cls in self.sections.items() if unknown.key in settings_of(cls)]
        if guess is None and elsewhere:
            guess = join(elsewhere[0], unknown.key)
        owner = human_name(unknown.cls) or (f"`{unknown.path}`" if unknown.path else "a recipe")
        end = f" Did you mean `{guess}`?" if guess else ""
        return f"`{join(unknown.path, unknown.key)}` is not a setting of {owner}.{end}"

    def refuse(self, mistake: str | _Unknown) -> object:
        self.found.append(mistake)
        return _REFUSED

    def value(self, shape: Shape, data: Any, path: str, default: object = None) -> object:
        match shape:
            case Leaf(hint):
                return self.leaf(hint, data, path)
            case Section(cls):
                return self.section(cls, data, path)
            case Choice():
                return self.choice(shape, data, path, default)
            case Many(item):
                if not isinstance(data, list | tuple):
                    return self.refuse(must_be(path, "an array of tables", data))
                items = [self.value(item, each, join(path, index)) for index, each in enumerate(data)]
                return _REFUSED if _REFUSED in items else tuple(items)
            case Named(item):
                if not isinstance(data, Mapping):
                    return self.refuse(must_be(path, "a table", data))
                named = {name: self.value(item, each, join(path, name)) for name, each in data.items()}
                return _REFUSED if _REFUSED in named.values() else named

    def leaf(self, hint: Any, data: Any, path: str) -> object:
        value, wrong = read(hint, data, path)
        self.found.extend(explain(wrong))
        return _REFUSED if wrong else value

    def choice(self, choice: Choice, data: Any, path: str, default: object) -> object:
        if not isinstance(data, Mapping):
            return self.refuse(must_be(path, "a table with a `kind`", data))
        kind = data.get("kind")
        if "kind" not in data:
            if default is None:
                return self.refuse(f"`{join(path, 'kind')}` is missing. It must be {one_of(choice.members)}.")
            # `[model.encoder] layers = 4` refines the encoder that a recipe has without being told.
            return self.section(type(default), data, path)
        if isinstance(kind, str) and kind in choice.members:
            return self.section(choice.members[kind], data, path)
        if not isinstance(kind, str) or ":" not in kind:
            names = choice.members
            return self.refuse(must_be(join(path, "kind"), one_of(names), kind, names=names))
        try:
            cls = find_own_part(kind, self.trust)
        except RecipeError as error:
            return self.refuse(f"`{join(path, 'kind')}` {error}")
        own = "kind" in settings_of(cls) and not kinds_of(cls)
        return self.section(cls, data if own else _without_kind(data), path)

    def section(self, cls: type, data: Any, path: str) -> object:
        if not isinstance(data, Mapping):
            return self.refuse(must_be(path, "a table", data))
        self.sections[path] = cls
        settings = settings_of(cls)
        values = {key: self.refuse(_Unknown(path, key, cls)) for key in data if key not in settings}
        for name, setting in settings.items():
            below = join(path, name)
            if name in data:
                values[name] = self.value(setting.shape, data[name], below, setting.default)
            elif setting.required:
                values[name] = self.refuse(f"`{below}` is missing.")
            else:
                self.remember(setting.default, below)
        if _REFUSED in values.values():
            return _REFUSED
        try:
            return cls(**values)
        except ValueError as error:
            lines = error.mistakes if isinstance(error, RecipeError) else str(error).splitlines()
            self.found.extend(f"`{path}`: {line}" if path else line for line in lines)
            return _REFUSED

    def remember(self, default: object, path: str) -> None:
        """Keep the sections of a default, whose keys a misplaced one may have meant."""
        cls: type[Any] = type(default)
        if is_settings(cls):
            self.sections[path] = cls
            for name in settings_of(cls):
                self.remember(getattr(default, name), join(path, name))
