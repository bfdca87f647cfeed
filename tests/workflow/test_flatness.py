"""A file of any length takes the same memory: nothing that is read, answered or written is kept."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

import seqloom
from seqloom.core.errors import DataError
from seqloom.data.rows import Row
from seqloom.decoding.request import Answer as Found
from seqloom.decoding.request import DecodingError, Event, Failed, Finished, Request, Sampling
from seqloom.workflow import conducting, feeds, resuming
from seqloom.workflow.asking import Asking
from seqloom.workflow.feeds import Pipe, Question, Ready
from seqloom.workflow.model import Model
from seqloom.workflow.resuming import drafted
from seqloom.workflow.watching import watch
from seqloom.workflow.written import Form

KEPT = Path(__file__).parent.parent / "kept" / "format-1"


class Echo:
    """Says of every source what it read, a few at a time; and that it cannot read every ninth."""

    def __init__(self) -> None:
        self.waiting: list[Request] = []

    def refuses(self, request: Request) -> str | None:
        return None

    def admit(self, requests: Sequence[Request]) -> None:
        self.waiting += requests

    def step(self) -> list[Event]:
        now, self.waiting = self.waiting[:64], self.waiting[64:]
        return [self._event(request) for request in now]

    def cancel(self, ids: Sequence[Any]) -> None:
        self.waiting = [request for request in self.waiting if request.id not in ids]

    def score(self, pairs: Sequence[Any]) -> Any:
        raise NotImplementedError

    def _event(self, request: Request) -> Event:
        place, _ = request.id  # type: ignore[misc]
        if place % 9 == 8:
            return Failed(id=request.id, error=DecodingError(f"{place} cannot be read"))
        tokens = tuple(int(token) for token in request.source.parts["text"])
        logps = (-0.5,) * (len(tokens) + 1)
        return Finished(id=request.id, answer=Found(tokens=tokens, score=-1.0, logp=-1.0, token_logps=logps))


class Echoing(Model):
    def engine(self, asking: Asking) -> Any:
        return Echo()


@pytest.fixture(scope="module")
def model() -> Model:
    model = seqloom.load(KEPT)
    assert isinstance(model, Model)
    return Echoing(model.recipe, model.numbering, model.network, longest_source=model.longest_source)


def sources(number: int) -> Iterator[str]:
    return (f"red cat w{place % 300} {'so ' * (place % 7)}" for place in range(number))


@pytest.mark.parametrize("feed", [Ready, Pipe])
def test_nothing_is_kept_of_what_is_answered(
    feed: Any, model: Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not one object a source: as few are there in the second half of a file as in the first."""
    for module in (conducting, feeds):
        monkeypatch.setattr(module, "AHEAD", 32)
    monkeypatch.setattr(resuming, "_EVERY", 0)  # what waits to be saved depends on the clock
    monkeypatch.setattr(resuming, "_SHARE", 0)
    monkeypatch.setattr(resuming.os, "fsync", lambda _: None)
    half, aside = 1000, 400  # of the first 400 every kind is met, and of the last the feed runs dry
    least = [sys.maxsize, sys.maxsize]
    with drafted(tmp_path / "out", {"model": "m"}, Form()) as draft:
        rows = draft.rest(lambda: (Row(source=source) for source in sources(2 * half + 2 * aside)))
        questions = (Question(text=row.source) for row in rows)
        with watch(total=None, into_file=True) as watched:
            for place, answer in enumerate(model.answers(feed(questions)), start=-aside):
                draft.put(answer)
                watched.at(draft.saved)
                if 0 <= place < 2 * half and place % half in range(half - 32, half, 8):
                    gc.collect()
                    least[place // half] = min(least[place // half], sys.getallocatedblocks())
    assert (tmp_path / "out").read_bytes().count(b"\n") == 2 * half + 2 * aside
    assert least[1] - least[0] < half / 2


def test_a_line_that_cannot_be_read_ends_a_file_after_those_before_it(model: Model) -> None:
    def questions() -> Iterator[Question]:
        yield from (Question(text=source) for source in sources(5))
        raise DataError("asked.txt:6: is no text.")

    answers = model.answers(Ready(questions()))
    assert [next(answers).source for _ in range(5)] == [*sources(5)]
    with pytest.raises(DataError, match="asked"):
        next(answers)


def test_draws_depend_on_the_place_wherever_one_begins() -> None:
    model = seqloom.load(KEPT)
    assert isinstance(model, Model)
    questions = [Question(text=source) for source in sources(12)]
    search = Sampling(seed=3, temperature=2.0)
    asking = Asking(answers=replace(model.recipe.answers, search=search))
    every = [answer.text for answer in model.answers(Ready(questions), asking)]
    rest = [answer.text for answer in model.answers(Ready(questions[5:]), asking, first=5)]
    assert rest == every[5:]
    assert rest != [answer.text for answer in model.answers(Ready(questions[5:]), asking)]
