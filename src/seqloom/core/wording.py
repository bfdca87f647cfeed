"""How a mistake is worded: "`key` must be X, but is Y. Did you mean `Z`?"."""

import difflib
import json
from collections.abc import Iterable, Mapping

_LONGEST = 60


def join(path: str, key: str | int) -> str:
    """The dotted path of a key below `path`."""
    return f"{path}.{key}" if path else str(key)


def show(value: object) -> str:
    """A value as a recipe would write it, cut where it grows long."""
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, float):
        return repr(value)
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def one_of(values: Iterable[object]) -> str:
    """`one of "a", "b"`, or the only value."""
    shown = [show(value) for value in values]
    return shown[0] if len(shown) == 1 else f"one of {', '.join(shown)}"


def nearest(name: object, names: Iterable[str]) -> str | None:
    """The name that was probably meant."""
    matches = difflib.get_close_matches(name, list(names), n=1) if isinstance(name, str) else []
    return matches[0] if matches else None


def must_be(path: str, expected: str, value: object, *, names: Iterable[str] = ()) -> str:
    """The commonest mistake, with the nearest of the right `names` where one is near."""
    guess = nearest(value, names)
    return f"`{path}` must be {expected}, but is {show(value)}." + (f" Did you mean {show(guess)}?" if guess else "")
