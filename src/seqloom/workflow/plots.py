"""Confidences as a picture: whether they mean what they say, and what the surest answers are worth."""

from __future__ import annotations

from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from seqloom.core.errors import DataError, MissingExtraError
from seqloom.core.files import whole_file
from seqloom.metrics.reliability import Reliability
from seqloom.workflow.evaluating import Report

__all__ = ["check_plot", "write_reliability"]

_FORMATS = ("png", "svg", "pdf")
_OURS, _LIMIT, _FAINT = "#1f5fa8", "#b0453a", "#8a8a8a"


def check_plot(path: Path) -> None:
    """Refuses, before there is work in it, what cannot be drawn."""
    if path.suffix.lower().removeprefix(".") not in _FORMATS:
        raise DataError(f"`--plot` must end in .png, .svg or .pdf, but is {path}. Rename it.")
    if not path.parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}. Make it, or choose another `--plot`.")
    if find_spec("matplotlib") is None:
        raise MissingExtraError("--plot", extra="plot")


def write_reliability(report: Report, path: Path) -> None:
    """The reliability diagram (Niculescu-Mizil & Caruana 2005) and the risk-coverage curve, side by side."""
    reliability = report.reliability
    if reliability is None:
        raise DataError("there is nothing to plot: no source had anything to be answered.")
    figure: Any = import_module("matplotlib.figure").Figure(figsize=(10, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2)
    _draw_bins(left, reliability)
    left.set_title(f"ECE {reliability.ece.value:.1f}")
    _draw_coverage(right, reliability)
    right.set_title(f"Area under risk and coverage {reliability.area.value:.1f}")
    with whole_file(path) as opened:
        figure.savefig(opened, format=path.suffix.lower().removeprefix("."), dpi=150)


def _draw_bins(axes: Any, reliability: Reliability) -> None:
    bins = reliability.bins
    most = max(each.answers for each in bins)
    axes.plot([0, 1], [0, 1], color=_FAINT, linestyle="--", linewidth=1, label="what they should say")
    axes.plot([each.confidence for each in bins], [each.quality for each in bins], color=_OURS, linewidth=1)
    axes.scatter(
        [each.confidence for each in bins],
        [each.quality for each in bins],
        s=[12 + 48 * each.answers / most for each in bins],
        color=_OURS,
        label=f"{sum(each.answers for each in bins):,} answers in {len(bins)} bins",
        zorder=3,
    )
    axes.set(xlabel="confidence", ylabel=f"quality ({reliability.measured} of each answer)", xlim=(0, 1), ylim=(0, 1))
    axes.set_aspect("equal")
    axes.grid(alpha=0.25)
    axes.legend(loc="upper left", frameon=False)


def _draw_coverage(axes: Any, reliability: Reliability) -> None:
    coverage = [100 * point.coverage for point in reliability.points]
    axes.plot(coverage, [100 * point.quality for point in reliability.points], color=_OURS, marker="o", markersize=4)
    whole = 100 * reliability.points[0].quality
    axes.axhline(whole, color=_FAINT, linestyle="--", linewidth=1)
    axes.annotate("all answers", (12, whole), xytext=(0, -12), textcoords="offset points", color=_FAINT)
    for point in reliability.points[1::2]:
        axes.annotate(
            f"≥ {point.confidence:.2f}",
            (100 * point.coverage, 100 * point.quality),
            xytext=(4, 6),
            textcoords="offset points",
            fontsize=8,
            color=_LIMIT,
        )
    axes.set(xlabel="answers kept, the surest (%)", ylabel=f"their mean {reliability.measured} (%)", xlim=(5, 105))
    axes.margins(y=0.15)
    axes.grid(alpha=0.25)
