"""The parts of pages, of reports that no model made."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from seqloom.pages import Heatmap, Lines, SideBySide, Table
from seqloom.tasks import Task
from seqloom.workflow import evaluating
from seqloom.workflow.answers import Answer
from seqloom.workflow.reporting import PAGE, run, write_run
from seqloom.workflow.reporting.examples import sample_blocks, worst_blocks
from seqloom.workflow.reporting.looks import attention_of
from seqloom.workflow.reporting.mistaken import mistakes_of
from seqloom.workflow.reporting.scores import classes_of, score_table, sort_of
from seqloom.workflow.reporting.sentences import slowest_of, worst_of
from seqloom.workflow.use import EvaluationSettings, UseRecipe


def an_answer(text: str, *, logp: float = -0.1, source: str = "q", **more: object) -> Answer:
    tokens = tuple(text.split())
    given = {"score": logp, "logp": logp, "token_logps": (logp,) * (len(tokens) + 1), "source_tokens": ("q",)}
    return Answer(text=text, tokens=tokens, source=source, **{**given, **more})


def a_report(rows: list[tuple[str, str]], *metrics: str, **more: object) -> evaluating.Report:
    """Answers beside what is right."""
    tested = [evaluating.Tested(source=f"q{place}", references=(right,)) for place, (_, right) in enumerate(rows)]
    answers = [an_answer(text, **more) for text, _ in rows]
    return evaluating.report_on(tested, answers, settings(*metrics), task=Task(), searched="greedy", seconds=2.0)


def settings(*metrics: str) -> EvaluationSettings:
    return EvaluationSettings(metrics=metrics)


def test_labels_have_their_confusion() -> None:
    report = a_report([("good", "good"), ("good", "bad"), ("bad", "bad"), ("ugly", "bad")], "accuracy", "f1")
    assert sort_of(report, settings("accuracy", "f1")) == "labels"
    drawn, table = classes_of(report)
    assert isinstance(drawn, Heatmap)
    assert (drawn.rows, drawn.columns) == (["bad", "good"], ["bad", "good", "ugly"])
    assert drawn.values == [[pytest.approx(100 / 3)] * 3, [0, 100, 0]]
    assert isinstance(table, Table)
    assert [row[0] for row in table.rows] == ["bad", "good"]


def test_series_are_drawn_and_the_worst_is_first() -> None:
    rows = [("[1, 2]", "[1, 2]"), ("[9, 9]", "[1, 2]"), ("[1, 3]", "[1, 2]")]
    report = a_report(rows, "mae", series=[[1.0]])
    assert sort_of(report, settings("mae")) == "series"
    [beside] = worst_blocks(report, settings("mae"), "series", number=3)
    assert isinstance(beside, SideBySide)
    captions = [chart.caption for chart in beside.blocks if isinstance(chart, Lines)]
    assert captions[0] == "Row 2, first channel: MAE 7.5"
    assert captions[1].startswith("Row 3")
    assert "answer" in sample_blocks(report, "series", number=2)[0].html()


def test_the_worst_come_first_and_what_is_right_is_not_among_them() -> None:
    report = a_report([("a b c", "a b c"), ("x", "a b c"), ("a b d", "a b c")], "chrf", logp=-0.01)
    worst, sure = worst_of(report, settings("chrf"), number=5)
    assert isinstance(worst, Table)
    assert isinstance(sure, Table)
    assert [row[3] for row in worst.rows] == ["x", "a b d"]
    assert sure.rows[0][3] == "x"
    assert (
        worst_of(a_report([("a", "a")] * 3, "chrf"), settings("chrf"), number=5)[0].html().count("No answer is wrong")
    )


def test_no_answer_is_shown_with_its_reason() -> None:
    failed = Answer.failed("q", "`width` cannot be read.")
    tested = [evaluating.Tested(source="q", references=("a b c d",))] * 2
    report = evaluating.report_on(
        tested, [failed, an_answer("a b c d")], settings("chrf"), task=Task(), searched="", seconds=0
    )
    [worst, *_] = worst_of(report, settings("chrf"), number=5)
    assert "(none: `width` cannot be read.)" in worst.html()
    blocks = mistakes_of(report)
    assert any("1 sources have no answer" in block.html() for block in blocks)
    assert attention_of(report)[0].html().startswith("<p>No sentence")


def test_attention_is_drawn_where_there_is_some() -> None:
    weights = ((0.9, 0.1, 0.0), (0.0, 0.8, 0.2), (0.1, 0.1, 0.8), (0.0, 0.0, 1.0))
    seen = {"look": lambda: weights, "source_tokens": ("我", " ", "喝")}
    [drawn] = attention_of(a_report([("I like tea", "I like tea")], "chrf", **seen))
    assert isinstance(drawn, Heatmap)
    assert (list(drawn.rows), list(drawn.columns)) == (["I", "like", "tea", "(end)"], ["我", "␣", "喝"])
    assert "tea at 喝" in drawn.alt
    [line] = attention_of(a_report([("I like tea", "I like tea")], "chrf", **{**seen, "look": lambda: None}))
    assert "no attention" in line.html()


def test_the_slowest_are_asked_alone() -> None:
    report = a_report([("a " * length, "a") for length in (3, 30, 10, 1)], "chrf")
    asked: list[str] = []

    def ask(tested: evaluating.Tested) -> Answer:
        asked.append(tested.source)
        return an_answer("a")

    prose, table = slowest_of(report, ask, number=2)
    assert asked[2:] == ["q1", "q2", "q0", "q3"]  # the longest first, after one of middling length
    assert isinstance(table, Table)
    assert len(table.rows) == 2
    assert "4 answers took 2.0 s" in prose.html()


def test_every_score_has_its_signature() -> None:
    report = a_report([("a", "a"), ("b", "c")], "exact_match")
    html = score_table({"here": report}).html()
    assert all(score.signature in html for score in report.scores)
    assert "Brier" in html


METRICS = {"steps": 20, "seconds": 3.0, "stopped": "interrupted", "history": []}


def test_an_interrupted_run_has_a_page_of_what_there_is(tmp_path: Path) -> None:
    line = {"event": "step", "step": 10, "smoothed": 2.0, "rate": 0.1, "tokens": 10, "seconds": 1.0}
    (tmp_path / "log.jsonl").write_text(json.dumps(line) + "\n", encoding="utf-8")
    seconds = write_run(tmp_path, UseRecipe(about="Small."), {}, METRICS, {"lines": ["3 rows read"]}, ask=None)
    assert seconds is not None
    page = (tmp_path / PAGE).read_text("utf-8")
    assert "interrupted: go on with <code>--resume</code>" in page
    assert "Learning rate" in page
    assert "3 rows read" in page
    assert "answers.beam" in page
    assert "http" not in page.replace("http-equiv", "")


def test_a_page_that_fails_is_one_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ValueError("no\nsuch thing")

    monkeypatch.setattr(run, "_page", broken)
    with caplog.at_level(logging.WARNING, logger="seqloom"):
        assert write_run(tmp_path, UseRecipe(), {}, METRICS, {}, ask=None) is None
    [record] = caplog.records
    assert record.getMessage().endswith("could not be made (ValueError: no such thing); everything else is saved.")
    assert not (tmp_path / PAGE).exists()
