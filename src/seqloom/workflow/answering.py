"""From a question to what an engine is asked, and from what it found to an answer."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, Protocol

from seqloom.core import settings
from seqloom.core.errors import DataError, SeqloomError
from seqloom.core.series import read_series
from seqloom.core.settings import Count, Positive
from seqloom.data.cleaning import Cleaner
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
    LengthPenalty,
    MbrSearch,
    Request,
    Source,
)
from seqloom.tasks import Task
from seqloom.workflow.answers import Answer, Attention, shown
from seqloom.workflow.asking import Asking
from seqloom.workflow.calibration import AS_SAID, Calibration
from seqloom.workflow.feeds import Question, cleaned
from seqloom.workflow.opened import Opened, id_of, one_line

__all__ = ["Answerer", "Looks", "Own", "length_of"]


@dataclass(frozen=True, kw_only=True)
class Own:
    """What a question may say for itself, among its further columns."""

    constraints: tuple[ConstraintSettings, ...] = ()
    min_length: Count | None = None
    max_length: Positive | None = None


_OWN = frozenset(each.name for each in fields(Own))


class Answerer:
    """What turns a question into requests of an engine, and what came of them into an answer."""

    def __init__(
        self,
        numbering: Numbering,
        asking: Asking,
        *,
        longest_source: int,
        looks: Looks,
        task: Task,
        cleaner: Cleaner,
        calibration: Calibration = AS_SAID,
    ) -> None:
        # What is drawn is as many as were asked for: one more is another draw.
        nbest = asking.nbest if asking.draws else max(asking.nbest, task.weighed)
        self.asking = replace(asking, nbest=nbest)
        """With as many answers as the task weighs."""
        self.nbest = asking.nbest
        self.numbering = numbering
        self.longest_source = longest_source
        self.looks = looks
        self.task = task
        self.cleaner = cleaner
        self.calibration = calibration

    # ---- from a question to requests ---------------------------------------------------------------------------------

    def open(self, question: Question, *, key: Hashable, place: int, stream: bool = False) -> Opened:
        """What an engine is to be asked for it. What is wrong with a question is its answer; the others go on.

        What is drawn depends on the ``place``; with ``stream``, pieces come before the answer.
        """
        each = Opened(key=key, place=place, original=question, question=question)
        try:
            each.question = question = cleaned(question, self.cleaner, self.task.cut)
            if question.wrong:
                raise DataError(f"{question.wrong}.")
            said = {key: value for key, value in question.extras.items() if key in _OWN}
            own = settings.parse(Own, said, where="it")
            own = replace(own, constraints=(*self.task.constraints(question.row), *own.constraints))
            self._read(each)
            for part, (source, own_words) in enumerate(each.numbered):
                request = self._request(each, part, source, own_words, own)
                each.requests += self._drawn(replace(request, stream=stream))
        except SeqloomError as error:
            each.error, each.requests = one_line(error), []
        return each

    def _read(self, each: Opened) -> None:
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

    def _request(self, each: Opened, part: int, source: Source, own_words: Sequence[str], own: Own) -> Request:
        asking, answers = self.asking, self.asking.answers
        longest = own.max_length or asking.max_length or answers.longest(length_of(source))
        shortest = (asking.min_length or answers.min_length) if own.min_length is None else own.min_length
        constraints = (*answers.constraints, *own.constraints)
        return Request(
            id=(each.key, part),
            source=source,
            beams=asking.beams,
            nbest=asking.nbest,
            search=asking.search_of(each.place, part),
            length_penalty=LengthPenalty(kind="none") if asking.draws else answers.penalty,
            coverage_penalty=0.0 if asking.draws else answers.coverage_penalty,
            min_length=min(shortest, longest),
            max_length=longest,
            constraints=self._constraints(constraints, each.parts[part], source, own_words),
        )

    def _drawn(self, request: Request) -> list[Request]:
        """The request, or what least risk is chosen among."""
        answers = self.asking.answers
        if not isinstance(answers.search, MbrSearch):
            return [request]
        mbr = answers.search
        key, part = id_of(request)
        drawn = replace(request, id=(key, part, "drawn"), beams=mbr.samples, nbest=mbr.samples, stream=False)
        if mbr.candidates is None:
            return [drawn]
        width = mbr.candidates
        best = replace(
            drawn,
            id=(key, part, "best"),
            search=BeamSearch(),
            beams=width,
            nbest=width,
            length_penalty=answers.penalty,
        )
        return [drawn, best]

    def _constraints(
        self, wanted: Sequence[ConstraintSettings], text: str, source: Source, own_words: Sequence[str]
    ) -> tuple[Constraint, ...]:
        if not wanted:
            return ()
        words = words_of(self.numbering.targets, own_words)
        _, said = self.numbering.lead(text)
        about = SourceText(text=said, tokens=length_of(source))
        return tuple(each.build(words, about) for each in wanted)

    # ---- from what was found to an answer ----------------------------------------------------------------------------

    def text(self, each: Opened) -> str:
        """What is settled of a question that is not over: no more than its beginning is there, and none of it is
        taken back, but for a character of which bytes are missing."""
        texts = [
            self._of_part(each, part).text if tokens is None else self.numbering.text(tokens, each.numbered[part][1])
            for part, tokens in each.settled()
        ]
        return join_answers(each.parts[: len(texts)], texts, each.befores)

    def close(self, each: Opened) -> Answer:
        """The answer to a question that is complete, as its task shows it."""
        answer = replace(self.whole(each), source=each.original.text)
        return shown(answer, each.original.row, self.task, nbest=self.nbest)

    def whole(self, each: Opened) -> Answer:
        """The same as it was said."""
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

    def _of_part(self, each: Opened, part: int) -> Answer:
        """The answer to a part, with the others of its n best."""
        found = [each.found[request.id] for request in each.of_part(part)]
        every = [self._answer(each, part, one) for only in found for one in (only, *only.alternatives)]
        search = self.asking.answers.search
        if isinstance(search, MbrSearch):
            every = _by_risk(every, search, drawn=1 + len(found[0].alternatives))
        first, *others = every[: self.asking.nbest]
        return replace(first, alternatives=tuple(others))

    def _answer(self, each: Opened, part: int, found: Found) -> Answer:
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


def length_of(source: Source) -> int:
    """Positions of what is read in the first place, be it a text or a series."""
    return len(next(iter(source.parts.values())))


def _by_risk(answers: Sequence[Answer], search: MbrSearch, *, drawn: int) -> list[Answer]:
    """The answers, of which so many were drawn, the most like all draws first: its score says how like."""
    from seqloom.metrics.pairwise import UTILITIES

    draws = [answer.text for answer in answers[:drawn]]
    different = {answer.text: answer for answer in answers}
    like = expected_utility(UTILITIES[search.utility]([*different], draws).tolist())
    ranked = sorted(zip(like, different.values(), strict=True), key=lambda each: -each[0])
    return [replace(answer, score=score) for score, answer in ranked]
