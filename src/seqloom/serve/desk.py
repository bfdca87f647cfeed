"""Where one model answers: a thread that owns its engines, and what comes to it from all sides shares their steps."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from itertools import count
from threading import Condition, Event, Thread
from typing import TypeAlias

from seqloom.core.logging import logger
from seqloom.decoding.request import Engine
from seqloom.serve.meters import Meters
from seqloom.workflow.answering import Answerer
from seqloom.workflow.answers import Answer
from seqloom.workflow.asking import Asking
from seqloom.workflow.conducting import admit, settled
from seqloom.workflow.feeds import Question
from seqloom.workflow.opened import Opened, id_of
from seqloom.workflow.speaker import Speaker

__all__ = ["Desk", "Ticket"]

News: TypeAlias = str | Answer | BaseException
"""A piece of an answer, the whole of it, or why there is none that is no fault of the question's."""


@dataclass(kw_only=True, eq=False)
class Ticket:
    """A question on its way: what is known of it comes back on the loop that asked."""

    question: Question
    answerer: Answerer
    place: int = 0
    """Draws depend on it."""
    stream: bool = False
    loop: asyncio.AbstractEventLoop
    answer: asyncio.Future[Answer]
    pieces: asyncio.Queue[str | None] = field(default_factory=asyncio.Queue)
    """Of a stream: what is settled, and None when nothing more is."""

    def take(self, news: News) -> None:
        if isinstance(news, str):
            self.pieces.put_nowait(news)
            return
        if not self.answer.done():
            if isinstance(news, Answer):
                self.answer.set_result(news)
            else:
                self.answer.set_exception(news)
        self.pieces.put_nowait(None)


@dataclass(kw_only=True, eq=False)
class _Under:
    """A ticket that an engine works on."""

    ticket: Ticket
    opened: Opened
    engine: Engine
    said: str = ""


class Desk:
    """Tickets are put and dropped from any thread; engines are touched by the desk's own alone.

    Askings share an engine wherever the same ones have a say (``Speaker.company``): texts of any length, any beam and
    any constraints are then in the same steps, and a new one joins those that are under way.
    """

    def __init__(self, speaker: Speaker, *, name: str, meters: Meters) -> None:
        self.speaker = speaker
        self.steps = 0
        """Of engines, since it was opened."""
        self._queue = meters.queue.labels(name)
        self._batch = meters.batch.labels(name)
        self._tokens = meters.tokens.labels(name)
        self._answers = meters.answers.labels(name)
        self._cancelled = meters.cancelled.labels(name)
        self._changed = Condition()
        self._coming: list[Ticket] = []
        self._dropped: list[Ticket] = []
        self._all: set[Ticket] = set()
        self._closing = False
        # From here on the thread's own.
        self._keys = count()
        self._engines: dict[Hashable, Engine] = {}
        self._under: dict[Hashable, _Under] = {}
        self._key_of: dict[Ticket, Hashable] = {}
        self._over_at: deque[float] = deque(maxlen=256)
        self._ready = Event()
        self._broken: BaseException | None = None
        self._thread = Thread(target=self._run, daemon=True, name=f"desk of {name}")
        self._thread.start()

    # ---- from any thread ---------------------------------------------------------------------------------------------

    def wait(self) -> None:
        """Until it can answer; raises why it never will."""
        self._ready.wait()
        if self._broken is not None:
            raise self._broken

    @property
    def size(self) -> int:
        """Questions under way."""
        return len(self._all)

    def put(self, tickets: Sequence[Ticket]) -> None:
        with self._changed:
            self._all.update(tickets)
            self._coming += tickets
            self._queue.set(len(self._all))
            self._changed.notify()

    def drop(self, tickets: Sequence[Ticket]) -> None:
        """Nobody waits for them any more."""
        with self._changed:
            self._dropped += [ticket for ticket in tickets if ticket in self._all]
            self._changed.notify()

    def close(self) -> None:
        """End when all that was put is over."""
        with self._changed:
            self._closing = True
            self._changed.notify()

    def join(self, seconds: float | None = None) -> None:
        self._thread.join(seconds)

    def seconds_for(self, number: int) -> float:
        """How long so many questions take, by the pace of the last ones."""
        times = [*self._over_at]
        if len(times) < 2:
            return 1.0
        pace = (len(times) - 1) / max(1e-3, times[-1] - times[0])
        return min(60.0, max(1.0, number / pace))

    # ---- its own thread ----------------------------------------------------------------------------------------------

    def _run(self) -> None:
        try:
            self._engine(Asking(answers=self.speaker.recipe.answers))
        except BaseException as error:
            self._broken = error
            return
        finally:
            self._ready.set()
        goes_on = True
        while goes_on:
            try:
                goes_on = self._turn()
            except Exception as error:
                self._lose_all(error)

    def _turn(self) -> bool:
        """Take in what came, take one step; False when it is closed and all is over."""
        with self._changed:
            while not (self._coming or self._dropped or self._under):
                if self._closing:
                    return False
                self._changed.wait()
            coming, self._coming = self._coming, []
            dropped, self._dropped = self._dropped, []
        news: list[tuple[Ticket, News]] = []
        self._begin([ticket for ticket in coming if ticket not in {*dropped}], news)
        self._forget(dropped)
        for engine in [*self._engines.values()]:
            self._step(engine, news)
        self._tell(news)
        return True

    def _engine(self, asking: Asking) -> Engine:
        company = self.speaker.company(asking.answers)
        if company not in self._engines:
            self._engines[company] = self.speaker.engine(asking)
        return self._engines[company]

    def _begin(self, tickets: Sequence[Ticket], news: list[tuple[Ticket, News]]) -> None:
        new: dict[int, list[_Under]] = {}
        for ticket in tickets:
            key = next(self._keys)
            try:
                engine = self._engine(ticket.answerer.asking)
                opened = ticket.answerer.open(ticket.question, key=key, place=ticket.place, stream=ticket.stream)
            except Exception as error:  # the others go on
                news.append((ticket, error))
                continue
            under = _Under(ticket=ticket, opened=opened, engine=engine)
            if opened.complete:
                news.append((ticket, ticket.answerer.close(opened)))
                continue
            self._under[key], self._key_of[ticket] = under, key
            new.setdefault(id(engine), []).append(under)
        for several in new.values():
            admit(several[0].engine, [under.opened for under in several])

    def _forget(self, tickets: Sequence[Ticket]) -> None:
        for ticket in tickets:
            key = self._key_of.pop(ticket, None)
            if key is not None:
                under = self._under.pop(key)
                under.engine.cancel(under.opened.left)
        if tickets:
            self._cancelled.inc(len(tickets))
            self._release(tickets)

    def _step(self, engine: Engine, news: list[tuple[Ticket, News]]) -> None:
        sharing = sum(under.engine is engine for under in self._under.values())
        if not sharing:
            return
        self.steps += 1
        self._batch.observe(sharing)
        try:
            touched = self._events(engine)
        except Exception as error:
            self._give_up(engine, error, news)
            return
        for key in touched:
            under = self._under[key]
            try:
                news += [(under.ticket, each) for each in self._said(under)]
            except Exception as error:
                engine.cancel(under.opened.left)
                news.append((under.ticket, error))
                self._end(key)

    def _events(self, engine: Engine) -> dict[Hashable, None]:
        """The questions of which a step has told something, in order."""
        touched: dict[Hashable, None] = {}
        for event in engine.step():
            key, _ = id_of(event)
            under = self._under.get(key)
            if under is not None and under.opened.error is None:
                under.opened.take(event)
                touched[key] = None
        return touched

    def _said(self, under: _Under) -> list[News]:
        """What is new of a question."""
        ticket, opened, news = under.ticket, under.opened, list[News]()
        if opened.complete:
            under.engine.cancel(opened.left)
            self._end(opened.key)
            if ticket.stream and opened.error is None:
                rest = ticket.answerer.whole(opened).text.removeprefix(under.said)
                news += [rest] if rest else []
            answer = ticket.answerer.close(opened)
            self._tokens.inc(len(answer.tokens))
            self._answers.inc()
            self._over_at.append(time.monotonic())
            return [*news, answer]
        if ticket.stream and (new := settled(ticket.answerer.text(opened), under.said)):
            under.said += new
            news.append(new)
        return news

    def _end(self, key: Hashable) -> None:
        under = self._under.pop(key, None)
        if under is not None:
            del self._key_of[under.ticket]

    def _give_up(self, engine: Engine, error: Exception, news: list[tuple[Ticket, News]]) -> None:
        """An engine that raised is not trusted any more: what it had is lost, and the next question has a new one."""
        logger.error("an engine failed.", exc_info=error)
        self._engines = {company: each for company, each in self._engines.items() if each is not engine}
        for key, under in [*self._under.items()]:
            if under.engine is engine:
                news.append((under.ticket, error))
                self._end(key)

    def _lose_all(self, error: Exception) -> None:
        """Something is wrong that is of no one question: nobody shall wait for it, and the next ones begin anew."""
        logger.error("a desk lost what it had.", exc_info=error)
        with self._changed:
            lost = [*self._all]
            self._coming, self._dropped = [], []
        self._engines, self._under, self._key_of = {}, {}, {}
        self._tell([(ticket, error) for ticket in lost])

    def _tell(self, news: Sequence[tuple[Ticket, News]]) -> None:
        self._release([ticket for ticket, each in news if not isinstance(each, str)])
        by_loop: dict[asyncio.AbstractEventLoop, list[tuple[Ticket, News]]] = {}
        for ticket, each in news:
            by_loop.setdefault(ticket.loop, []).append((ticket, each))
        for loop, some in by_loop.items():
            if not loop.is_closed():
                loop.call_soon_threadsafe(_deliver, some)

    def _release(self, tickets: Sequence[Ticket]) -> None:
        with self._changed:
            self._all.difference_update(tickets)
            self._queue.set(len(self._all))


def _deliver(news: Sequence[tuple[Ticket, News]]) -> None:
    for ticket, each in news:
        ticket.take(each)
