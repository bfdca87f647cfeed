"""An explanation on a page, as a picture and in a terminal; Chinese tokens have their room and their glyphs."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest
import torch
from rich.cells import cell_len

from seqloom import Seq2Seq
from seqloom.core.errors import DataError
from seqloom.explain.explaining import PARTS, Explanation, explain
from seqloom.explain.insight.branches import drawn_tree
from seqloom.explain.insight.lines import lines_of
from seqloom.explain.insight.neighbours import neighbours_in
from seqloom.explain.insight.page import page_of
from seqloom.explain.insight.writing import check_out, write_explanation
from seqloom.workflow.model import Model

from .small import hardly

PAIRS = [("我看猫", "I see cat"), ("你看海", "you see sea"), ("猫看你", "cat see you"), ("海看我", "sea see me")] * 16
SOURCE = "我看海"


@pytest.fixture(scope="module")
def model() -> Model:
    torch.set_num_threads(1)
    made = Seq2Seq("gru", "gru", width=16, tokenizer="character", device="cpu").compile(rate=0.02, warmup=2)
    both = [*PAIRS, *((target, source) for source, target in PAIRS)]
    return made.fit([pair[0] for pair in both], [pair[1] for pair in both], epochs=4, verbose=False).model


@pytest.fixture(scope="module")
def explained(model: Model) -> Explanation:
    return explain(model, SOURCE, target="猫看你", what=PARTS, instead="猫看海", neighbours=neighbours_in(model, PAIRS))


def test_a_page_has_every_part_and_needs_nothing_else(explained: Explanation) -> None:
    html = page_of(explained, name="mine").html()
    titles = re.findall(r"<h2[^>]*>(.*?)</h2>", html)
    assert titles == [
        "The answer",
        "Where it looked",
        "What made it say that",
        "Why not otherwise",
        "What else it might have said",
        "How it was found",
        "What it has seen",
        "What is not here",
    ]
    assert "http" not in html
    assert "<script" not in html
    assert '<ol lang="zh">' in html, "Chinese is drawn as Chinese, not as Japanese"


def test_self_attention_is_drawn_by_side_and_head(tmp_path: Path) -> None:
    own = explain(hardly("transformer"), "3 1 7 5", what=("self_attention",))
    html = page_of(own, name="mine").html()
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", html) == ["The answer", "What it looked at within each side"]
    for side in ("encoder", "decoder"):
        assert f"{side.capitalize()}, all heads and layers together" in html
        assert all(f"{side} {layer}, head {head}" in html for layer in (1, 2) for head in (1, 2))
    lines = [*lines_of(own)]
    assert sum(line.startswith(("encoder", "decoder")) for line in lines) == 4
    write_explanation(tmp_path / "self.svg", own, name="mine")
    assert "&lt;s&gt;" not in (tmp_path / "self.svg").read_text("utf-8"), "the encoder's, where there is one"


def test_a_part_that_was_not_asked_for_is_not_there(model: Model) -> None:
    html = page_of(explain(model, SOURCE, what=("search",)), name="mine").html()
    assert re.findall(r"<h2[^>]*>(.*?)</h2>", html) == ["The answer", "How it was found"]


def test_somebodys_text_is_no_html(model: Model) -> None:
    html = page_of(explain(model, "<b>我</b>", what=PARTS), name="<i>").html()
    assert "<b>" not in html
    assert "<i>" not in html


def test_the_columns_of_a_terminal_stand_below_each_other(explained: Explanation) -> None:
    lines = [*lines_of(explained)]
    first = next(place for place, line in enumerate(lines) if "because of" in line)
    begins = cell_len(lines[first][: lines[first].index("looked at")])
    for line in lines[first + 1 : first + 5]:
        before = line
        while cell_len(before) > begins:
            before = before[:-1]
        assert cell_len(before) == begins, line
        assert before.endswith("  ")
        assert line[len(before)] != " "


@pytest.mark.parametrize("what", ["attention", "attribution", "search"])
def test_a_picture_alone_is_light_and_dark(model: Model, what: str, tmp_path: Path) -> None:
    found = explain(model, SOURCE, target="猫看你", what=(what,))  # type: ignore[arg-type]
    write_explanation(tmp_path / "p.svg", found, name="mine")
    svg = (tmp_path / "p.svg").read_text(encoding="utf-8")
    assert svg.startswith('<?xml version="1.0" encoding="UTF-8"?>\n<svg ')
    assert 'xmlns="http://www.w3.org/2000/svg"' in svg
    assert "prefers-color-scheme: dark" in svg
    assert ">海</text>" in svg or ">我</text>" in svg


def test_chinese_is_drawn_in_a_png(explained: Explanation, tmp_path: Path, recwarn: pytest.WarningsRecorder) -> None:
    pytest.importorskip("matplotlib")
    image = pytest.importorskip("PIL.Image")
    from seqloom.workflow.fonts import families_for

    if families_for(SOURCE)[1]:
        pytest.skip("no font here has Chinese")
    write_explanation(tmp_path / "p.png", explained, name="mine")
    assert not [each for each in recwarn if "Glyph" in str(each.message)], "a box stands for a character"
    with image.open(tmp_path / "p.png") as drawn:
        assert min(drawn.size) > 200
        assert len(drawn.convert("RGB").getcolors(1 << 20)) > 50


def test_data_is_what_python_has(explained: Explanation, tmp_path: Path) -> None:
    write_explanation(tmp_path / "p.json", explained, name="mine")
    assert json.loads((tmp_path / "p.json").read_text(encoding="utf-8")) == explained.to_data()


def test_the_tree_is_drawn_with_the_answer_on_one_line(explained: Explanation) -> None:
    assert explained.search is not None
    tree = drawn_tree(explained.search)
    best = [each for each in tree.placed if each.twig.kind == "best"]
    assert {each.row for each in best} == {0}
    assert [each.depth for each in best] == list(range(len(best)))
    assert any(each.twig.kind == "cut" and each.twig.note.startswith("lacks ") for each in tree.placed)


def test_what_cannot_be_written_is_refused_before_there_is_work_in_it(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"must end in \.html, \.svg, \.png or \.json, but is"):
        check_out(tmp_path / "x.pdf")
    with pytest.raises(DataError, match="there is no folder"):
        check_out(tmp_path / "none" / "x.html")


def test_nothing_to_draw_is_one_line(model: Model, tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"there is nothing to draw\."):
        write_explanation(tmp_path / "x.svg", explain(model, SOURCE, what=("alternatives",)), name="mine")
