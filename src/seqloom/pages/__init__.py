"""Pages to look at: one HTML file with nothing beside it, in light and dark, on screen and on paper."""

from seqloom.pages.alone import alone
from seqloom.pages.bands import Bands
from seqloom.pages.blocks import Block, Code, Column, Details, Finding, Prose, SideBySide, Table, Tile, Tiles
from seqloom.pages.charts import Bars, Heatmap, Histogram, Line, Lines
from seqloom.pages.document import Page, Section
from seqloom.pages.intervals import Interval, Intervals
from seqloom.pages.letters import seen
from seqloom.pages.markup import Html, number, percent
from seqloom.pages.points import Point, Points
from seqloom.pages.ranges import Range, Ranges
from seqloom.pages.shades import Shades
from seqloom.pages.texts import Text, Texts
from seqloom.pages.trees import Tree, Twig

__all__ = [
    "Bands",
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
    "Point",
    "Points",
    "Prose",
    "Range",
    "Ranges",
    "Section",
    "Shades",
    "SideBySide",
    "Table",
    "Text",
    "Texts",
    "Tile",
    "Tiles",
    "Tree",
    "Twig",
    "alone",
    "number",
    "percent",
    "seen",
]
