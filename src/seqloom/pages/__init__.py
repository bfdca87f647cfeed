"""Pages to look at: one HTML file with nothing beside it, in light and dark, on screen and on paper."""

from seqloom.pages.blocks import Block, Code, Column, Details, Finding, Prose, SideBySide, Table, Tile, Tiles
from seqloom.pages.charts import Bars, Heatmap, Histogram, Line, Lines
from seqloom.pages.document import Page, Section
from seqloom.pages.intervals import Interval, Intervals
from seqloom.pages.markup import Html, number, percent
from seqloom.pages.ranges import Range, Ranges
from seqloom.pages.texts import Text, Texts

__all__ = [
    "Bars",
    "Block",
    "Code",
    "Column",
    "Details",
    "Finding",
    "Heatmap",
    "Histogram",
    "Html",
    "Interval",
    "Intervals",
    "Line",
    "Lines",
    "Page",
    "Prose",
    "Range",
    "Ranges",
    "Section",
    "SideBySide",
    "Table",
    "Text",
    "Texts",
    "Tile",
    "Tiles",
    "number",
    "percent",
]
