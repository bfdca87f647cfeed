"""Texts from their first sentences, and what is known of the training texts."""

from __future__ import annotations

import json

import pytest

from seqloom.data.rows import BadLine, Row
from seqloom.tasks import Answered
from seqloom.tasks.generation import Generation, GenerationSettings

LEARNT = ["the cat sat on the mat and slept well there", "the dog ran", "the dog sat"]


def task(*learnt: str, **settings: int) -> Generation:
    made = GenerationSettings(**settings)  # type: ignore[arg-type]
    known = made.learn(Row(source="t", targets=(text,)) for text in learnt)
    return made.build(json.loads(json.dumps(known)))


@pytest.mark.parametrize(
    ("text", "first", "rest"),
    [
        ("It was so. It went on. It ends.", "It was so.", "It went on. It ends."),
        ("天黑了。他走了。", "天黑了。", "他走了。"),
    ],
)
def test_a_text_goes_on_from_its_first_sentence(text: str, first: str, rest: str) -> None:
    settings = GenerationSettings(begin="sentence")
    assert settings.listed
    [pair] = settings.pairs(Row(source=text))
    assert isinstance(pair, Row)
    assert (pair.source, pair.targets) == (first, (rest,))


def test_a_sentence_alone_is_counted_and_stops_nothing() -> None:
    [bad] = GenerationSettings(begin="sentence").pairs(Row(source="It was so."))
    assert isinstance(bad, BadLine)
    assert bad.left_out


def test_a_title_is_a_source_as_it_is() -> None:
    row = Row(source="A title. Of two sentences.", targets=("The text.",))
    assert [*GenerationSettings().pairs(row)] == [row]


def test_scores_tell_what_was_copied() -> None:
    doing = task(*LEARNT, copied=4)
    row = Row(source="t", targets=("the cat ran",))
    said = ["a cat sat on the mat and so on", "the dog ran"]
    found = {score.name: score for score in doing.scores([Answered(row=row, texts=(each,)) for each in said])}
    assert found["copied 4-grams"].value == pytest.approx(100 * 3 / 6)
    assert found["copied whole"].value == 50
    assert "perplexity a word" not in found  # nobody weighed the right answers


def test_perplexity_stands_beside_a_bigram_model() -> None:
    doing = task(*LEARNT)
    *_, likely = doing.scores([Answered(row=Row(source="t", targets=("the dog sat",)), texts=("x",), logps=(-4.0,))])
    *_, odd = doing.scores([Answered(row=Row(source="t", targets=("sat qqq dog",)), texts=("x",), logps=(-4.0,))])
    assert likely.value == odd.value == pytest.approx(2.718281828)
    assert likely.against["a bigram model"] < 5 < 20 < odd.against["a bigram model"]


def test_baselines_say_something_and_the_same_again() -> None:
    doing = task(*LEARNT)
    for say in doing.baselines.values():
        rows = [Row(source=str(number)) for number in range(20)]
        assert [say(row) for row in rows] == [say(row) for row in rows]
        assert len({say(row)[0] for row in rows}) > 1
    assert doing.baselines["a training text"](Row(source="a"))[0] in LEARNT
