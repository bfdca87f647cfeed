"""What was measured, as a picture: quality over speed."""

from __future__ import annotations

import math
import warnings
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.util import find_spec
from itertools import cycle, pairwise
from pathlib import Path
from typing import Any

from seqloom.core.errors import DataError, MissingExtraError
from seqloom.core.files import whole_file
from seqloom.export.bench.comparison import Comparison
from seqloom.export.bench.labels import Box, Label, placed
from seqloom.export.bench.points import Point
from seqloom.workflow.fonts import families_for

__all__ = ["PICTURES", "check_picture", "write_picture"]

PICTURES = (".png", ".svg", ".pdf")
_ENGINES = {"own": "#1f5fa8", "ctranslate2": "#d55e00", "onnx": "#009e73"}
_NAMES = {"own": "our own engine", "ctranslate2": "CTranslate2", "onnx": "ONNX Runtime"}
_MODELS = ("#1f5fa8", "#d55e00", "#009e73", "#cc79a7", "#8a6d00", "#56b4e9", "#555555")
_FRONT, _FAINT, _TEXT = "#333333", "#8a8a8a", "#222222"
_DPI, _LARGEST, _SMALLEST = 150, 420.0, 12.0
"""Of a mark: its area in square points, for the form with the most memory."""


def check_picture(path: Path) -> None:
    """Refuses, before anything is measured, what cannot be drawn."""
    if path.suffix.lower() not in PICTURES:
        raise DataError(f"`-o` must end in .png, .svg, .pdf or .json, but is {path}. Rename it.")
    if find_spec("matplotlib") is None:
        raise MissingExtraError(f"-o {path}", extra="plot")


def write_picture(comparison: Comparison, path: Path) -> str:
    """Draw it; gives back the characters of names that no font here has."""
    matplotlib: Any = import_module("matplotlib")
    families, lacking = families_for("".join(f"{each.model}{each.name}" for each in comparison.points))
    with matplotlib.rc_context({"font.family": families, "font.size": 9.5}), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        figure: Any = import_module("matplotlib.figure").Figure(figsize=(9.6, 6.0), dpi=_DPI, facecolor="white")
        figure.subplots_adjust(left=0.085, right=0.975, bottom=0.095, top=0.8)
        _draw(figure.add_subplot(), comparison)
        with whole_file(path) as opened:
            figure.savefig(opened, format=path.suffix.lower().removeprefix("."), dpi=_DPI)
    return lacking


def _draw(axes: Any, found: Comparison) -> None:
    colours = _colours(found)
    sizes = _sizes(found.points)
    for point in found.points:
        on_front = point in found.front
        colour = colours[_key(point, found)]
        axes.plot(*zip(*_range(point), strict=True), color=colour, linewidth=1, alpha=0.6)
        axes.scatter(
            point.rate,
            _value(point),
            s=sizes[point],
            color=colour,
            alpha=1.0 if on_front else 0.35,
            edgecolor=_FRONT if on_front else colour,
            linewidth=1.1 if on_front else 0.6,
            zorder=4 if on_front else 3,
        )
    _frame(axes, found)
    corners = _corners(axes, found)
    axes.plot(*zip(*corners, strict=True), color=_FRONT, linestyle="--", linewidth=1, zorder=2)
    _legend(axes, found, colours, sizes)
    _name(axes, found, sizes, corners)


def _corners(axes: Any, found: Comparison) -> list[tuple[float, float]]:
    """The stairs below and to the left of which a form is beaten in both, from edge to edge."""
    corners: list[tuple[float, float]] = []
    x, down = axes.get_xlim()[0], axes.get_ylim()[0]
    for point in reversed(found.front):
        corners += [(x, _value(point)), (point.rate, _value(point))]
        x = point.rate
    return [*corners, (x, down)]


def _key(point: Point, found: Comparison) -> str:
    return point.model if found.several else point.form.engine


def _colours(found: Comparison) -> Mapping[str, str]:
    """By model where there are several, else by engine."""
    if not found.several:
        return _ENGINES
    return dict(zip(dict.fromkeys(each.model for each in found.points), cycle(_MODELS), strict=False))


def _sizes(points: Sequence[Point]) -> dict[Point, float]:
    most = max(each.memory for each in points)
    return {each: max(_SMALLEST, _LARGEST * each.memory / most) if most else 80.0 for each in points}


def _value(point: Point) -> float:
    return point.scores[0].value


def _range(point: Point) -> list[tuple[float, float]]:
    """From the slowest round to the fastest."""
    return [(min(point.rates), _value(point)), (max(point.rates), _value(point))]


def _frame(axes: Any, found: Comparison) -> None:
    ticker: Any = import_module("matplotlib.ticker")
    score = found.points[0].scores[0]
    values, rates = [_value(each) for each in found.points], [rate for each in found.points for rate in each.rates]
    room = 0.12 * (max(values) - min(values)) or 1.0
    axes.set_ylim(min(values) - 1.6 * room, max(values) + 1.6 * room)
    if not score.higher_is_better:
        axes.invert_yaxis()  # better is up
    axes.set_xscale("log")
    wide = (max(rates) / min(rates)) ** 0.14 * 1.08
    axes.set_xlim(min(rates) / wide, max(rates) * wide)
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=_marked(min(rates) / wide, max(rates) * wide)))
    axes.xaxis.set_major_formatter(ticker.FuncFormatter(lambda value, _: f"{value:,.4g}"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    sure = "" if score.low is None or score.high is None else f" (± {score.shown((score.high - score.low) / 2)})"
    axes.set_xlabel("sentences a second")
    axes.set_ylabel(score.name + sure)
    axes.grid(alpha=0.25)
    axes.set_axisbelow(True)
    axes.spines[["top", "right"]].set_visible(False)
    what = f"{found.sentences:,} sentences"
    title = f"Quality over speed, {what}" if found.several else f"{found.points[0].model}: quality over speed, {what}"
    axes.set_title(title, loc="left", fontsize=12, pad=64)


def _marked(low: float, high: float) -> tuple[float, ...]:
    """The digits at which a logarithmic axis has ticks."""
    decades = math.log10(high / low)
    if decades > 3:
        return (1.0,)
    return (1.0, 2.0, 5.0) if decades > 0.7 else tuple(float(digit) for digit in range(1, 10))


def _legend(axes: Any, found: Comparison, colours: Mapping[str, str], sizes: Mapping[Point, float]) -> None:
    """Above the axes, where no name can be: whose colour, and how much memory a size is."""
    lines: Any = import_module("matplotlib.lines")

    def mark(label: str, colour: str, area: float) -> Any:
        return lines.Line2D([], [], linestyle="", marker="o", color=colour, markersize=math.sqrt(area), label=label)

    keys = dict.fromkeys(_key(each, found) for each in found.points)
    shown = [mark(_NAMES.get(key, key) if not found.several else key, colours[key], 50) for key in keys]
    shown.append(lines.Line2D([], [], color=_FRONT, linestyle="--", linewidth=1, label="no other is better in both"))
    place = {"frameon": False, "loc": "lower left", "borderaxespad": 0.0, "handletextpad": 0.5, "columnspacing": 1.6}
    axes.add_artist(axes.legend(handles=shown, ncols=4, bbox_to_anchor=(0.0, 1.1), **place))
    most = max(each.memory for each in found.points)
    if most:
        steps = _round_steps(most)
        marks = [mark(f"{step:,g} MB of memory", "#c8c8c8", max(_SMALLEST, _LARGEST * step / most)) for step in steps]
        axes.legend(handles=marks, ncols=len(marks), bbox_to_anchor=(0.0, 1.01), **place)


def _round_steps(most: float) -> list[float]:
    """Two or three round figures up to the most."""
    unit = 10 ** math.floor(math.log10(most))
    top = max(unit * each for each in (1, 2, 3, 4, 5, 6, 8) if unit * each <= most)
    return [top / 4, top / 2, top]


def _name(axes: Any, found: Comparison, sizes: Mapping[Point, float], corners: Sequence[tuple[float, float]]) -> None:
    """Names beside the marks, those of the front first: where there is no room any other has none."""
    figure = axes.figure
    canvas: Any = import_module("matplotlib.backends.backend_agg").FigureCanvasAgg(figure)
    renderer = canvas.get_renderer()
    canvas.draw()
    points = [*found.front, *(each for each in found.points if each not in found.front)]
    scale = 72 / figure.dpi
    labels: list[Label] = []
    for point in points:
        text = figure.text(0, 0, point.name, fontsize=8.5)
        extent = text.get_window_extent(renderer)
        text.remove()
        x, y = axes.transData.transform((point.rate, _value(point))) * scale
        labels.append(
            Label(
                x=float(x),
                y=float(y),
                radius=math.sqrt(sizes[point]) / 2,
                width=extent.width * scale,
                height=extent.height * scale,
            )
        )
    frame = axes.get_window_extent(renderer)
    within = Box(frame.x0 * scale, frame.y0 * scale, frame.width * scale, frame.height * scale)
    drawn = [*pairwise(corners), *(_range(point) for point in points)]
    ends = [[axes.transData.transform(end) * scale for end in line] for line in drawn]
    lines = [Box(min(x, to_x), min(y, to_y), abs(to_x - x), abs(to_y - y)) for (x, y), (to_x, to_y) in ends]
    boxes = placed(labels, within=within, obstacles=lines)
    for point, label, box in zip(points, labels, boxes, strict=True):
        if box is None:
            continue
        near = box.nearest(label.x, label.y)
        if math.dist(near, (label.x, label.y)) > label.radius + 6:
            # Lines in the marks' own offsets: a picture in another resolution has them at the same places.
            axes.annotate(
                "",
                (point.rate, _value(point)),
                xytext=(near[0] - label.x, near[1] - label.y),
                textcoords="offset points",
                arrowprops={
                    "arrowstyle": "-",
                    "color": _FAINT,
                    "linewidth": 0.6,
                    "shrinkA": 1,
                    "shrinkB": label.radius,
                },
            )
        axes.annotate(
            point.name,
            (point.rate, _value(point)),
            xytext=(box.x - label.x, box.y - label.y),
            textcoords="offset points",
            fontsize=8.5,
            color=_TEXT if point in found.front else "#666666",
            ha="left",
            va="bottom",
            zorder=5,
        )
