"""One TOML file per task, shipped."""

from pathlib import Path

__all__ = ["shipped_recipes"]


def shipped_recipes() -> dict[str, Path]:
    """The recipes that come with the package, by name."""
    return {path.stem: path for path in sorted(Path(__file__).parent.glob("*.toml"))}
