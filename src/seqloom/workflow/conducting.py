"""Questions in, answers out in the same order: as many at a time as an engine likes, none lost and none twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence

from seqloom.core.errors import DecodingError, SeqloomError
from seqloom.decoding.request import Engine
from seqloom.workflow.answering import Answerer, length_of
from seqloom.workflow.answers import Answer
from seqloom.workflow.feeds import AHEAD, Feed, Question
from seqloom.workflow.opened import Opened, id_of

__all__ = ["admit", "answers", "settled", "stream"]


def answers(engine: Engine, answerer: Answerer, feed: Feed, *, first: int = 0) -> Iterator[Answer]:
    """Each question's answer, in their order, as soon as it and all before it are there.

    ``first`` is the place of the first one: what is drawn depends on the place, wherever one begins.
    """
    opened: dict[Hashable, Opened] = {}
    order: deque[Hashable] = deque()
    number, over = first, False
    broken: SeqloomError | None = None
    try:
        while not over or order:
            if not over and len(order) <= AHEAD // 2:
                try:
                    questions = feed.take(AHEAD - len(order), wait=not order)
                except SeqloomError as error:  # what was read before it is answered first
                    questions, broken = None, error
                over = questions is None
                new: dict[Hashable, Opened] = {
                    place: answerer.open(question, key=place, place=place)
                    for place, question in enumerate(questions or (), start=number)
                }
                opened |= new
                number += len(new)
                order.extend(new)
                admit(engine, [*new.values()])
            if any(not each.complete for each in opened.values()):
                for event in engine.step():
                    each = opened[id_of(event)[0]]
                    each.take(event)
                    if each.error is not None:
                        engine.cancel(each.left)
            while order and opened[order[0]].complete:
                yield answerer.close(opened.pop(order.popleft()))
        if broken is not None:
            raise broken
    finally:
        engine.cancel([request.id for each in opened.values() for request in each.requests])


def stream(engine: Engine, answerer: Answerer, question: Question, *, place: int = 0) -> Iterator[str]:
    """The answer's text as it settles: what was given is never taken back. A DecodingError where there is none."""
    each = answerer.open(question, key=place, place=place, stream=True)
    said = ""
    try:
        admit(engine, [each])
        while not each.complete:
            for event in engine.step():
                each.take(event)
            if each.error is None and (new := settled(answerer.text(each), said)):
                yield new
                said += new
        if each.error is not None:
            raise DecodingError(each.error)
        if rest := answerer.whole(each).text.removeprefix(said):
            yield rest
    finally:
        engine.cancel(each.left)


def admit(engine: Engine, new: Sequence[Opened]) -> None:
    """The longest first: what fills the batch is known early, and short ones fill its gaps."""
    requests = [request for each in new for request in each.requests]
    engine.admit(sorted(requests, key=lambda request: -length_of(request.source)))


def settled(text: str, said: str) -> str:
    """What is new, but for a character of which bytes are missing."""
    text = text.rstrip("\ufffd")
    return text[len(said) :] if text.startswith(said) else ""
