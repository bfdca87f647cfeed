"""Bands, trees, shades and points: where things stand, and how much of each is drawn."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import pytest

from seqloom.pages import Bands, Heatmap, Point, Points, Shades, Tree, Twig, alone


def bands(shares: list[list[float]], decided: list[tuple[int, int]]) -> Bands:
    return Bands(caption="c", alt="a", above=["我", " "], below=["x", "y"], shares=shares, decided=decided)


def test_a_band_is_as_strong_as_its_share_and_faint_ones_are_left_out() -> None:
    html = bands([[0.9, 0.1], [0.02, 0.98]], [(0, 0)]).html()
    widths = [float(each) for each in re.findall(r'stroke-width="([\d.]+)"', html)]
    assert len(widths) == 2, "0.1 and 0.02 are too faint"
    assert widths[1] > widths[0] > 5
    assert html.count("band c1") == 1
    assert "␣" in html, "a token that nobody sees is shown"


def test_a_decided_band_is_drawn_however_faint() -> None:
    assert bands([[0.01, 0.01], [0.01, 0.01]], [(1, 1)]).html().count('class="band') == 1


def test_a_tree_goes_straight_on_and_branches_down() -> None:
    tree = Tree(
        caption="c",
        alt="a",
        root=Twig(text="a", twigs=[Twig(text="b", twigs=[Twig(text="c"), Twig(text="d")]), Twig(text="e", kind="cut")]),
    )
    assert [(each.twig.text, each.row, each.depth) for each in tree.placed] == [
        ("a", 0, 0),
        ("b", 0, 1),
        ("c", 0, 2),
        ("d", 1, 2),
        ("e", 2, 1),
    ]
    assert len(re.findall(r"<path", tree.picture())) == 4


def test_wide_names_push_what_is_behind_them_away() -> None:
    narrow, wide = (Tree(caption="", alt="", root=Twig(text=text, twigs=[Twig(text="x")])) for text in ("我", "我" * 9))
    assert wide.columns[1] > narrow.columns[1] + 50


def test_a_deep_tree_is_no_deep_recursion() -> None:
    twig = Twig(text="end")
    for _ in range(3000):
        twig = Twig(text="t", twigs=[twig])
    assert len(Tree(caption="", alt="", root=twig).placed) == 3001


def test_shades_below_zero_are_of_another_colour() -> None:
    html = Shades(caption="c", tokens=["a", "<b>"], values=[0.5, -1.0], figures=["+1", "-2"]).html()
    assert html.count('class="against"') == 1
    assert "--share:1.000" in html
    assert "&lt;b&gt;" in html


def test_a_heat_map_below_zero_has_the_other_colour_in_the_same_strength() -> None:
    html = Heatmap(caption="c", alt="a", rows=["r"], columns=["x", "y"], values=[[-2.0, 2.0]], figures=False).html()
    cells = re.findall(r'class="(cell[^"]*)" fill-opacity="([\d.]+)"', html)
    assert cells == [("cell against", "1.00"), ("cell", "1.00")]


def test_names_of_points_do_not_lie_on_each_other() -> None:
    near = [Point(name="first", x=0.0, y=0.0), Point(name="second", x=0.001, y=0.0), Point(name="far", x=1.0, y=1.0)]
    html = Points(caption="c", alt="a", points=near).html()
    assert ">first<" in html
    assert ">second<" not in html
    assert ">far<" in html
    assert html.count("<circle") == 3


def test_points_in_one_place_are_drawn_too() -> None:
    assert "nan" not in Points(caption="c", alt="a", points=[Point(name="a", x=1.0, y=1.0)]).html()


@pytest.mark.parametrize("block", [Tree(caption="", alt="<", root=Twig(text="我&")), bands([[1, 0], [0, 1]], [])])
def test_a_picture_alone_is_well_formed(block: Tree | Bands) -> None:
    root = ElementTree.fromstring(alone(block.picture()).encode())
    assert root.tag == "{http://www.w3.org/2000/svg}svg"
