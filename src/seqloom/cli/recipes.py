"""`seqloom recipes`: what ships, and what a recipe says."""

from seqloom.core.errors import RecipeError
from seqloom.core.wording import nearest

__all__ = ["recipes"]


def recipes(name: str | None = None, /) -> None:
    """List the recipes that ship, or print one, to be used as it is or as the beginning of one's own.

    Parameters
    ----------
    name
        The recipe to print.
    """
    from seqloom.core import toml
    from seqloom.recipes import shipped_recipes

    shipped = shipped_recipes()
    if name is None:
        width = max(map(len, shipped))
        for each, path in shipped.items():
            print(f"{each:<{width}}  {toml.read(path).get('about', '')}")
        print("\n`seqloom recipes NAME` prints one; `seqloom train NAME --train FILE` trains by it.")
        return
    if name not in shipped:
        guess = nearest(name, shipped)
        end = f"Did you mean `{guess}`?" if guess else f"There are {', '.join(shipped)}."
        raise RecipeError(f"{name}: no recipe of that name ships. {end}")
    print(shipped[name].read_text("utf-8"), end="")
