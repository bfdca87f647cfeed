"""Questions, answered from a passage or from a table of answers that are known."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import ClassVar, Literal

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.wording import show
from seqloom.data.rows import BadLine, Row
from seqloom.data.sentences import cut_sentences
from seqloom.decoding.constraints import ConstraintSettings
from seqloom.decoding.constraints.one_of import OneOfSettings
from seqloom.decoding.constraints.stretch import StretchSettings
from seqloom.metrics.questions import answer_words
from seqloom.metrics.score import Score
from seqloom.metrics.texts import measure
from seqloom.metrics.words import plain, tokens
from seqloom.retrieval.bm25 import Bm25
from seqloom.tasks.contract import Answered, Baseline, Known, Shown, Task, TaskBase
from seqloom.tasks.one_token import one_token

__all__ = ["NOTHING", "QuestionAnsweringSettings"]

NOTHING = "—"
"""What is answered where the passage does not say it: a dash, which no comparison of words sees. An empty line would
look like an answer that failed."""

_NEAREST = 5


@dataclass(frozen=True, kw_only=True)
class QuestionAnsweringSettings(TaskBase):
    """The task of answering questions."""

    kind: Literal["question_answering"] = "question_answering"
    context: int | str = "context"
    """The column of the passage that is asked about, by name or by number from 1. Its spaces are made single ones, and
    no other cleaning reaches it. Empty: questions stand alone."""
    answer: Literal["span", "free"] = "span"
    """span: an answer is a stretch of the passage's words; free: anything."""
    known_answers: bool = False
    """Answer only what some question of the training pairs was answered with; for questions that stand alone."""
    answers: Literal["whole", "pieces"] = "pieces"
    """"whole": a known answer is a token, chosen in one step, with a target tokenizer of kind "word" that splits at
    spaces. "pieces": it is said in the tokenizer's pieces."""
    unanswerable: bool = False
    """Allow questions that have no answer: an empty one in the data, a dash where it is said."""

    keeps: ClassVar[tuple[str, ...]] = ("context",)

    def __post_init__(self) -> None:
        if self.known_answers and self.context != "":
            raise RecipeError(
                'known_answers must be false where there is a passage, but is true. Set `task.context = ""`, or leave '
                "it out."
            )
        if self.answers == "whole" and not self.known_answers:
            raise RecipeError(
                'answers must be "pieces" where anything may be said, but is "whole". Set `task.known_answers = true`.'
            )

    @property
    def reads(self) -> bool:
        """Whether there is a passage."""
        return self.context != ""

    @property
    def columns(self) -> Mapping[str, int | str]:
        return {"context": self.context} if self.reads else {}

    def together(self, row: Row) -> str:
        """A passage's questions answer one another."""
        return str(row.extras.get("context", row.source))

    def pairs(self, row: Row) -> Iterable[Row | BadLine]:
        if not row.source.strip() and not any(target.strip() for target in row.targets):
            yield row  # a blank line asks nothing
            return
        try:
            yield replace(row, targets=self._answers(row))
        except DataError as error:
            what = " ".join(str(error).split()).rstrip(".")
            yield BadLine(file=row.file, line=row.line, what=what, text=row.source)

    def _answers(self, row: Row) -> tuple[str, ...]:
        """What is right, that which can be learnt first."""
        answers = tuple(dict.fromkeys(target for target in row.targets if target.strip()))
        if not answers:
            if self.unanswerable:
                return (NOTHING,)
            raise DataError("there is no answer; if questions may have none, set `task.unanswerable = true`")
        if not self.reads:
            return answers
        passage = passage_of(row)
        if self.answer == "free":
            return answers
        found = [answer for answer in answers if plain(answer) in passage or answer == NOTHING]
        if not found:
            raise DataError(
                f"the answer {show(answers[0])} does not stand in the passage; correct it, or set "
                '`task.answer = "free"`'
            )
        return (*found, *(answer for answer in answers if answer not in found))

    def learn(self, rows: Iterable[Row]) -> Known:
        if self.reads:
            return {}
        numbers: dict[str, int] = {}
        asked = [[row.source, numbers.setdefault(row.targets[0], len(numbers))] for row in rows]
        return {"answers": [*numbers], "asked": asked}

    def build(self, known: Known) -> Task:
        return Reading(self) if self.reads else Table(self, known)


def passage_of(row: Row) -> str:
    """With single spaces; a DataError where there is none."""
    passage = row.extras.get("context")
    if not isinstance(passage, str) or not passage.strip():
        what = "has none" if passage is None else f"is {show(passage)}"
        raise DataError(f"a question must have a passage, `context`, but it {what}. Give one.")
    return plain(passage)


class Reading(Task):
    """The model reads the question, a TAB and the passage."""

    whole = True

    def __init__(self, settings: QuestionAnsweringSettings) -> None:
        self.settings = settings

    def read(self, row: Row) -> Row:
        if not row.source.strip():
            return row
        return replace(row, source=f"{plain(row.source)}\t{passage_of(row)}", targets=tuple(map(plain, row.targets)))

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        if self.settings.answer == "free" or not row.source.strip():
            return ()
        return (StretchSettings(text=passage_of(row), instead=(NOTHING,) if self.settings.unanswerable else ()),)

    def show(self, row: Row, text: str) -> Shown:
        """With the place where the passage says it first, in characters, if it does."""
        passage = row.extras.get("context")
        place = passage.find(text) if isinstance(passage, str) and text else -1
        fields = {"answerable": text != NOTHING} if self.settings.unanswerable else {}
        return Shown(text=text, fields=fields if place < 0 or text == NOTHING else {**fields, "start": place})

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        return {"what the nearest sentence adds": nearest_sentence}


def nearest_sentence(row: Row) -> Sequence[str]:
    """Of the sentence that has most words of the question, the longest stretch that has none of them."""
    asked = set(answer_words(row.source))
    sentences = cut_sentences(passage_of(row))
    nearest = max(sentences, key=lambda sentence: len(asked.intersection(answer_words(sentence))), default="")
    return [max(_apart(nearest, asked), key=len, default="")]


def _apart(sentence: str, asked: set[str]) -> Iterator[str]:
    """The stretches of words that were not asked for, without the marks at their ends."""
    start = place = 0
    for word in tokens(sentence):
        place = sentence.index(word, place)
        if not asked.isdisjoint(answer_words(word)):
            yield sentence[start:place].strip()
            start = place + len(word)
        place += len(word)
    yield sentence[start:].strip().rstrip(".!?。！？")


class Table(Task):
    """Questions and their answers, and nothing to read."""

    whole = True

    def __init__(self, settings: QuestionAnsweringSettings, known: Known) -> None:
        self.settings = settings
        self.answers: Sequence[str] = known.get("answers", ())
        self.asked: Sequence[tuple[str, int]] = known.get("asked", ())
        self.nbest = _NEAREST if settings.known_answers else 1
        self._answer_of = {self.say(answer): answer for answer in self.answers}
        self._allowed = (OneOfSettings(texts=tuple(self._answer_of)),) if settings.known_answers else ()

    def say(self, answer: str) -> str:
        """An answer as the model says it."""
        return one_token(answer) if self.settings.answers == "whole" else answer

    def read(self, row: Row) -> Row:
        return replace(row, targets=tuple(map(self.say, row.targets)))

    def constraints(self, row: Row) -> tuple[ConstraintSettings, ...]:
        return self._allowed

    def show(self, row: Row, text: str) -> Shown:
        text = self._answer_of.get(text, text)
        return Shown(text=text, fields={"answerable": text != NOTHING} if self.settings.unanswerable else {})

    def scores(self, answered: Sequence[Answered], *, samples: int = 1000) -> list[Score]:
        if not self.settings.known_answers:
            return []
        right = [one.row.targets for one in answered]
        found = [
            next((text for text in one.texts[:_NEAREST] if text in one.row.targets), next(iter(one.texts), ""))
            for one in answered
        ]
        [score] = measure(["qa_exact"], found, right, samples=samples)
        return [replace(score, name=f"QA exact, one of {_NEAREST}")]

    @property
    def baselines(self) -> Mapping[str, Baseline]:
        return {"the nearest known question's": self._nearest}

    @cached_property
    def _index(self) -> Bm25:
        return Bm25([answer_words(question) for question, _ in self.asked])

    def _nearest(self, row: Row) -> Sequence[str]:
        """Their answers, each once."""
        places = self._index.nearest(answer_words(row.source), most=_NEAREST**2)
        return [*dict.fromkeys(self.answers[self.asked[place][1]] for place in places)][:_NEAREST]
