"""Dialogues as files have them become questions with what was said before; what is no dialogue is said in one line."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.columns import Columns
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.tasks import Answered
from seqloom.tasks.dialogue import Dialogue, DialogueSettings

DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data"))


def pairs(file: Path, settings: DialogueSettings = DialogueSettings(), **columns: Any) -> list[Row | BadLine]:  # noqa: B008
    rows = read_rows(str(file), columns=Columns(listed=settings.listed, **columns))
    return [pair for row in rows for pair in (settings.pairs(row) if isinstance(row, Row) else [row])]


def texts(found: list[Row | BadLine]) -> list[tuple[str, ...]]:
    assert all(isinstance(row, Row) for row in found), found
    return [(row.source, *row.targets) for row in found if isinstance(row, Row)]


def task(settings: DialogueSettings = DialogueSettings(), *learnt: tuple[str, str]) -> Dialogue:  # noqa: B008
    known = settings.learn(Row(source=source, targets=(target,)) for source, target in learnt)
    return settings.build(json.loads(json.dumps(known)))


def test_a_dialogue_a_line_with_any_number_of_turns(tmp_path: Path) -> None:
    file = tmp_path / "d.tsv"
    file.write_text("a\tb\tc\tabc\nhi\tho\n\n", encoding="utf-8")
    *found, blank = texts(pairs(file, DialogueSettings(turns=2)))
    assert found == [("a", "b"), ("a\tb", "c"), ("b\tc", "abc"), ("hi", "ho")]
    assert blank == ("", "")  # which cleaning drops and counts


def test_questions_and_answers_in_columns(tmp_path: Path) -> None:
    file = tmp_path / "qa.tsv"
    file.write_text("ai\tWhat?\tThat.\nai\tWho?\tMe.\n", encoding="utf-8")
    assert texts(pairs(file, source=(2,), target=(3,))) == [("What?", "That."), ("Who?", "Me.")]
    file.write_text("source\ttarget\nWhat?\tThat.\n", encoding="utf-8")
    assert texts(pairs(file)) == [("What?", "That.")]


def test_lists_of_turns_in_objects(tmp_path: Path) -> None:
    file = tmp_path / "d.jsonl"
    lines = [
        {"turns": ["a", "b\tb", "c"]},
        {"source": "c", "target": ["d", "e"], "history": ["a", "b"]},
        {"turns": [{"role": "user", "content": "x"}, {"text": "y"}]},
    ]
    file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
    found = pairs(file)
    assert texts(found) == [("a", "b b"), ("a\tb b", "c"), ("a\tb\tc", "d", "e"), ("x", "y")]
    assert all("history" not in row.extras for row in found if isinstance(row, Row))
    file.write_text(json.dumps({"messages": [{"content": "x"}, {"content": "y"}]}), encoding="utf-8")
    assert texts(pairs(file, source=("messages",))) == [("x", "y")]


def test_columns_that_are_no_turns_and_one_speaker_alone(tmp_path: Path) -> None:
    file = tmp_path / "d.tsv"
    file.write_text("a\tb\tc\td\t1 2 3\n", encoding="utf-8")
    assert texts(pairs(file, DialogueSettings(labels=1, learnt="second"))) == [("a", "b"), ("a\tb\tc", "d")]


@pytest.mark.parametrize(
    ("line", "what"),
    [
        ("alone", "a dialogue must have two turns, but has 1"),
        ("a\t\tc", "turn 2 is empty"),
        ('{"source": "a", "target": "b", "history": 3}', "`history` must be a list of turns, but is 3"),
        ('{"turns": ["a", 5]}', "`turns` must be text, but is 5"),
    ],
)
def test_what_is_no_dialogue_is_one_bad_line_among_good_ones(tmp_path: Path, line: str, what: str) -> None:
    json_lines = line.startswith("{")
    file = tmp_path / ("d.jsonl" if json_lines else "d.tsv")
    good = '{"turns": ["x", "y"]}' if json_lines else "x\ty"
    file.write_text(f"{good}\n{line}\n{good}\n", encoding="utf-8")
    first, bad, last = pairs(file)
    assert texts([first, last]) == [("x", "y"), ("x", "y")]
    assert isinstance(bad, BadLine)
    assert (bad.line, bad.what) == (2, what)


def test_marks_say_who_spoke_and_old_turns_fall_away() -> None:
    doing = task(DialogueSettings(turns=3, longest=5))
    assert doing.read(Row(source="a\tb\tc\td")).source == "<you> b <me> c <you> d"
    assert doing.read(Row(source="one two three\tfour\tfive")).source == "<you> one two three <me> four <you> five"
    assert doing.read(Row(source="one two three four\tfive\tsix")).source == "<me> five <you> six"
    assert doing.read(Row(source="1 2 3 4 5 6 7")).source == "<you> 3 4 5 6 7"
    assert doing.read(Row(source="一二三四五六七")).source == "<you> 三四五六七"


def test_history_of_a_question_and_what_looks_like_a_mark() -> None:
    doing = task()
    assert doing.read(Row(source="c", extras={"history": ["a", "b"]})).source == "<you> a <me> b <you> c"
    assert doing.read(Row(source="<me> am\tso  <you>  ")).source == "<me> am <you> so"
    with pytest.raises(DataError, match="`history` must be a list of turns"):
        doing.read(Row(source="c", extras={"history": {"a": 1}}))


def test_a_question_too_long_for_the_model_loses_its_oldest_turn() -> None:
    doing = task()
    shorter = doing.shorter(Row(source="b\tc", extras={"history": ["a"]}))
    assert shorter is not None
    assert (shorter.source, shorter.extras) == ("b\tc", {})
    assert doing.shorter(Row(source="c")) is None


def test_baselines_are_the_commonest_and_the_nearest_questions_answer() -> None:
    doing = task(
        DialogueSettings(),
        ("x\thow are you ?", "fine ."),
        ("what is your name ?", "Bob ."),
        ("is it late ?", "fine ."),
    )
    commonest, nearest = doing.baselines.values()
    asked = Row(source="how are you ?\twhat 's the name ?")
    assert (commonest(asked), nearest(asked)) == (["fine ."], ["Bob ."])
    assert nearest(Row(source="完全不同")) == ["fine ."]


def test_no_more_pairs_go_with_the_model_than_are_asked_for() -> None:
    settings = DialogueSettings(searched=10)
    known = settings.learn(Row(source=str(number), targets=(f"to {number}",)) for number in range(100))
    places = {int(question) for question, _ in known["pairs"]}
    assert len(places) == 10
    assert max(places) > 20
    assert all(answer == f"to {question}" for question, answer in known["pairs"])


def test_scores_of_variety_and_of_likelihood() -> None:
    doing = task(DialogueSettings(), ("a", "yes sir"), ("b", "no sir"))
    row = Row(source="a", targets=("yes sir", "no"))
    found = doing.scores([Answered(row=row, texts=("so so so so",), logps=(-3.0, -2.0)), Answered(row=row, texts=())])
    scores = {score.name: score for score in found}
    assert scores["distinct-1"].value == 25
    assert scores["repeats itself"].value == 50
    assert scores["perplexity a word"].value == pytest.approx(2.718281828)  # 5 nats, three words and two ends
    assert scores["perplexity a word"].against["a bigram model"] > 1
    assert [score.name for score in doing.scores([Answered(row=row, texts=("a",))])][-1] == "repeats itself"


def test_chinese_is_counted_in_characters() -> None:
    row = Row(source="你好", targets=("你好吗",))
    *_, last = task(DialogueSettings(), ("你好", "你好")).scores([Answered(row=row, texts=("你",), logps=(-4.0,))])
    assert (last.name, last.details["tokens"]) == ("perplexity a character", 4)


def test_marks_that_are_one_are_refused() -> None:
    with pytest.raises(RecipeError, match="two different texts"):
        DialogueSettings(marks=("<a>", "<a>"))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_real_dialogues(language: str) -> None:
    file = DATA / "xdailydialog" / f"dialogues.dev.{language}.tsv"
    if not file.is_file():
        pytest.skip("no data")
    found = texts(pairs(file, DialogueSettings(labels=1)))
    assert len(found) == 7030
    assert not any(target.replace(" ", "").isdecimal() and len(target) > 30 for _, target in found)
    assert max(source.count("\t") for source, *_ in found) == 3
