"""A page on a telephone: nothing but a table that says so is wider than the screen."""

import shutil
from pathlib import Path

import pytest

from seqloom.pages import Bars, Column, Page, Section, Table
from seqloom.pages.ranges import Range, Ranges

playwright = pytest.importorskip("playwright.sync_api", reason="needs the package playwright")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
if CHROMIUM is None:
    pytest.skip("needs Chromium in the path", allow_module_level=True)

pytestmark = pytest.mark.thorough
WIDTH = 375


def test_nothing_is_wider_than_the_screen(tmp_path: Path) -> None:
    names = ("GRU + additive attention", "66-124 sources have it")
    bars = Bars(
        caption="Tokens",
        alt="",
        bars=dict.fromkeys(names, 37_249.0),
        notes=dict.fromkeys(names, "37,249, 1,095 a second"),
    )
    ranges = Ranges(
        caption="By rare words",
        alt="",
        counted="sentences",
        ranges=[
            Range(name=name, value=5.6, low=1.1, high=11.1, count=90, beside="5.6 (1.1 to 11.1)") for name in names
        ],
    )
    titles = ("on", "score", "value", "95 % interval", "signature")
    signed = ["dates.tsv", "exact match", "8.5", "4.5 to 12.5", f"`{'nrefs:1|bs:1000|seed:12345|' * 4}`"]
    table = Table(caption="Scores", columns=[Column(title=title) for title in titles], rows=[signed])
    page = Page(title="Small", sections=[Section(title="All", blocks=[bars, ranges, table])])
    page.write(tmp_path / "page.html")
    with playwright.sync_playwright() as running:
        opened = running.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-gpu"])
        tab = opened.new_page(viewport={"width": WIDTH, "height": 800})
        tab.goto((tmp_path / "page.html").as_uri())
        assert tab.evaluate("document.documentElement.scrollWidth") == WIDTH
        # A signature is read in some lines, not in a letter a line.
        assert tab.evaluate("document.querySelector('td code').getBoundingClientRect().height") < 300
        opened.close()
