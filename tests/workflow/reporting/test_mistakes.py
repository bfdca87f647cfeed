from __future__ import annotations

import pytest

from seqloom.workflow.reporting.mistakes import Judge

GERMAN = ["Ein Mann mit Hut liest.", "Zwei Hunde rennen über den Schnee.", "Um 9 Uhr kommen 20 Kinder."]
ENGLISH = [
    ["A man wearing a big black hat is reading a book."],
    ["Two dogs run across the snow."],
    ["At 9 twenty children come, all 20."],
]


@pytest.fixture(scope="module")
def judge() -> Judge:
    return Judge(GERMAN, ENGLISH)


def kinds(judge: Judge, place: int, answer: str) -> dict[str, str]:
    return {each.kind: each.proof for each in judge(GERMAN[place], answer, ENGLISH[place])}


def test_what_is_right_has_no_mistake(judge: Judge) -> None:
    for place, [right] in enumerate(ENGLISH):
        assert kinds(judge, place, right) == {}
        assert kinds(judge, place, right.upper().replace(".", "!")) == {}  # case and punctuation are no words


def test_what_is_missing_is_named(judge: Judge) -> None:
    assert kinds(judge, 0, "A man is reading a book.") == {"missing": "wearing a big black hat"}
    assert kinds(judge, 0, "") == {"missing": "a man wearing a big black hat is reading a book"}


def test_what_was_added_is_named(judge: Judge) -> None:
    assert kinds(judge, 1, "Two dogs run across the snow with their owners.") == {"added": "with their owners"}


def test_another_wording_and_another_order_are_no_mistakes(judge: Judge) -> None:
    assert kinds(judge, 1, "Two dogs are running over snow.") == {}
    assert kinds(judge, 1, "Across the snow run two dogs.") == {}


def test_what_is_said_again_is_a_mistake_unless_it_is_right(judge: Judge) -> None:
    assert kinds(judge, 1, "Two dogs run across the the snow.")["repeated"] == "the"
    assert kinds(judge, 1, "Two dogs run two dogs run across the snow.")["repeated"] == "two dogs run"
    assert "repeated" not in {each.kind for each in judge("ein sehr, sehr guter Hund", "a very very good dog", [
        "a very, very good dog indeed"
    ])}  # fmt: skip


def test_words_of_the_source_are_copied_but_names_are_not() -> None:
    judge = Judge(["Hans mag Eisfischerhütten", "Ein Hund"], [["Hans likes ice fishing huts"], ["A dog"]])
    found = {each.kind: each.proof for each in judge("Hans mag Hütten", "Hans likes Hütten", ["Hans likes huts"])}
    assert found == {"copied": "hütten"}


def test_a_whole_answer_in_the_sources_language_is_untranslated(judge: Judge) -> None:
    found = kinds(judge, 1, "Zwei Hunde rennen über den Schnee.")
    assert found["untranslated"] == "zwei hunde rennen über den schnee"
    assert "copied" not in found


def test_where_copying_is_the_task_it_is_no_mistake() -> None:
    texts = ["the cat sat on the mat today", "a dog ran home to its owner"]
    judge = Judge(texts, [[text] for text in texts])
    assert "copied" not in judge.kinds
    assert judge(texts[0], texts[0], ["the cat sat"]) != []  # it says too much
    assert {each.kind for each in judge(texts[0], texts[0], ["the cat sat"])} == {"added"}


def test_numbers_that_differ_and_numbers_that_are_missing(judge: Judge) -> None:
    assert kinds(judge, 2, "At 8 twenty children come, all 20.")["numbers"] == "8, 9 is missing"
    assert "numbers" not in kinds(judge, 2, "At 9 come 20 children.")


def test_a_number_is_the_same_however_it_is_written() -> None:
    judge = Judge(["1.000 Meter, 3,5 Grad"], [["1,000 metres, 3.5 degrees"]])
    assert judge("1.000 Meter, 3,5 Grad", "1000 metres and ３.５ degrees", ["1,000 metres, 3.5 degrees"]) == []
    assert [each.proof for each in judge("1.000 Meter", "100 metres", ["1,000 metres"])] == ["100, 1000 is missing"]


def test_a_phoneme_is_no_number() -> None:
    assert Judge(["hut"], [["HH AH1 T"]])("hut", "HH AH0 T", ["HH AH1 T"]) == []


def test_chinese_is_looked_at_by_characters() -> None:
    references = [["我们明天早上去北京。"], ["看看这本书。"]]
    judge = Judge(["we go to Beijing tomorrow morning", "look at this book"], references)
    assert judge("look at this book", "看看这本书", references[1]) == []
    found = {each.kind: each.proof for each in judge("we go to Beijing", "我们去北京北京北京", references[0])}
    assert found["missing"] == "明天早上"
    assert found["repeated"] == "北京"
    copied = judge("we go to Beijing", "我们 tomorrow 去 beijing", references[0])
    assert {each.kind: each.proof for each in copied}["copied"] == "beijing"
