"""Seqloom as anyone uses it, from text to text: the others are given their ids.

translate_seqloom.py FOLDER OUT [own | EXPORT] [SETTING…]      (the threads are those of OMP_NUM_THREADS)

EXPORT is a folder within FOLDER, which `seqloom export` made; SETTING is one of `--set`.
"""

import sys
from collections.abc import Sequence
from pathlib import Path

from turn import Question, take

import seqloom


class Ours:
    def __init__(
        self, question: Question, model: Path | None = None, *, engine: str = "own", settings: Sequence[str] = ()
    ) -> None:
        self.question = question
        self.settings = settings
        self.model = seqloom.load(model or question.model, engine=engine)

    def translate(self, places: Sequence[int], *, beam: int) -> list[str]:
        answers = self.model.predict([self.question.texts[place] for place in places], beam=beam, set=self.settings)
        return [answer.text for answer in answers]

    def score(self, places: Sequence[int]) -> list[list[float]]:
        return []


def main() -> None:
    folder, out, form, *settings = [*sys.argv[1:], "own"] if len(sys.argv) == 3 else sys.argv[1:]
    question = Question.read(Path(folder))
    model, engine = (Path(question.model), "own") if form == "own" else (Path(folder) / form, "auto")
    take(Ours(question, model, engine=engine, settings=settings), question, Path(out))


if __name__ == "__main__":
    main()
