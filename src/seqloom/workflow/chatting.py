"""A conversation: what was said so far, and the next answer. No torch here."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Unpack

from seqloom.core.errors import DataError
from seqloom.workflow.asking import Asked
from seqloom.workflow.speaker import Speaker

__all__ = ["Conversation"]


class Conversation:
    """Between a person and a model, which sees as many turns as its task looks back at.

    One belongs to one person: who serves several keeps one for each. A model of any task may be talked to; most look at
    the last line alone.
    """

    def __init__(self, speaker: Speaker, **how: Unpack[Asked]) -> None:
        """``how``: any field of ``Asked``, as for ``predict``."""
        self.speaker = speaker
        self.how = how
        self.turns: list[str] = []
        """All of it, the person's and the model's in turn."""
        self.said = 0
        """Answers so far, those taken back too: a question that is asked again may have another answer drawn."""

    def say(self, text: str) -> Iterator[str]:
        """The answer, piece by piece. Both are remembered when it is whole; what fails leaves no trace."""
        turn = " ".join(text.split())
        if not turn:
            raise DataError("there is nothing to answer: the line is empty. Write something.")
        asked = [*self.turns, turn]
        pieces = []
        place, self.said = self.said, self.said + 1
        for piece in self.speaker.stream("\t".join(asked[-self.speaker.doing.turns :]), place=place, **self.how):
            pieces.append(piece)
            yield piece
        self.turns = [*asked, " ".join("".join(pieces).split())]

    def answer(self, text: str) -> str:
        """The same at once."""
        return "".join(self.say(text))

    def undo(self) -> str | None:
        """Take back the last question and its answer: the question, or None where there was none."""
        if not self.turns:
            return None
        question = self.turns[-2]
        del self.turns[-2:]
        return question

    def new(self) -> None:
        """Forget what was said."""
        self.turns.clear()
