"""A glossary in beam search: is every term met, what becomes of BLEU, and what does it cost.

    python bench/constraints.py runs/multi30k test_2016_flickr.de test_2016_flickr.en

As Post & Vilar (2018) do, terms are made from the references: some words drawn from each, or four in a row. Beside
plain beam search stand theirs, which gives each bank of hypotheses an equal number of beams, and ours, which lets the
banks choose in turn, the one nearest to its goals first.
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import torch

import seqloom
from seqloom.data.spellings import words_of
from seqloom.decoding import banks
from seqloom.decoding.banks import Candidate
from seqloom.decoding.constraints import SourceText
from seqloom.decoding.constraints.phrases import PhraseSettings
from seqloom.decoding.request import Request, answer
from seqloom.decoding.search import Search
from seqloom.metrics.texts import measure
from seqloom.models.stepper import ModelStepper
from seqloom.workflow.model import Model

ROWS = 64
Share = Callable[[Sequence[Candidate], int], list[Candidate]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("sources", type=Path)
    parser.add_argument("references", type=Path)
    parser.add_argument("--beam", type=int, default=5)
    parser.add_argument("--most", type=int, default=0, help="sentences; 0: all")
    parser.add_argument("--terms", nargs="+", default=["words 1", "words 2", "words 3", "phrase 4"])
    if len(sys.argv) == 1:  # as `make bench` calls every script
        print(f"{Path(__file__).name}: left out, it needs a trained model: `--help` says which.")
        return
    options = parser.parse_args()
    torch.set_num_threads(1)  # so small a model is fastest on one
    most = options.most or None
    model = seqloom.load(options.model)
    sources = options.sources.read_text(encoding="utf-8").splitlines()[:most]
    references = options.references.read_text(encoding="utf-8").splitlines()[:most]
    ways: dict[str, Share] = {"equal banks": equal_banks, "in turn": banks.share}
    print("| terms | search | terms met | BLEU | sentences/s |\n|---|---|---|---|---|")
    for terms in options.terms:
        glossary = [drawn(terms, reference, random.Random(place)) for place, reference in enumerate(references)]
        for name, share in [("plain beam", None), *ways.items()]:
            banks.share = share or banks.share  # the search calls it by this name
            begun = time.perf_counter()
            answers = translate(model, sources, glossary if share else None, beam=options.beam)
            seconds = time.perf_counter() - begun
            (score,) = measure(["bleu"], answers, [[reference] for reference in references], samples=0)
            speed = len(sources) / seconds
            signature = score.signature
            print(f"| {terms} | {name} | {met(answers, glossary):.1%} | {score.value:.2f} | {speed:.1f} |", flush=True)
    print(f"\nBLEU is {signature}")


def drawn(terms: str, reference: str, dice: random.Random) -> list[str]:
    """ "words 2": two words of the reference; "phrase 4": four that stand in a row."""
    kind, number = terms.split()
    spans = [found.span() for found in re.finditer(r"\w+", reference)]
    size = min(int(number), len(spans))
    if kind == "phrase":
        first = dice.randrange(len(spans) - size + 1)
        return [reference[spans[first][0] : spans[first + size - 1][1]]]
    return [reference[slice(*span)] for span in sorted(dice.sample(spans, size))]


def translate(model: Model, sources: list[str], glossary: list[list[str]] | None, *, beam: int) -> list[str]:
    words, answers = words_of(model.numbering.targets), model.recipe.answers
    requests = []
    for place, text in enumerate(sources):
        source, _ = model.numbering.source(text)
        length = len(source.parts["text"])
        settings = PhraseSettings(phrases=tuple((term,) for term in glossary[place]) if glossary else ())
        constraint = settings.build(words, SourceText(text=text, tokens=length))
        requests.append(
            Request(
                id=place,
                source=source,
                beams=beam,
                length_penalty=answers.penalty,
                max_length=answers.longest(length),
                constraints=(constraint,) if glossary else (),
            )
        )
    requests.sort(key=lambda request: -len(request.source.parts["text"]))
    found = answer(Search(ModelStepper(model.network), max_rows=ROWS * beam), requests)
    texts = {request.id: model.numbering.text(each.tokens) for request, each in zip(requests, found, strict=True)}
    return [texts[place] for place in range(len(sources))]


def met(answers: list[str], glossary: list[list[str]]) -> float:
    """The share of terms that stand in their answer as whole words, as often as they were asked for."""
    wanted = [(term, terms.count(term), text) for terms, text in zip(glossary, answers, strict=True) for term in terms]
    said = [len(re.findall(rf"(?<!\w){re.escape(term)}(?!\w)", text)) >= times for term, times, text in wanted]
    return sum(said) / len(said)


def equal_banks(candidates: Sequence[Candidate], beams: int) -> list[Candidate]:
    """Post & Vilar 2018, section 4.2: each bank has its share, and what one cannot fill goes to the others."""
    found: dict[int, list[Candidate]] = {}
    for each in sorted(candidates, key=lambda each: -each.total):
        found.setdefault(each.left, []).append(each)
    num_banks = max(found, default=0) + 1
    share = {left: beams // num_banks + (left == 0) * (beams % num_banks) for left in range(num_banks)}
    taken = {left: min(share[left], len(found.get(left, ()))) for left in share}
    spare = beams - sum(taken.values())
    for left in taken:
        more = min(spare, len(found.get(left, ())) - taken[left])
        taken[left] += more
        spare -= more
    picked = [each for left, number in taken.items() for each in found.get(left, ())[:number]]
    return sorted(picked, key=lambda each: -each.total)


if __name__ == "__main__":
    main()
