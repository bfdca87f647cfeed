import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from seqloom.pages import (
    Bars,
    Code,
    Column,
    Details,
    Finding,
    Heatmap,
    Histogram,
    Line,
    Lines,
    Page,
    Prose,
    Section,
    SideBySide,
    Table,
    Tile,
    Tiles,
    number,
    percent,
)
from seqloom.pages.axes import Axis, steps
from seqloom.pages.markup import escaped, language_of, slug

NASTY = "<script>alert('x')</script> \"&\" `code` \x00\u202e\ud800"
VOID = {"meta"}


class Reader(HTMLParser):
    """What stands open, what was said, and which anchors there are."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.anchors: list[str] = []
        self.links: list[str] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in VOID:
            self.open.append(tag)
        self.anchors += [value for key, value in attrs if key == "id" and value]
        self.links += [value for key, value in attrs if key in ("href", "src") and value]

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def a_page() -> Page:
    table = Table(
        caption="Rows",
        columns=[
            Column(title="line", kind="number"),
            Column(title="it", kind="sample"),
            Column(title="n", kind="name"),
        ],
        rows=[[1873, NASTY, "a"], [2, "我们试试看！", "b"], [None, "こんにちは", "c"]],
    )
    blocks = [
        Tiles(tiles=[Tile(name="pairs", value="29,000", note=NASTY)]),
        Finding(level="bad", title=NASTY, text="t", advice="Do `this`.", proof=[table]),
        SideBySide(blocks=[Prose(text="one\n\ntwo"), Details(summary="more", blocks=[Code(text=NASTY, caption="c")])]),
        Histogram(caption="h", alt=NASTY, edges=[0, 5, 10], counts={"a": [1, 3], "b": [0, 0]}, x="x", marks={"m": 4}),
        Lines(
            caption="l", alt="a", lines=[Line(name="one", x=[1, 10, 100], y=[3, 2, 2])], x="x", y="y", logarithmic=True
        ),
        Bars(caption="b", alt="a", bars={NASTY: 3, "zero": 0}),
        Heatmap(caption="m", alt="a", rows=["r"], columns=["a long name", "b"], values=[[0.0, 2.0]], x="x", y="y"),
    ]
    same = Section(title="Twice", blocks=[])
    return Page(title=NASTY, lead="lead", sections=[Section(title="All", blocks=blocks), same, same], foot="foot")


def read(page: Page) -> Reader:
    reader = Reader()
    reader.feed(page.html())
    assert reader.open == []
    return reader


def test_what_is_written_on_a_page_is_never_run() -> None:
    reader = read(a_page())
    assert "script" not in reader.tags
    assert reader.text.count("alert('x')") >= 5
    html = a_page().html()
    assert not re.search("[\x00\u202e\ud800]", html)


def test_a_page_needs_nothing_beside_it() -> None:
    reader = read(a_page())
    assert all(link.startswith("#") for link in reader.links)
    assert "url(" not in a_page().html()
    assert "@import" not in a_page().html()


def test_every_link_has_an_anchor_of_its_own() -> None:
    reader = read(a_page())
    assert len(set(reader.anchors)) == len(reader.anchors)
    assert {link[1:] for link in reader.links} <= set(reader.anchors)


def test_a_page_is_read_out() -> None:
    html = a_page().html()
    assert len(re.findall("<svg ", html)) == len(re.findall('role="img" aria-label="[^"]+"', html)) == 3
    assert len(re.findall("<table>", html)) == len(re.findall("<caption>", html))
    assert "Mend this: " in html
    assert 'lang="zh"' in html
    assert 'lang="ja"' in html


def test_it_is_written_whole(tmp_path: Path) -> None:
    a_page().write(tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text("utf-8") == a_page().html()


def test_a_row_that_is_too_long_is_a_fault() -> None:
    with pytest.raises(ValueError, match="zip"):
        Table(caption="c", columns=[Column(title="a")], rows=[["1", "2"]]).html()


def test_series_of_unlike_size_are_compared_by_share() -> None:
    small = Histogram(caption="h", alt="a", edges=[0, 1, 2], counts={"a": [1, 3]}, x="x").html()
    large = Histogram(caption="h", alt="a", edges=[0, 1, 2], counts={"a": [100, 300]}, x="x").html()
    assert re.findall('d="[^"]+" class="area', small) == re.findall('d="[^"]+" class="area', large)


@pytest.mark.parametrize(
    ("low", "high", "found"),
    [(0, 10, [0, 2, 4, 6, 8, 10]), (0, 0.7, [0, 0.2, 0.4, 0.6]), (3, 3, [3]), (-1, 1, [-1, -0.5, 0, 0.5, 1])],
)
def test_steps_are_round(low: float, high: float, found: list[float]) -> None:
    assert steps(low, high) == found


def test_a_logarithmic_axis() -> None:
    axis = Axis(1, 10_000, logarithmic=True)
    assert axis.ticks == [1, 10, 100, 1000, 10_000]
    assert axis.place(100) == pytest.approx(0.5)
    assert axis.place(0) == 0


def test_numbers_are_for_people() -> None:
    assert [number(each) for each in (29_000, 1_250_000, 0.83, 12.345, 0)] == ["29,000", "1.25 M", "0.83", "12.3", "0"]
    assert [percent(each) for each in (0, 0.5, 0.0083, 0.00001)] == ["0 %", "50 %", "0.83 %", "<0.01 %"]


def test_words_of_a_page() -> None:
    assert slug("What is in `train.de`?") == "what-is-in-train-de"
    assert [language_of(each) for each in ("abc", "é", "漢字", "漢字かな", "한국")] == [None, None, "zh", "ja", "ko"]
    assert escaped("a<b") == "a&lt;b"


def test_a_band_lies_around_its_line_and_its_edges_can_be_read() -> None:
    line = Line(name="answer", x=[1.0, 2.0], y=[5.0, 6.0], low=[4.0, 3.0], high=[7.0, 9.0])
    drawn = Lines(caption="How far", alt="two frames", lines=[line], x="frames", y="value").html()
    [band] = re.findall(r'd="([^"]*)" class="band c1"', drawn)
    at = [tuple(map(float, point.split())) for point in re.findall(r"[\d.]+ [\d.]+", band)]
    assert len(at) == 4
    (left, first), (right, second), (_, third), (_, fourth) = at
    assert left < right
    assert second < first < fourth < third, "a picture's rows count from the top: 9, 7, 4, 3"
    for title in ("answer, low", "answer, high"):
        assert title in drawn
