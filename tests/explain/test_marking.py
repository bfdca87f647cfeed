"""Where two answers differ."""

from __future__ import annotations

import pytest

from seqloom.explain.comparison.marking import bracketed, marked


@pytest.mark.parametrize(
    ("first", "second", "found"),
    [
        ("a red cat runs", "a blue cat ran off", ("a [red] cat [runs]", "a [blue] cat [ran off]")),
        ("the same", "the same", ("the same", "the same")),
        ("我想喝茶。", "我想喝咖啡。", ("我想喝[茶]。", "我想喝[咖啡]。")),
        ("a b", "a  b c", ("a b", "a  b [c]")),
        ("", "all new", ("", "[all new]")),
        ("  ", "", ("  ", "")),
    ],
)
def test_what_the_other_does_not_say_is_marked(first: str, second: str, found: tuple[str, str]) -> None:
    one, two = marked(first, second)
    assert (bracketed(one), bracketed(two)) == found
    assert ("".join(part for part, _ in one), "".join(part for part, _ in two)) == (first, second)
