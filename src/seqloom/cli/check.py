"""`seqloom check`: what a recipe comes to, before any time is spent on it."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.core import settings


def check(
    recipe: Path,
    /,
    *,
    overrides: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Print a recipe with every default filled in, and the model that it describes, or all its mistakes.

    Parameters
    ----------
    recipe
        A TOML file.
    overrides
        One setting in place of the recipe's: `--set model.encoder.layers=4`. May be given again.
    """
    from seqloom.workflow.recipe import Recipe, summarize

    resolved = settings.load(Recipe, recipe, overrides=overrides)
    summary = summarize(resolved)
    print(settings.to_toml(resolved))
    print(summary)
