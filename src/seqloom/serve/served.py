"""One model as the routes see it, whatever becomes of its folder."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Hashable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass
from threading import Event
from typing import Any, TypeVar, Unpack

from seqloom.core import settings as parsing
from seqloom.core.errors import DataError, DecodingError, SeqloomError
from seqloom.explain.offered import offered
from seqloom.serve.desk import Desk, Ticket
from seqloom.serve.meters import Meters
from seqloom.serve.problems import Refusal
from seqloom.serve.recent import Recent
from seqloom.serve.seen_before import SeenBefore
from seqloom.serve.settings import ServeSettings
from seqloom.serve.stream import Stream, too_late
from seqloom.serve.wording import of_pair
from seqloom.workflow.answering import Answerer, Own
from seqloom.workflow.answers import Answer, PairScore
from seqloom.workflow.asking import Asked, asking_of
from seqloom.workflow.feeds import Question, question_of
from seqloom.workflow.speaker import Speaker

__all__ = ["Served"]

T = TypeVar("T")
_ANSWERERS = 256
"""Ways of asking that are kept ready."""
_EXPLAINED = 1000
"""Characters of a text that is explained: what is told of it grows with their square."""
_PATTERNS = ("regex", "json_schema")


@dataclass(kw_only=True, eq=False)
class _Shared:
    """A question under way, and how many wait for it."""

    ticket: Ticket
    waiting: int = 0


class Served:
    """All of it is called on one event loop."""

    def __init__(
        self,
        name: str,
        speaker: Speaker,
        *,
        settings: ServeSettings,
        meters: Meters,
        languages: Sequence[tuple[str, str]] = (),
        pairs: str | None = None,
    ) -> None:
        """``languages``: those that the model does not know of itself. ``pairs``: a file, of which the nearest pairs
        are shown."""
        self.name = name
        self.settings = settings
        self.meters = meters
        self.given = tuple(languages)
        self.seen_before = None if pairs is None else SeenBefore(pairs)
        self.desk = Desk(speaker, name=name, meters=meters)
        self.recent = Recent(settings.cache)
        self._open: dict[Hashable, _Shared] = {}
        self._hits = meters.hits.labels(name)
        # What is no search and may take long: beside the desk, which goes on.
        self._beside = ThreadPoolExecutor(1, thread_name_prefix=f"beside {name}")
        self._aside = 0
        self._answerers: dict[str, Answerer] = {}

    # ---- what it is --------------------------------------------------------------------------------------------------

    @property
    def speaker(self) -> Speaker:
        return self.desk.speaker

    @property
    def kind(self) -> str:
        return self.speaker.recipe.task.kind

    @property
    def turns(self) -> int:
        """Of a conversation that it looks at, parted by TABs."""
        return self.speaker.doing.turns

    @property
    def languages(self) -> Sequence[tuple[str, str]]:
        """Sources and targets that it translates; "" where that is unknown."""
        known = self.speaker.numbering.known.get("directions", ())
        if self.given or known:
            return self.given or [(source, target) for source, target, *_ in known]
        return [("", "")] if self.kind == "pairs" and not self.speaker.numbering.channels else []

    def to_data(self) -> dict[str, Any]:
        """For the list of models."""
        tests: Mapping[str, Mapping[str, Any]] = self.speaker.metrics.get("scores", {})
        measured: Mapping[str, Any] = next((test.get("scores", {}) for test in tests.values()), {})
        return {
            "task": self.kind,
            "languages": [list(pair) for pair in self.languages],
            "columns": [*self.speaker.recipe.task.asked],
            "channels": self.speaker.numbering.channels,
            "about": self.speaker.recipe.about,
            "engines": self.speaker.engines,
            "takes": [*self.speaker.takes],
            "explains": [*offered(self.speaker), *(["neighbours"] if self.seen_before is not None else [])],
            "turns": self.turns,
            "metrics": {name: each["value"] for name, each in measured.items()},
        }

    # ---- asking ------------------------------------------------------------------------------------------------------

    async def ask(self, sources: Sequence[Any], *, deadline: float | None = None, **how: Unpack[Asked]) -> list[Answer]:
        """Whole answers, in order. What is wrong with one source is its answer's ``error``, and the others have theirs.

        ``deadline``: seconds. Equal questions under way are answered once. Whoever is cancelled leaves nothing behind.
        """
        questions = [self._question(source) for source in sources]
        if len(questions) > self.settings.max_sources:
            raise Refusal(
                413, f"sources must be at most {self.settings.max_sources} a request, but are {len(questions)}."
            )
        answerer = self._answerer(how)
        desk = self.desk
        keys = [self._key(desk, answerer, question, place) for place, question in enumerate(questions)]
        found = {place: hit for place, key in enumerate(keys) if (hit := self.recent.get(key)) is not None}
        new = {key: place for place, key in enumerate(keys) if place not in found and key not in self._open}
        self._hits.inc(len(questions) - len(new))
        self._make_room(desk, len(new))
        for key, place in new.items():
            self._open[key] = _Shared(ticket=self._ticket(questions[place], answerer, place))
        shared = {place: self._open[key] for place, key in enumerate(keys) if place not in found}
        for each in shared.values():
            each.waiting += 1
        desk.put([self._open[key].ticket for key in new])
        try:
            async with self._in_time(deadline):
                if shared:
                    await asyncio.wait({each.ticket.answer for each in shared.values()})
            for place, each in shared.items():
                found[place] = each.ticket.answer.result()
                if desk is self.desk:  # what an old model said is not kept, and neither is the model for it
                    self.recent.put(keys[place], found[place])
            return [found[place] for place in range(len(questions))]
        finally:
            self._leave(desk, {keys[place]: each for place, each in shared.items()}, [*shared.values()])

    def stream(self, source: Any, *, deadline: float | None = None, **how: Unpack[Asked]) -> Stream:
        """Pieces of one answer as they settle; none is ever taken back."""
        question = self._question(source)
        answerer = self._answerer(how)
        self._make_room(self.desk, 1)
        return Stream(self.desk, self._ticket(question, answerer, 0, stream=True), self._seconds(deadline))

    async def score(self, pairs: Sequence[tuple[str, str]], *, deadline: float | None = None) -> list[PairScore]:
        """How likely given targets are."""
        if len(pairs) > self.settings.max_sources:
            raise Refusal(413, f"pairs must be at most {self.settings.max_sources} a request, but are {len(pairs)}.")
        for side in (side for pair in pairs for side in pair):
            self._check(side)

        def work(_: Callable[[], None]) -> list[PairScore]:
            try:
                return self.speaker.score(pairs)
            except DataError as error:
                raise Refusal(422, of_pair(str(error))) from None

        return await self.aside(work, deadline=deadline)

    async def explain(
        self,
        source: Any,
        *,
        target: str | None = None,
        what: Sequence[str] = ("attention", "alternatives"),
        position: int | None = None,
        deadline: float | None = None,
    ) -> dict[str, Any]:
        """Why an answer is as it is, as `seqloom explain` writes it."""
        if max(len(self._question(source).text), len(target or "")) > _EXPLAINED:
            raise Refusal(413, f"a text to be explained must have at most {_EXPLAINED} characters.")
        self._check(target or "")
        speaker, seen_before, near = self.speaker, self.seen_before, "neighbours" in what
        parts = [part for part in what if part != "neighbours"]
        if near and seen_before is None:
            raise Refusal(
                422,
                f"`neighbours` needs pairs that may be shown. `seqloom serve --pairs {self.name}=FILE` names them.",
            )

        def work(go_on: Callable[[], None]) -> dict[str, Any]:
            try:
                from seqloom.explain.explaining import explain
            except ModuleNotFoundError:
                raise DecodingError("explaining needs torch, which this server is without.") from None
            pairs = seen_before.by(speaker) if near and seen_before is not None else None
            told = explain(
                speaker,
                source,
                target=target,
                what=parts,  # type: ignore[arg-type]
                position=position,
                neighbours=pairs,
                go_on=go_on,
            )
            data = told.to_data()
            if not any(part in data for part in what):  # of several, what is not there is said beside what is
                raise DecodingError(" ".join(dict.fromkeys(told.missing.values())))
            return data

        return await self.aside(work, deadline=deadline)

    async def aside(self, work: Callable[[Callable[[], None]], T], *, deadline: float | None = None) -> T:
        """Work that is no search, one after the other; the answers go on meanwhile. What it is handed it calls now and
        then, to end when nobody waits for it any more: a thread has no other end."""
        if self._aside >= self.settings.max_queue:
            raise Refusal(503, "the queue is full. Come again later.", retry_after=5)
        self._aside += 1
        left = Event()

        def go_on() -> None:
            if left.is_set():
                raise _LeftError

        try:
            async with self._in_time(deadline):
                with _repaired():
                    return await asyncio.get_running_loop().run_in_executor(self._beside, work, go_on)
        finally:
            self._aside -= 1
            left.set()

    # ---- what stands behind it ---------------------------------------------------------------------------------------

    def replace(self, desk: Desk) -> Desk:
        """From now on another desk answers; the old one, which has still its own to answer, is given back."""
        old, self.desk = self.desk, desk
        if self.seen_before is not None:
            self.seen_before.forget(old.speaker)
        self.recent.clear()
        self._answerers.clear()
        return old

    @property
    def busy(self) -> bool:
        return bool(self.desk.size or self._aside)

    def close(self) -> None:
        self.desk.close()
        self._beside.shutdown(wait=False, cancel_futures=True)

    # ---- parts of asking ---------------------------------------------------------------------------------------------

    def _answerer(self, how: Asked) -> Answerer:
        """The one for this way of asking, made when it is first asked so."""
        key = json.dumps(how, default=repr, sort_keys=True)
        if key in self._answerers:
            return self._answerers[key]
        with _repaired():
            asking = asking_of(self.speaker.recipe.answers, **how)
            answerer = self.speaker.answerer(asking)
            self.speaker.company(asking.answers)
        if answerer.asking.beams > self.settings.max_beam:
            raise Refusal(422, f"beam and nbest must be at most {self.settings.max_beam} here.")
        if len(self._answerers) >= _ANSWERERS:
            self._answerers.clear()
        self._answerers[key] = answerer
        return answerer

    def _question(self, source: Any) -> Question:
        numbers = "source" in self.speaker.numbering.channels
        with _repaired():
            question = question_of(source, numbers=numbers)
        self._check(question.text)
        if question.extras:
            own = {key: value for key, value in question.extras.items() if key in Own.__dataclass_fields__}
            self.check_own(own)
        return question

    def check_own(self, said: Mapping[str, Any]) -> Own:
        """What a client wants of an answer: no code of its own choice, and nothing without a bound."""
        with _repaired():
            own = parsing.parse(Own, said, where="a source", trust=frozenset())
        if not self.settings.patterns and any(each.kind in _PATTERNS for each in own.constraints):
            raise Refusal(
                422,
                "regular expressions and JSON schemas are not taken here. `seqloom serve --patterns` takes them.",
            )
        if max(own.min_length or 0, own.max_length or 0) > self.settings.max_tokens:
            raise Refusal(422, f"min_length and max_length must be at most {self.settings.max_tokens} here.")
        return own

    def _check(self, text: str) -> None:
        if len(text) > self.settings.max_text:
            raise Refusal(
                413, f"a text must have at most {self.settings.max_text} characters, but one has {len(text)}."
            )
        try:
            text.encode()
        except UnicodeEncodeError:
            raise Refusal(422, "a text must be Unicode, but one has half a surrogate pair.") from None

    def _key(self, desk: Desk, answerer: Answerer, question: Question, place: int) -> Hashable:
        """Questions of which it is the same have the same answer."""
        extras = json.dumps(question.extras, sort_keys=True, default=repr) if question.extras else ""
        return desk, answerer, question.text, extras, place if answerer.asking.draws else None

    def _make_room(self, desk: Desk, number: int) -> None:
        if desk.size + number > self.settings.max_queue:
            raise Refusal(503, "the queue is full. Come again later.", retry_after=desk.seconds_for(desk.size))

    def _ticket(self, question: Question, answerer: Answerer, place: int, *, stream: bool = False) -> Ticket:
        loop = asyncio.get_running_loop()
        answer: asyncio.Future[Answer] = loop.create_future()
        return Ticket(question=question, answerer=answerer, place=place, stream=stream, loop=loop, answer=answer)

    def _leave(self, desk: Desk, by_key: Mapping[Hashable, _Shared], shared: Sequence[_Shared]) -> None:
        """One waits less for each of them; what nobody waits for is dropped."""
        for each in shared:
            each.waiting -= 1
        dropped = []
        for key, each in by_key.items():
            if each.ticket.answer.done() or not each.waiting:
                if self._open.get(key) is each:
                    del self._open[key]
                if not each.ticket.answer.done():
                    each.ticket.answer.cancel()
                    dropped.append(each.ticket)
                elif not each.ticket.answer.cancelled():
                    each.ticket.answer.exception()  # where several failed, the first one is told of
        if dropped:
            desk.drop(dropped)

    @asynccontextmanager
    async def _in_time(self, deadline: float | None) -> AsyncIterator[None]:
        seconds = self._seconds(deadline)
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            raise too_late(seconds) from None

    def _seconds(self, deadline: float | None) -> float:
        return self.settings.deadline if deadline is None else min(deadline, self.settings.deadline)


class _LeftError(Exception):
    """Nobody waits for it any more."""


@contextmanager
def _repaired() -> Iterator[None]:
    """What a person can repair is told in one line."""
    try:
        yield
    except SeqloomError as error:
        raise Refusal(422, " ".join(str(error).split())) from None
