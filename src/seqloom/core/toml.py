"""Recipes as text: reading TOML, setting single keys of it, writing it."""

import json
import math
import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from seqloom.core.errors import RecipeError
from seqloom.core.wording import join, show

_LINE = 120


def read(path: str | Path) -> dict[str, Any]:
    """The tables of a TOML file."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise RecipeError(f"{path}: there is no such file.") from None
    except IsADirectoryError:
        raise RecipeError(f"{path}: must be a TOML file, but is a folder.") from None
    except OSError as error:
        raise RecipeError(f"{path}: cannot be read: {error.strerror}.") from None
    except UnicodeDecodeError as error:
        raise RecipeError(f"{path}: must be UTF-8 text, but its byte {error.start} is not.") from None
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise RecipeError(f"{path}: is not TOML: {error}.") from None


def override(data: Mapping[str, Any], overrides: Sequence[str]) -> dict[str, Any]:
    """`data` with keys set as in `["model.encoder.layers=4", …]`; `data` itself stays as it is.

    What follows the `=` is a TOML value, or else a string: nobody wants to quote quotes in a shell.
    """
    result: dict[str, Any] = _copy(data)
    mistakes: list[str] = []
    for text in overrides:
        key, equals, value = text.partition("=")
        try:
            if not equals:
                raise RecipeError(f"`--set {text}` must be `key=value`.")
            _set(result, _steps(key, text), _value(value.strip()))
        except RecipeError as error:
            mistakes.extend(error.mistakes)
    if mistakes:
        raise RecipeError(*mistakes)
    return result


def write(data: Mapping[str, Any]) -> str:
    """Plain tables, arrays, strings and numbers as TOML: values first, then a header for each table."""
    return "\n".join(_table(data, "")).strip("\n") + "\n"


def _copy(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copy(item) for key, item in value.items()}
    return [_copy(item) for item in value] if isinstance(value, list | tuple) else value


def _steps(key: str, text: str) -> list[str]:
    """The parts of a dotted key, quoted ones too: TOML's own reader takes it apart."""
    try:
        table: Any = tomllib.loads(f"{key} = 0")
    except tomllib.TOMLDecodeError:
        raise RecipeError(f"`--set {text}` must be `key=value`, but `{key}` is no key.") from None
    steps = []
    while isinstance(table, dict):
        [(step, table)] = table.items()
        steps.append(step)
    return steps


def _value(text: str) -> Any:
    try:
        table = tomllib.loads(f"value = {text}")
    except tomllib.TOMLDecodeError:
        return text
    return table["value"] if table.keys() == {"value"} else text


def _set(table: Any, steps: Sequence[str], value: Any) -> None:
    path = ""
    for step in steps[:-1]:
        if isinstance(table, dict):
            table = table.setdefault(step, {})
        else:
            table = table[_index(table, step, path)]
        path = join(path, step)
        if not isinstance(table, dict | list):
            raise RecipeError(
                f"`{join(path, steps[-1])}` cannot be set: `{path}` must be a table, but is {show(table)}."
            )
    if isinstance(table, dict):
        table[steps[-1]] = value
    else:
        table[_index(table, steps[-1], path)] = value


def _index(items: list[Any], step: str, path: str) -> int:
    if step.isdecimal() and int(step) < len(items):
        return int(step)
    count = f"{len(items)} item" + ("s" if len(items) != 1 else "")
    raise RecipeError(f"`{join(path, step)}` cannot be set: `{path}` is a list of {count}, counted from 0.")


def _table(table: Mapping[str, Any], path: str) -> Iterator[str]:
    later = []
    for key, value in table.items():
        if isinstance(value, Mapping) or _is_array_of_tables(value):
            later.append((key, value))
        else:
            yield from _assignment(_key(key), value)
    for key, value in later:
        name = join(path, _key(key))
        if isinstance(value, Mapping):
            # A header that only has tables below it is implied by theirs.
            if not value or any(
                not isinstance(item, Mapping) and not _is_array_of_tables(item) for item in value.values()
            ):
                yield from ("", f"[{name}]")
            yield from _table(value, name)
        else:
            for item in value:
                yield from ("", f"[[{name}]]")
                yield from _table(item, name)


def _is_array_of_tables(value: object) -> bool:
    return isinstance(value, list | tuple) and bool(value) and all(isinstance(item, Mapping) for item in value)


def _assignment(key: str, value: object) -> Iterator[str]:
    line = f"{key} = {inline(value)}"
    if len(line) <= _LINE or not isinstance(value, list | tuple):
        yield line
    else:
        yield f"{key} = ["
        yield from (f"    {inline(item)}," for item in value)
        yield "]"


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _string(key)


def _string(text: str) -> str:
    # JSON's escapes are TOML's, but for DEL, which JSON leaves bare.
    return json.dumps(text, ensure_ascii=False).replace("\x7f", "\\u007f")


def inline(value: object) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case float() if not math.isfinite(value):
            return str(value)
        case int() | float():
            return repr(value)
        case str() | Path():
            return _string(str(value))
        case list() | tuple():
            return f"[{', '.join(inline(item) for item in value)}]"
        case Mapping():
            return "{" + ", ".join(f"{_key(key)} = {inline(item)}" for key, item in value.items()) + "}"
    raise TypeError(f"TOML has no word for {value!r}")
