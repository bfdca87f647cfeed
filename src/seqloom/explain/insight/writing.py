"""An explanation as a file: a page, a picture, or data."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seqloom.core.errors import DataError, MissingExtraError
from seqloom.core.files import whole_file, write_json, write_text
from seqloom.explain.insight.branches import drawn_tree
from seqloom.explain.insight.explanation import Explanation
from seqloom.explain.insight.page import heatmap_of, page_of
from seqloom.pages import Heatmap, Tree, alone, seen
from seqloom.workflow.fonts import families_for

__all__ = ["check_out", "write_explanation"]

_FORMATS = (".html", ".htm", ".svg", ".png", ".json")
_BLUE, _ORANGE, _INK, _SOFT = "#1f6fb5", "#c8590a", "#1d2126", "#5a626c"


def check_out(path: Path) -> None:
    """Refuses, before there is work in it, what cannot be written."""
    if path.suffix.lower() not in _FORMATS:
        raise DataError(f"`--out` must end in .html, .svg, .png or .json, but is {path}. Rename it.")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}. Make it, or choose another `--out`.")
    if path.suffix.lower() == ".png" and find_spec("matplotlib") is None:
        raise MissingExtraError("-o ….png", extra="plot")


def write_explanation(path: Path, explained: Explanation, *, name: str) -> None:
    """``name`` is the model's. A picture is the tree where nothing but the search was asked for, else the heat map."""
    match path.suffix.lower():
        case ".json":
            write_json(path, explained.to_data())
        case ".svg":
            write_text(path, alone(_pictured(explained).picture()))
        case ".png":
            _write_png(path, _pictured(explained))
        case _:
            page_of(explained, name=name).write(path)


def _pictured(explained: Explanation) -> Heatmap | Tree:
    if explained.attention is not None:
        return heatmap_of(
            explained, explained.attention.mean, caption=_title(explained), places=explained.attention.places
        )
    if explained.attribution is not None:
        method = next(each for each in ("integrated_gradients", "erasure") if each in explained.attribution.methods)
        return heatmap_of(explained, explained.attribution.methods[method], caption=_title(explained))
    own = explained.self_attention
    if own is not None and (side := own.encoder or own.decoder) is not None:
        return heatmap_of(explained, side.mean, caption=_title(explained), places=side.places, said=side.rows)
    if explained.search is not None:
        return drawn_tree(explained.search)
    why = " ".join(explained.missing.values())
    raise DataError(f"there is nothing to draw. {why}".strip() + " Take .html, or ask for what there is with `--what`.")


def _title(explained: Explanation) -> str:
    return f"{explained.source} → {explained.target}"


def _write_png(path: Path, block: Heatmap | Tree) -> None:
    if find_spec("matplotlib") is None:
        raise MissingExtraError("a picture as PNG", extra="plot")
    names = [*block.rows, *block.columns] if isinstance(block, Heatmap) else [each.twig.text for each in block.placed]
    families, _ = families_for("".join([block.caption, *names]))
    matplotlib: Any = import_module("matplotlib")
    with matplotlib.rc_context({"font.family": families}):
        figure = _heat(block) if isinstance(block, Heatmap) else _grown(block)
        with whole_file(path) as opened:
            figure.savefig(opened, format="png", dpi=160, facecolor="white")


def _figure(width: float, height: float) -> tuple[Any, Any]:
    """In inches."""
    figure: Any = import_module("matplotlib.figure").Figure(figsize=(width, height), layout="constrained")
    return figure, figure.subplots()


def _heat(block: Heatmap) -> Any:
    rows, columns = len(block.rows), len(block.columns)
    side = max(0.16, min(0.42, 12 / max(rows, columns)))
    figure, axes = _figure(2.0 + side * columns, 1.6 + side * rows)
    most = max((abs(value) for row in block.values for value in row), default=0.0) or 1.0
    colours: Any = import_module("matplotlib.colors").LinearSegmentedColormap
    scale = colours.from_list("signed", [_ORANGE, "#ffffff", _BLUE])
    axes.imshow(block.values, cmap=scale, vmin=-most, vmax=most, aspect="equal")
    axes.set_xticks(range(0, columns, block.every), block.columns[:: block.every], rotation=90, color=_INK)
    axes.set_yticks(range(0, rows, block.every), block.rows[:: block.every], color=_INK)
    axes.set_xlabel(block.x, color=_SOFT)
    axes.set_ylabel(block.y, color=_SOFT)
    axes.set_title(block.caption, fontsize=10, color=_INK, wrap=True)
    axes.tick_params(length=0)
    axes.spines[:].set_visible(False)
    return figure


def _grown(block: Tree) -> Any:
    across, rows = block.columns, 1 + max(each.row for each in block.placed)
    figure, axes = _figure(across[-1] / 80 + 0.3, rows * 0.26 + 0.7)
    paths: Any = import_module("matplotlib.patches")
    path: Any = import_module("matplotlib.path").Path
    colours = {"best": _BLUE, "kept": _SOFT, "cut": "#b0b6bd"}
    for each in block.placed:
        x = across[each.depth]
        if each.parent is not None:
            before = block.placed[each.parent]
            begin = across[before.depth] + block.width_of(before.twig) + 6
            middle = (begin + x - 5) / 2
            bend = [(begin, before.row), (middle, before.row), (middle, each.row), (x - 5, each.row)]
            axes.add_patch(
                paths.PathPatch(
                    path(bend, [1, 4, 4, 4]),  # from here, by a curve
                    fill=False,
                    color=colours[each.twig.kind],
                    linewidth=2.2 if each.twig.kind == "best" else 0.9,
                    linestyle="--" if each.twig.kind == "cut" else "-",
                )
            )
        text = seen(each.twig.text) + (f"  {each.twig.note}" if each.twig.note else "")
        weight = "bold" if each.twig.kind == "best" else "normal"
        axes.text(
            x, each.row, text, va="center", fontsize=8, color=_INK if each.twig.kind != "cut" else _SOFT, weight=weight
        )
    axes.set_xlim(0, across[-1])
    axes.set_ylim(rows - 0.3, -0.7)
    axes.set_title(block.caption, fontsize=10, color=_INK)
    axes.axis("off")
    return figure
