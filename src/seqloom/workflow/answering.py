"""Questions in, answers out in the same order: as many at a time as an engine likes, none lost and none twice."""

from __future__ import annotations

from collections import deque
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Annotated, Any, Protocol

from seqloom.core import settings
from seqloom.core.errors import DataError, DecodingError, SeqloomError
from seqloom.core.series import read_series
from seqloom.core.settings import Count, Positive, by_kind
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.sentences import join_answers
from seqloom.data.spellings import words_of
from seqloom.decoding.constraints import ConstraintSettings, SourceText
from seqloom.decoding.mbr import expected_utility
from seqloom.decoding.request import Answer as Found
from seqloom.decoding.request import (
    BeamSearch,
    Constraint,
    Engine,
    Failed,
    Finished,
    LengthPenalty,
    MbrSearch,
    Request,
    Source,
)
from seqloom.metrics.pairwise import UTILITIES
from seqloom.tasks import Task
from seqloom.workflow.answers import Answer, Attention
from seqloom.workflow.asking import Asking
from seqloom.workflow.calibrating import AS_SAID, Calibration
from seqloom.workflow.feeds import AHEAD, Feed, Question

__all__ = ["Answerer", "Looks", "OpenQuestion"]


@dataclass(frozen=True, kw_only=True)
class _Own:
    """What a question may say for itself, among its further columns."""

    constraints: tuple[Annotated[ConstraintSettings, by_kind], ...] = ()
    min_length: Count | None = None
    max_length: Positive | None = None


_OWN = frozenset(each.name for each in fields(_Own))


@dataclass(kw_only=True)
class OpenQuestion:
    """A question that is being answered, in one part or several."""

    question: Question
    parts: list[str] = field(default_factory=list)
    numbered: list[tuple[Source, tuple[str, ...]]] = field(default_factory=list)
    """Each part as a source, and its own words."""
    befores: list[str | None] = field(default_factory=list)
    """The layout before each part; None: it goes on where the one before it ends."""
    behind: str = ""
    """The layout behind the last one."""
    requests: list[Request] = field(default_factory=list)
    """One a part, or two where answers are chosen among draws and the n best. Their ids end with the part's number."""
    found: dict[Hashable, Found] = field(default_factory=dict)
    error: str | None = None

    @property
    def complete(self) -> bool:
        return self.error is not None or len(self.found) == len(self.requests)


class Answerer:
    """An engine with what turns text into its numbers and back."""

    def __init__(
        self,
        engine: Engine,
        numbering: Numbering,
        asking: Asking,
        *,
        longest_source: int,
        looks: Looks,
        task: Task,
        calibration: Calibration = AS_SAID,
    ) -> None:
        self.engine = engine
        self.numbering = numbering
        self.asking = asking
        self.longest_source = longest_source
        self.looks = looks
        self.task = task
        self.calibration = calibration

    def answer(self, feed: Feed, *, first: int = 0) -> Iterator[Answer]:
        """Each question's answer, in their order, as soon as it and all before it are there.

        ``first`` is the place of the first one: what is drawn depends on the place, wherever one begins.
        """
        opened: dict[int, OpenQuestion] = {}
        order: deque[int] = deque()
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
                    new = {number + place: each for place, each in enumerate(questions or ())}
                    opened |= {place: self.open(place, question) for place, question in new.items()}
                    number += len(new)
                    order.extend(new)
                    self._admit([opened[place] for place in new])
                if any(not each.complete for each in opened.values()):
                    for event in self.engine.step():
                        place, *_ = _id(event.id)
                        if isinstance(event, Failed):
                            self._fail(opened[place], str(event.error))
                        elif isinstance(event, Finished):
                            opened[place].found[event.id] = event.answer
                while order and opened[order[0]].complete:
                    yield self._close(opened.pop(order.popleft()))
            if broken is not None:
                raise broken
        finally:
            self.engine.cancel([request.id for each in opened.values() for request in each.requests])

    def stream(self, question: Question, *, place: int = 0) -> Iterator[str]:
        """The answer's text as it settles: what was given is never taken back. A DecodingError where there is none.

        What is drawn depends on the ``place``.
        """
        each = self.open(place, question)
        said = ""
        try:
            for request in each.requests:
                self.engine.admit([replace(request, stream=True)])
                tokens: tuple[Any, ...] = ()
                while request.id not in each.found:
                    for event in self.engine.step():
                        if isinstance(event, Failed):
                            raise event.error
                        if isinstance(event, Finished):
                            each.found[event.id], tokens = event.answer, ()
                        else:
                            tokens += event.tokens
                    if settled := _settled(self._text(each, tokens), said):
                        yield settled
                        said += settled
            if each.error is not None:
                raise DecodingError(each.error)
            if rest := self._close(each).text.removeprefix(said):
                yield rest
        finally:
            self.engine.cancel([request.id for request in each.requests])

    def _text(self, each: OpenQuestion, tokens: Sequence[Any]) -> str:
        """Of the parts that are answered, and of these tokens of the next."""
        texts = [self._of_part(each, part).text for part in range(len(each.found))]
        if tokens and len(texts) < len(each.parts):
            texts.append(self.numbering.text(tokens, each.numbered[len(texts)][1]))
        return join_answers(each.parts[: len(texts)], texts, each.befores)

    # ---- from a question to requests ---------------------------------------------------------------------------------

    def open(self, place: int, question: Question) -> OpenQuestion:
        """What is wrong with a question is its answer; the others go on."""
        each = OpenQuestion(question=question)
        try:
            if question.wrong:
                raise DataError(f"{question.wrong}.")
            own = settings.parse(_Own, {key: each for key, each in question.extras.items() if key in _OWN}, where="it")
            own = replace(own, constraints=(*self.task.constraints(question.row), *own.constraints))
            self._read(each)
            for part, (source, own_words) in enumerate(each.numbered):
                each.requests += self._requests((place, part), each.parts[part], source, own_words, own)
        except SeqloomError as error:
            each.error, each.requests = " ".join(str(error).split("\n")), []
        return each

    def _read(self, each: OpenQuestion) -> None:
        """The parts of a source, as text and as numbers, and what stands between them."""
        question, layout = each.question, ""
        if question.drawn is not None:
            each.parts, each.numbered = [question.text], [(question.drawn, ())]
            return
        for piece in self.task.cut(question.row):
            parts = self._split(replace(question.row, source=piece.text))
            layout += piece.before or ""
            each.parts += [part.source for part in parts]
            each.numbered += [self.numbering.source(part.source, part.extras) for part in parts]
            each.befores += [None if part or piece.before is None else layout for part in range(len(parts))]
            layout = "" if parts else layout
        each.behind = layout

    def _split(self, asked: Row) -> list[Row]:
        """What is asked as the model reads it, in parts where it is too long."""
        parts = self.numbering.split_row(self.numbering.read(asked), limit=self.longest_source)
        while len(parts) > 1 and (shorter := self.task.shorter(asked)) is not None:
            asked = shorter
            parts = self.numbering.split_row(self.numbering.read(asked), limit=self.longest_source)
        # A language model reads nothing: an empty line asks it too.
        parts = [part for part in parts if part.source.strip() or self.numbering.sourceless]
        return parts[:1] if self.task.whole else parts

    def _admit(self, new: Sequence[OpenQuestion]) -> None:
        """The longest first: what fills the batch is known early, and short ones fill its gaps."""
        requests = [request for each in new for request in each.requests]
        self.engine.admit(sorted(requests, key=lambda request: -_length(request.source)))

    def _requests(
        self, id: tuple[int, int], text: str, source: Source, own_words: Sequence[str], own: _Own
    ) -> list[Request]:
        asking, answers = self.asking, self.asking.answers
        longest = own.max_length or asking.max_length or answers.longest(_length(source))
        shortest = (asking.min_length or answers.min_length) if own.min_length is None else own.min_length
        request = Request(
            id=id,
            source=source,
            beams=asking.beams,
            nbest=asking.nbest,
            search=asking.search_of(*id),
            length_penalty=LengthPenalty(kind="none") if asking.draws else answers.penalty,
            coverage_penalty=0.0 if asking.draws else answers.coverage_penalty,
            min_length=min(shortest, longest),
            max_length=longest,
            constraints=self._constraints((*answers.constraints, *own.constraints), text, source, own_words),
        )
        if not isinstance(answers.search, MbrSearch):
            return [request]
        mbr = answers.search
        drawn = replace(request, id=(*id, "drawn"), beams=mbr.samples, nbest=mbr.samples)
        if mbr.candidates is None:
            return [drawn]
        width = mbr.candidates
        best = replace(
            request, id=(*id, "best"), search=BeamSearch(), beams=width, nbest=width, length_penalty=answers.penalty
        )
        return [drawn, best]

    def _constraints(
        self, wanted: Sequence[ConstraintSettings], text: str, source: Source, own_words: Sequence[str]
    ) -> tuple[Constraint, ...]:
        if not wanted:
            return ()
        words = words_of(self.numbering.targets, own_words)
        _, said = self.numbering.lead(text)
        about = SourceText(text=said, tokens=_length(source))
        return tuple(each.build(words, about) for each in wanted)

    # ---- from what was found to an answer ----------------------------------------------------------------------------

    def _fail(self, each: OpenQuestion, line: str) -> None:
        self.engine.cancel([request.id for request in each.requests if request.id not in each.found])
        each.error = line

    def _close(self, each: OpenQuestion) -> Answer:
        if each.error is not None:
            return Answer.failed(each.question.text, each.error)
        parts = [self._of_part(each, part) for part in range(len(each.parts))]
        if len(parts) == 1:
            return _laid_out(replace(parts[0], source=each.question.text), (each.befores or [""])[0] or "", each.behind)
        token_logps = tuple(logp for part in parts for logp in part.token_logps)
        return Answer(
            text=join_answers(each.parts, [part.text for part in parts], each.befores) + (each.behind if parts else ""),
            score=sum(part.score for part in parts),
            logp=sum(part.logp for part in parts),
            calibration=self.calibration,
            tokens=tuple(token for part in parts for token in part.tokens),
            token_logps=token_logps,
            source=each.question.text,
            source_tokens=tuple(token for part in parts for token in part.source_tokens),
        )

    def _of_part(self, each: OpenQuestion, part: int) -> Answer:
        """The answer to a part, with the others of its n best."""
        found = [each.found[request.id] for request in each.requests if _id(request.id)[1] == part]
        every = [self._answer(each, part, one) for only in found for one in (only, *only.alternatives)]
        search = self.asking.answers.search
        if isinstance(search, MbrSearch):
            every = _by_risk(every, search, drawn=1 + len(found[0].alternatives))
        first, *others = every[: self.asking.nbest]
        return replace(first, alternatives=tuple(others))

    def _answer(self, each: OpenQuestion, part: int, found: Found) -> Answer:
        source, own_words = each.numbered[part]
        said: Sequence[Any] = found.frames or found.tokens
        text = self.numbering.text(said, own_words)
        return Answer(
            text=text,
            series=read_series(text) if found.frames else None,
            quantiles={f"{100 * share:g}": self.numbering.text(said, ()) for share, said in found.quantiles.items()},
            score=found.score,
            logp=found.logp,
            calibration=self.calibration,
            tokens=tuple(self.numbering.show(said, own_words)),
            token_logps=found.token_logps,
            source=each.parts[part],
            source_tokens=tuple(self.numbering.source_pieces(each.parts[part], each.question.extras)),
            look=lambda: self.looks(source, said),
        )


class Looks(Protocol):
    """Where a model looks when it says these tokens of that source."""

    def __call__(self, source: Source, tokens: Sequence[Any]) -> Attention | None: ...


def _laid_out(answer: Answer, before: str, behind: str) -> Answer:
    """An answer, and those beside it, between what stands around their source."""
    if not before and not behind:
        return answer
    others = tuple(_laid_out(other, before, behind) for other in answer.alternatives)
    return replace(answer, text=f"{before}{answer.text}{behind}", alternatives=others)


def _length(source: Source) -> int:
    """Positions of what is read in the first place, be it a text or a series."""
    return len(next(iter(source.parts.values())))


def _settled(text: str, said: str) -> str:
    """What is new, but for a character of which bytes are missing."""
    text = text.rstrip("\ufffd")
    return text[len(said) :] if text.startswith(said) else ""


def _by_risk(answers: Sequence[Answer], search: MbrSearch, *, drawn: int) -> list[Answer]:
    """The answers, of which so many were drawn, the most like all draws first: its score says how like."""
    draws = [answer.text for answer in answers[:drawn]]
    different = {answer.text: answer for answer in answers}
    like = expected_utility(UTILITIES[search.utility]([*different], draws).tolist())
    ranked = sorted(zip(like, different.values(), strict=True), key=lambda each: -each[0])
    return [replace(answer, score=score) for score, answer in ranked]


def _id(id: object) -> tuple[Any, ...]:
    assert isinstance(id, tuple)
    return id
