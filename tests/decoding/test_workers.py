"""Several engines as one: the same answers, whoever gives them, and nothing left behind."""

from __future__ import annotations

import threading

import pytest
import torch

from seqloom.core.errors import DecodingError
from seqloom.decoding.request import Failed, Finished, Request, answer
from seqloom.decoding.search import Search
from seqloom.decoding.workers import Workers

from .tables import Table, ask


def crew(number: int, *, share: int = 8) -> Workers:
    table = Table(4)
    return Workers([Search(table, max_rows=9) for _ in range(number)], share=share)


def requests(count: int) -> list[Request]:
    return [ask(number, beams=3, max_length=3 + number % 5) for number in range(count)]


@pytest.mark.parametrize("count", [0, 1, 3, 8, 100])
def test_the_answers_are_those_of_one_engine(count: int) -> None:
    asked = requests(count)
    assert answer(crew(3), asked) == answer(Search(Table(4)), asked)


def test_nothing_is_left_behind() -> None:
    before, cores = threading.active_count(), torch.get_num_threads()
    workers = crew(3)
    for _ in range(2):
        answer(workers, requests(50))
        assert threading.active_count() == before
        assert torch.get_num_threads() == cores


def test_more_may_come_while_some_are_answered() -> None:
    workers, asked = crew(2), requests(60)
    found: dict[object, object] = {}
    for first in range(0, 60, 3):  # three are begun without threads, then more come than one engine is to answer
        workers.admit(asked[first : first + 3])
        for event in workers.step() if first % 2 else []:
            assert isinstance(event, Finished)
            found[event.id] = event.answer
    while len(found) < 60:
        for event in workers.step():
            assert isinstance(event, Finished)
            assert event.id not in found
            found[event.id] = event.answer
    assert [found[each.id] for each in asked] == answer(Search(Table(4)), asked)


def test_what_is_cancelled_is_not_heard_of_and_its_number_is_free() -> None:
    workers, asked = crew(2), requests(60)
    workers.admit(asked)
    first = workers.step()
    workers.cancel([each.id for each in asked if each.id % 2])  # type: ignore[operator]
    heard = {event.id for event in first}
    for _ in range(10_000):
        if len(heard) >= 30 and all(each.id in heard for each in asked if not each.id % 2):  # type: ignore[operator]
            break
        events = workers.step()
        assert not [event for event in events if event.id % 2]  # type: ignore[operator]
        heard |= {event.id for event in events}
    assert workers.step() == []
    assert answer(workers, asked) == answer(Search(Table(4)), asked)


def test_to_cancel_everything_ends_the_threads() -> None:
    before = threading.active_count()
    workers, asked = crew(2), requests(60)
    workers.admit(asked)
    workers.step()
    workers.cancel([each.id for each in asked])
    assert threading.active_count() == before
    assert workers.step() == []


def test_a_request_that_is_refused_fails_alone() -> None:
    workers, asked = crew(2), requests(30)
    workers.admit(asked)
    workers.admit([asked[3]])
    events = []
    while len(events) < 31:
        events += workers.step()
    [failed] = [event for event in events if isinstance(event, Failed)]
    assert failed.id == 3
    assert "must be new" in str(failed.error)


def test_what_goes_wrong_on_a_thread_is_raised_where_it_is_waited_for() -> None:
    class Broken(Search):
        def step(self) -> list[object]:  # type: ignore[override]
            raise ZeroDivisionError("by nobody")

    before = threading.active_count()
    workers = Workers([Search(Table(4)), Broken(Table(4))], share=8)
    workers.admit(requests(40))
    with pytest.raises(ZeroDivisionError, match="by nobody"):
        _step_on(workers)
    workers.cancel([each.id for each in requests(40)])
    assert threading.active_count() == before


def test_a_number_of_its_own_for_each() -> None:
    workers = crew(2)
    with pytest.raises(DecodingError, match="must be new"):
        answer(workers, [requests(1)[0], requests(1)[0]])


def _step_on(workers: Workers) -> None:
    while True:
        workers.step()
