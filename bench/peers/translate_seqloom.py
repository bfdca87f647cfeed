"""Seqloom as anyone uses it, from text to text: the others are given their ids.

translate_seqloom.py FOLDER OUT      (the threads are those of OMP_NUM_THREADS)
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from turn import Question, take

import seqloom


class Ours:
    def __init__(self, question: Question) -> None:
        self.question = question
        self.model = seqloom.load(question.model)

    def translate(self, places: Sequence[int], *, beam: int) -> list[str]:
        answers = self.model.predict([self.question.texts[place] for place in places], beam=beam)
        return [answer.text for answer in answers]

    def score(self, places: Sequence[int]) -> list[list[float]]:
        return []


def main() -> None:
    question = Question.read(Path(sys.argv[1]))
    take(Ours(question), question, Path(sys.argv[2]))


if __name__ == "__main__":
    main()
