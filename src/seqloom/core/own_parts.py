"""A recipe's own parts: settings classes of its author, named as `my_package.module:MySettings`."""

import importlib
from functools import reduce

from seqloom.core.errors import RecipeError
from seqloom.core.shapes import is_settings
from seqloom.core.wording import nearest, show


def find_own_part(kind: str, trust: frozenset[str] | None) -> type:
    """Import the settings class that `kind` names. To import is to run its code: only for a package in `trust`."""
    module_name, _, class_name = kind.partition(":")
    package = module_name.partition(".")[0]
    names = (*module_name.split("."), *class_name.split("."))
    if not all(name.isidentifier() for name in names):
        raise RecipeError(f'must look like "my_package.module:MySettings", but is {show(kind)}.')
    if trust is not None and package not in trust:
        raise RecipeError(
            f"is {show(kind)}, which would run code of `{package}`. If you trust it, pass `--trust {package}`."
        )
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise RecipeError(f"is {show(kind)}, but `{module_name}` cannot be imported: {error}.") from error
    try:
        found: object = reduce(getattr, class_name.split("."), module)
    except AttributeError:
        classes = [name for name, value in vars(module).items() if is_settings(value)]
        guess = nearest(class_name, classes)
        hint = f" Did you mean {show(f'{module_name}:{guess}')}?" if guess else ""
        raise RecipeError(f"is {show(kind)}, but `{module_name}` has no `{class_name}`.{hint}") from None
    if not is_settings(found):
        raise RecipeError(f"is {show(kind)}, which must be a dataclass, but is not.")
    return found
