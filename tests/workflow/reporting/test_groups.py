from __future__ import annotations

from dataclasses import replace

from seqloom.tasks import Task
from seqloom.workflow import evaluating
from seqloom.workflow.answers import Answer
from seqloom.workflow.reporting.groups import blocks_of, by_column, by_length, quantiles
from seqloom.workflow.use import EvaluationSettings

SETTINGS = EvaluationSettings(metrics=("exact_match", "cer"))


def a_report(number: int = 40) -> evaluating.Report:
    """Answers are right where their source is short."""
    given = [
        Answer(text=f"so {place}", score=0, logp=0, tokens=(), token_logps=(), source="", source_tokens=())
        for place in range(number)
    ]
    tested = [
        evaluating.Tested(
            source=" ".join(["word"] * (1 + place // 10)),
            references=(given[place].text,) if place < number // 2 else ("else",),
            extras={"domain": "news" if place % 2 else ""},
        )
        for place in range(number)
    ]
    return evaluating.report_on(tested, given, SETTINGS, task=Task(), searched="greedy", seconds=1.0)


def test_groups_hold_every_place_once_and_equals_together() -> None:
    values = [5, 1, 1, 1, 9, 2, 2, 3] * 20
    groups = quantiles(values, one="word", several="words")
    assert sorted(place for places in groups.values() for place in places) == list(range(len(values)))
    assert next(iter(groups)) == "1 word"
    for value in set(values):
        assert sum(any(values[place] == value for place in places) for places in groups.values()) == 1


def test_no_group_is_too_small_to_tell_anything() -> None:
    groups = quantiles([0] + [1] * 50 + [2] * 50, one="word", several="words")
    assert {name: len(places) for name, places in groups.items()} == {"0–1 word": 51, "2 words": 50}
    assert quantiles([3, 4, 5], one="word", several="words") == {"3–5 words": [0, 1, 2]}


def test_a_breakdown_finds_where_answers_fail() -> None:
    report = a_report()
    breakdown = by_length(report)
    assert list(breakdown.groups) == ["1 word", "2 words", "3 words", "4 words"]
    drawn, table = blocks_of(breakdown, report, SETTINGS)
    values = [each.value for each in drawn.ranges]
    assert values[2:] == [0, 0]
    assert values[:2] == [100, 100]
    assert all(each.low <= each.value <= each.high for each in drawn.ranges)
    assert "CER" in table.html()


def test_a_column_parts_and_what_has_none_is_said() -> None:
    breakdown = by_column(a_report(), "domain")
    assert {name: len(places) for name, places in breakdown.groups.items()} == {"(none)": 20, "news": 20}
    many = evaluating.Report(
        scores=(),
        answers=(),
        tested=tuple(evaluating.Tested(source="a", references=("b",), extras={"3": str(n)}) for n in range(20)),
        searched="",
        seconds=0,
    )
    groups = by_column(many, 3).groups
    assert len(groups) == 13
    assert len(groups["(others)"]) == 8


def test_scores_that_the_whole_alone_has_are_not_in_its_groups() -> None:
    report = a_report()
    more = replace(report, scores=(*report.scores, replace(report.scores[0], name="of the whole")))
    _, table = blocks_of(by_length(more), more, SETTINGS)
    assert "CER" in table.html()
    assert "of the whole" not in table.html()
