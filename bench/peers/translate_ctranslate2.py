"""CTranslate2 by its own package, with our weights.

translate_ctranslate2.py FOLDER OUT FILES TYPE WORKERS THREADS [in-order]      (FILES: its model's folder in FOLDER)

in-order: batch after batch as the sentences come, which is what a plain loop over a file does.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path

import ctranslate2
from turn import Question, take


class CTranslate2:
    def __init__(
        self, question: Question, files: Path, *, type: str, workers: int, threads: int, in_order: bool = False
    ) -> None:
        self.question = question
        self.batch = question.batch if in_order else len(question.sources)
        self.translator = ctranslate2.Translator(
            str(files), device="cpu", compute_type=type, inter_threads=workers, intra_threads=threads
        )
        sources, targets = (vocabulary(files, side) for side in ("source", "target"))
        self.sources = [[sources[number] for number in source] for source in question.sources]
        self.targets = [[targets[number] for number in target] for target in question.targets]
        self.ids = {token: number for number, token in enumerate(targets)}

    def translate(self, places: Sequence[int], *, beam: int) -> list[list[int]]:
        """All at once: it sorts them by length and makes the batches itself, so many sentences each; or in order."""
        parts = (places[first : first + self.batch] for first in range(0, len(places), self.batch))
        return [answer for part in parts for answer in self.together(part, beam=beam)]

    def together(self, places: Sequence[int], *, beam: int) -> list[list[int]]:
        found = self.translator.translate_batch(
            [self.sources[place] for place in places],
            beam_size=beam,
            length_penalty=self.question.alpha,
            max_batch_size=self.question.batch,
            max_decoding_length=max(self.question.longest[place] for place in places),
        )
        return [[self.ids[token] for token in each.hypotheses[0]] for each in found]

    def score(self, places: Sequence[int]) -> list[list[float]]:
        sources, targets = ([side[place] for place in places] for side in (self.sources, self.targets))
        return [list(each.log_probs) for each in self.translator.score_batch(sources, targets)]


def vocabulary(files: Path, side: str) -> list[str]:
    shared = files / "shared_vocabulary.json"
    return json.loads((shared if shared.is_file() else files / f"{side}_vocabulary.json").read_text("utf-8"))


def main() -> None:
    folder, out, files, type, workers, threads, *order = sys.argv[1:]
    question = Question.read(Path(folder))
    read = CTranslate2(
        question, Path(folder) / files, type=type, workers=int(workers), threads=int(threads), in_order=bool(order)
    )
    take(read, question, Path(out))


if __name__ == "__main__":
    main()
