"""A model as a table: its parts, what each is, and how many parameters it has."""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import nn

from seqloom.core.specials import Specials
from seqloom.workflow.recipe import Recipe

__all__ = ["summarize", "summary_of"]


def summarize(recipe: Recipe) -> str:
    """The table of the model that a recipe describes, with vocabularies as large as it allows."""
    source, target = (
        Specials(size=size, channels=channels)
        for size, channels in zip(recipe.data.largest_vocabularies, recipe.data.fewest_channels, strict=True)
    )
    further = {name: recipe.of_task(name).data for name in recipe.data.tasks}
    tasks = {
        name: Specials(size=data.largest_vocabularies[1], channels=data.fewest_channels[1])
        for name, data in further.items()
    }
    parts = {name: Specials(size=size) for name, size in recipe.data.largest_parts.items()}
    with torch.device("meta"):  # shapes alone: nothing is allocated
        model = recipe.model.build(source=source, target=target, parts=parts, tasks=tasks)
    return summary_of(model)


def summary_of(model: nn.Module) -> str:
    """The model's parts, what each is and the shapes of its weights, and how many parameters there are.

    Layers that are alike are one row; what is tied is counted where it stands first.
    """
    counted: set[int] = set()
    rows = [row for name, child in model.named_children() for row in _rows(name, child, depth=0, counted=counted)]
    rows = [("part", "is", "weights", "parameters"), *rows]
    widths = [max(len(row[column]) for row in rows) for column in range(4)]
    lines = [
        f"{part:<{widths[0]}}  {what:<{widths[1]}}  {shape:<{widths[2]}}  {count:>{widths[3]}}"
        for part, what, shape, count in rows
    ]
    total = sum(parameter.numel() for parameter in model.parameters())
    return "\n".join([*lines, f"{total:,} parameters"])


Row = tuple[str, str, str, str]


def _rows(name: str, module: nn.Module, *, depth: int, counted: set[int]) -> Iterator[Row]:
    """A part, and what it is made of."""
    parameters = {id(parameter): parameter for parameter in module.parameters()}
    if not parameters:
        return
    new = parameters.keys() - counted
    count = f"{sum(parameters[key].numel() for key in new):,}" if new else "tied"
    shapes = ["×".join(map(str, parameter.shape)) for parameter in module.parameters(recurse=False)]
    children = list(module.named_children())
    alike = isinstance(module, nn.ModuleList) and len({repr(child) for _, child in children}) == 1
    what = f"{len(children)} × {type(children[0][1]).__name__}" if alike else type(module).__name__
    yield "  " * depth + name, what, ", ".join(shapes), count
    if alike and children:
        children = list(children[0][1].named_children())
    for child_name, child in children:
        yield from _rows(child_name, child, depth=depth + 1, counted=counted)
    counted.update(parameters)
