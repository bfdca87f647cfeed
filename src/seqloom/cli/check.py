"""`seqloom check`: what a recipe comes to, before any time is spent on it."""

from typing import Annotated

from cyclopts import Parameter


def check(
    recipe: str,
    /,
    *,
    overrides: Annotated[tuple[str, ...], Parameter(name="--set", negative=(), show_default=False)] = (),
) -> None:
    """Print a recipe with every default filled in, and the model that it describes, or all its mistakes.

    Parameters
    ----------
    recipe
        A TOML file, or the name of a recipe that ships.
    overrides
        One setting in place of the recipe's: `--set model.encoder.layers=4`. May be given again.
    """
    from seqloom.core import settings
    from seqloom.workflow.recipe import load_recipe
    from seqloom.workflow.summary import summarize

    resolved = load_recipe(recipe, overrides=overrides)
    summary = summarize(resolved)
    print(settings.to_toml(resolved))
    print(summary)
