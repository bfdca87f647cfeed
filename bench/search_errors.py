"""How often beam search misses the answer that its model thinks best (Stahlberg & Byrne 2019).

    python bench/search_errors.py MODEL SOURCES [--sentences 100] [--words 12] [--most 5000] [--penalty none]

MODEL is a model folder, SOURCES a text file, one a line; the first so many lines of at most so many words are taken.
Exact search reads at most so many beginnings of each. Where it does not come to an end, its answer is still one that a
beam should have found, so the errors counted are at least these. Scores are compared after the length penalty; "none"
shows how often the model's own favourite is the empty answer.
"""

import argparse
import sys
import time
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import torch

import seqloom
from seqloom.decoding.request import Answer, ExactSearch, LengthPenalty, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.stepper import ModelStepper

BEAMS = (1, 5, 10)
CLOSE = 1e-3
"""Scores this close are the same one, added up in another order."""


@dataclass(frozen=True, kw_only=True)
class Row:
    """What a search found for all sources."""

    name: str
    answers: list[Answer]
    seconds: float

    def shown(self, best: list[float]) -> str:
        """As a row of the table; ``best``: the highest score that is known of each source."""
        worse = [each.score < score - CLOSE for each, score in zip(self.answers, best, strict=True)]
        empty = [not each.tokens for each in self.answers]
        tokens = [len(each.tokens) for each in self.answers]
        shares = (100 * mean(worse), 100 * mean(empty))
        return (
            f"{self.name:<8} {shares[0]:>9.1f} {shares[1]:>7.1f} "
            f"{mean([each.score for each in self.answers]):>9.3f} {mean(tokens):>8.1f} {self.seconds:>8.1f}"
        )


def mean(numbers: list[float] | list[int]) -> float:
    return sum(numbers) / len(numbers)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("--sentences", type=int, default=100)
    parser.add_argument("--words", type=int, default=12)
    parser.add_argument("--most", type=int, default=5000)
    parser.add_argument("--width", type=int, default=16)
    parser.add_argument("--penalty", choices=["none", "average", "wu"], default="none")
    if len(sys.argv) == 1:  # as `make bench` calls every script
        print(f"{Path(__file__).name}: left out, it needs a trained model: `--help` says which.")
        return
    given = parser.parse_args()
    model = seqloom.load(given.model)
    engine = Search(ModelStepper(model.network), max_rows=256)
    lines = (line.strip() for line in given.sources.read_text(encoding="utf-8").splitlines())
    short = islice((line for line in lines if 0 < len(line.split()) <= given.words), given.sentences)
    sources = [model.numbering.source(line)[0] for line in short]
    rows = [
        searched(
            f"beam {beams}", engine, [request(place, each, given, beams=beams) for place, each in enumerate(sources)]
        )
        for beams in BEAMS
    ]
    exactly = ExactSearch(most=given.most, width=given.width)
    rows.append(
        searched("exact", engine, [request(place, each, given, exactly=exactly) for place, each in enumerate(sources)])
    )
    best = [max(row.answers[place].score for row in rows) for place in range(len(sources))]
    proven = mean([100.0 * bool(each.proven) for each in rows[-1].answers])
    print(f"{len(sources)} sources; penalty {given.penalty}; proven best: {proven:.1f} %")
    print(f"{'search':<8} {'errors %':>9} {'empty %':>7} {'score':>9} {'tokens':>8} {'seconds':>8}")
    for row in rows:
        print(row.shown(best))


def request(
    place: int, source: Source, given: argparse.Namespace, *, beams: int = 1, exactly: ExactSearch | None = None
) -> Request:
    penalty = LengthPenalty(kind=given.penalty)
    longest = 2 * len(source.parts["text"]) + 20
    if exactly is None:
        return Request(id=place, source=source, beams=beams, length_penalty=penalty, max_length=longest)
    return Request(id=place, source=source, search=exactly, length_penalty=penalty, max_length=longest)


def searched(name: str, engine: Search, requests: list[Request]) -> Row:
    begun = time.perf_counter()
    with torch.inference_mode():
        answers = answer(engine, requests)
    return Row(name=name, answers=answers, seconds=time.perf_counter() - begun)


if __name__ == "__main__":
    main()
