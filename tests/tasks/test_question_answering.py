"""Questions: what is read of a row, what may be answered, and what a person sees; the weights matter little."""

from __future__ import annotations

import json
import os
import runpy
from pathlib import Path
from typing import Literal

import pytest

import seqloom
from seqloom.core.errors import DataError, RecipeError
from seqloom.data.readers import Columns, read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.decoding.constraints.stretch import StretchSettings
from seqloom.tasks import Task
from seqloom.tasks.question_answering import NOTHING, QuestionAnsweringSettings
from seqloom.workflow.model import Model

GUIDE = Path(__file__).parents[2] / "docs" / "guide"
PASSAGE = "Tom is in the kitchen. Anna  has a red ball."
SMALL = {
    "training.steps": 3,
    "training.warmup": 1,
    "training.threads": 1,
    "data.tokenizer.minimum_count": 1,
    "data.held_out": 0.2,
    "evaluation.pairs": 4,
    "model.source.width": 16,
    "model.target.width": 16,
    "model.encoder.width": 16,
    "model.decoder.width": 16,
}


def row(question: str, *answers: str, passage: object = PASSAGE) -> Row:
    return Row(source=question, targets=answers, extras={"context": passage}, file="a.jsonl", line=3)


def only(settings: QuestionAnsweringSettings, asked: Row) -> Row | BadLine:
    [found] = settings.pairs(asked)
    return found


# ---- rows ------------------------------------------------------------------------------------------------------------


def test_what_can_be_learnt_comes_first() -> None:
    found = only(QuestionAnsweringSettings(), row("Where is Tom?", "at home", "the kitchen", "the kitchen"))
    assert isinstance(found, Row)
    assert found.targets == ("the kitchen", "at home")


@pytest.mark.parametrize(
    ("asked", "what"),
    [
        (row("Where is Tom?", "Rome"), 'the answer "Rome" does not stand in the passage'),
        (row("Where is Tom?", ""), "there is no answer; if questions may have none"),
        (row("Where is Tom?", "Rome", passage=" "), "a question must have a passage"),
        (row("Where is Tom?", "Rome", passage=None), "a question must have a passage"),
    ],
)
def test_what_is_wrong_with_a_row_is_said_in_a_line(asked: Row, what: str) -> None:
    found = only(QuestionAnsweringSettings(), asked)
    assert isinstance(found, BadLine)
    assert str(found).startswith(f"a.jsonl:3: {what}")


def test_free_answers_need_not_stand_there() -> None:
    assert isinstance(only(QuestionAnsweringSettings(answer="free"), row("Where is Tom?", "Rome")), Row)


def test_no_answer_is_a_dash_where_that_is_allowed() -> None:
    found = only(QuestionAnsweringSettings(unanswerable=True), row("Where is Eve?", ""))
    assert isinstance(found, Row)
    assert found.targets == (NOTHING,)


def test_known_answers_are_for_questions_alone() -> None:
    with pytest.raises(RecipeError, match="known_answers must be false where there is a passage"):
        QuestionAnsweringSettings(known_answers=True)


def test_a_question_and_its_passage_are_read_together() -> None:
    task = QuestionAnsweringSettings().build({})
    assert task.read(row("Who  has it?", "Anna")).source == f"Who has it?\t{PASSAGE.replace('  ', ' ')}"
    assert task.read(row("", "")).source == ""
    with pytest.raises(DataError, match="must have a passage"):
        task.read(row("Who?", passage=None))


def test_what_may_be_said() -> None:
    plain = PASSAGE.replace("  ", " ")
    assert QuestionAnsweringSettings().build({}).constraints(row("Who?")) == (StretchSettings(text=plain),)
    assert QuestionAnsweringSettings(answer="free").build({}).constraints(row("Who?")) == ()
    both = QuestionAnsweringSettings(unanswerable=True).build({}).constraints(row("Who?"))
    assert both == (StretchSettings(text=plain, instead=(NOTHING,)),)


def test_what_is_shown() -> None:
    task = QuestionAnsweringSettings(unanswerable=True).build({})
    assert task.show(row("Who?"), "Anna").fields == {"answerable": True, "start": PASSAGE.index("Anna")}
    assert task.show(row("Who?"), NOTHING).fields == {"answerable": False}
    assert QuestionAnsweringSettings().build({}).show(row("Who?"), "Anna").fields == {"start": PASSAGE.index("Anna")}


@pytest.mark.parametrize(
    ("question", "passage", "answer"),
    [
        ("Where is Tom?", PASSAGE, "in the kitchen"),
        ("Who has a red ball?", PASSAGE, "Anna"),
        ("汤姆在哪里？", "安娜有球。汤姆在厨房。", "厨房"),
    ],
)
def test_the_simplest_answer_is_what_the_nearest_sentence_adds(question: str, passage: str, answer: str) -> None:
    [simple] = QuestionAnsweringSettings().build({}).baselines.values()
    assert [*simple(row(question, passage=passage))] == [answer]


# ---- a table of answers ----------------------------------------------------------------------------------------------

TABLE = [("What is AI?", "a science"), ("What are you?", "a program"), ("How are you?", "fine"), ("What is AI?", "art")]


def test_a_whole_answer_is_a_known_one() -> None:
    with pytest.raises(RecipeError, match='answers must be "pieces" where anything may be said'):
        QuestionAnsweringSettings(context="", answers="whole")


def table(*, known: bool = True, answers: Literal["whole", "pieces"] = "pieces") -> Task:
    settings = QuestionAnsweringSettings(context="", known_answers=known, answers=answers)
    found = settings.learn(Row(source=question, targets=(answer,)) for question, answer in TABLE)
    return settings.build(json.loads(json.dumps(found)))


def test_only_known_answers_may_be_said() -> None:
    assert table().constraints(row("Hello?")) == (OneOfSettings(texts=("a science", "a program", "fine", "art")),)
    assert table(known=False).constraints(row("Hello?")) == ()


def test_a_whole_answer_is_a_word_to_the_model_and_text_to_people() -> None:
    task = table(answers="whole")
    asked = Row(source="What is AI?", targets=("a science",))
    [said] = task.read(asked).targets
    assert said.split(" ") == [said]
    assert said in task.constraints(asked)[0].texts  # type: ignore[attr-defined]
    assert task.show(asked, said).text == "a science"


def test_the_nearest_question_is_found() -> None:
    [simple] = table().baselines.values()
    assert [*simple(row("so what is AI"))] == ["a science", "art", "a program"]
    assert [*simple(row("xyz"))] == []


# ---- files -----------------------------------------------------------------------------------------------------------

COLUMNS = Columns(source=("question",), target=("answers",), extras={"context": "context"})


def test_squads_own_layout_is_read(tmp_path: Path) -> None:
    questions = [
        {
            "id": "1",
            "question": "Who?",
            "answers": [{"text": "Tom", "answer_start": 0}, {"text": "Tom", "answer_start": 0}],
        },
        {"id": "2", "question": "When?", "answers": [], "is_impossible": True},
        {"id": "3", "answers": [{"text": "Tom"}]},
    ]
    whole = {"version": "2.0", "data": [{"title": "T", "paragraphs": [{"context": PASSAGE, "qas": questions}]}]}
    file = tmp_path / "squad.json"
    file.write_text(json.dumps(whole, indent=1), encoding="utf-8")
    first, second, third = read_rows(str(file), columns=COLUMNS)
    assert isinstance(first, Row)
    assert isinstance(second, Row)
    assert (first.source, first.targets, first.extras["context"], first.line) == ("Who?", ("Tom",), PASSAGE, 1)
    assert second.targets == ("",)
    assert isinstance(third, BadLine)
    assert third.what.startswith("question 3: the key `question` is missing")
    asked = [*read_rows(str(file), columns=COLUMNS, sources_only=True)]
    assert len(asked) == 3


def test_squads_answers_in_a_row_each(tmp_path: Path) -> None:
    rows = [{"text": ["Tom", "Tim"], "answer_start": [0, 3]}, {"text": [], "answer_start": []}]
    file = tmp_path / "flat.jsonl"
    lines = [json.dumps({"context": PASSAGE, "question": "Who?", "answers": answers}) for answers in rows]
    file.write_text("\n".join(lines), encoding="utf-8")
    found = [*read_rows(str(file), columns=COLUMNS)]
    assert [each.targets for each in found if isinstance(each, Row)] == [("Tom", "Tim"), ("",)]


# ---- a model ---------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    """Of three steps: it knows nothing, and must keep to what may be said all the same."""
    folder = tmp_path_factory.mktemp("reading")
    reading = runpy.run_path(str(GUIDE / "reading.py"))
    reading["write"](str(folder / "train.jsonl"), 20, ["Anna Berg", "Tom Hill", "Eve Gold"], seed=1, unanswerable=True)
    set_ = {**SMALL, "task.unanswerable": True}
    return seqloom.train("question-answering", train=folder / "train.jsonl", out=folder / "m", set=set_, verbose=False)


def test_answers_stand_in_their_passages(model: Model) -> None:
    passages = ["Zoë Q-17 lives in Łódź, near 3.5 km of water.", "汤姆在厨房。", PASSAGE]
    for answer, passage in zip(
        model.predict([{"source": "Who?", "context": passage} for passage in passages], nbest=3), passages, strict=True
    ):
        assert answer.error is None
        for each in (answer, *answer.alternatives):
            assert each.text in (*[" ".join(passage.split())], NOTHING) or each.text in " ".join(passage.split())
            assert each.fields["answerable"] == (each.text != NOTHING)


def test_a_question_without_a_passage_stops_no_other(model: Model) -> None:
    alone, asked, empty = model.predict(["Who?", {"source": "Who?", "context": PASSAGE}, ""])
    assert alone.error == "a question must have a passage, `context`, but it has none. Give one."
    assert asked.error is None
    assert (empty.error, empty.text) == (None, "")


@pytest.mark.parametrize(
    "said",
    [
        {},
        {
            "task.answers": "pieces",
            "data.target_tokenizer": {"kind": "character"},
            "model.decoder": {"kind": "recurrent", "width": 16, "attention": {"kind": "general"}},
        },
    ],
    ids=["whole", "pieces"],
)
def test_a_table_answers_what_it_knows(said: dict[str, object], tmp_path: Path) -> None:
    set_ = {
        **{key: value for key, value in SMALL.items() if "minimum" not in key},
        **said,
        "data.source_columns": [1],
        "data.target_columns": [2],
    }
    model = seqloom.train("known-answers", train=TABLE * 3, out=tmp_path / "m", set=set_, verbose=False)
    answer, other = model.predict(["What is AI, please?", "xyz"], nbest=3)
    said = {each.text for each in (answer, other, *answer.alternatives, *other.alternatives)}
    assert said <= {"a science", "a program", "fine", "art"}
    assert len({each.text for each in (answer, *answer.alternatives)}) == 3
    report = model.evaluate(TABLE)
    assert report.baselines["the nearest known question's"][0].value == 100
    assert report["QA exact, one of 5"].value >= report["qa_exact"].value


DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[3] / "shared" / "data")) / "chatterbot"


@pytest.mark.skipif(not DATA.is_dir(), reason="the shared data is elsewhere")
@pytest.mark.parametrize("language", ["english", "chinese"])
def test_what_a_real_table_is_asked_is_found_in_it(language: str) -> None:
    settings = QuestionAnsweringSettings(context="", known_answers=True)
    columns = Columns(source=(2,), target=(3,))
    rows = [each for each in read_rows(str(DATA / f"{language}.tsv"), columns=columns) if isinstance(each, Row)]
    right: dict[str, set[str]] = {}
    for each in rows:
        right.setdefault(each.source, set()).update(each.targets)
    [simple] = settings.build(settings.learn(rows)).baselines.values()
    found = sum(next(iter(simple(Row(source=question))), "") in answers for question, answers in right.items())
    assert found >= 0.95 * len(right)


def test_the_questions_of_a_passage_are_held_out_together() -> None:
    task = QuestionAnsweringSettings()
    first, second = row("Where is Tom?", "the kitchen"), row("Who is in the kitchen?", "Tom")
    assert task.together(first) == task.together(second)
