"""Marked texts and intervals on a page."""

from __future__ import annotations

from seqloom.pages import Interval, Intervals, Text, Texts


def test_marked_words_are_marked_and_escaped() -> None:
    html = Texts(title="Pair 1", texts=[Text(name="a<b", parts=[("x ", False), ("<b>", True)], note="47")]).html()
    assert "x <mark>&lt;b&gt;</mark>" in html
    assert "a&lt;b" in html
    assert 'lang="zh"' in Texts(title="t", texts=[Text(name="a", parts=[("茶", True)])]).html()


def test_intervals_show_none_wherever_they_lie() -> None:
    far = Intervals(
        caption="c",
        alt="a",
        intervals=[Interval(name="all", value=5.0, low=4.0, high=6.0), Interval(name="one", value=3, low=3, high=3)],
        x="d",
        sides=("A is better", "B is better"),
    ).html()
    assert "← A is better" in far
    assert ">0</text>" in far
    assert Intervals(caption="c", alt="a", intervals=[Interval(name="same", value=0, low=0, high=0)], x="d").html()
