"""A batch of sources whose answers grow together, token by token."""

from __future__ import annotations

import math
from collections.abc import Callable, Hashable, Sequence
from dataclasses import replace
from typing import NamedTuple, Self

import torch
from torch import Tensor

from seqloom.decoding.brief import choose_briefly
from seqloom.decoding.choice import Choice, Chosen
from seqloom.decoding.collate import Layout, collate
from seqloom.decoding.columns import Columns
from seqloom.decoding.hypotheses import Hypotheses
from seqloom.decoding.observer import Observer
from seqloom.decoding.picker import Picker
from seqloom.decoding.progress import Progress
from seqloom.decoding.request import Answer, Event, Piece, Request
from seqloom.decoding.stepper import Ranking, Step, Stepper

__all__ = ["NO_ATTENTION", "Kind", "RunningBatch", "as_answer"]


class Kind(NamedTuple):
    """What requests must have in common to share a batch."""

    layout: Layout
    attention: bool
    constrained: bool
    """Then every token has to be looked at."""
    search: Hashable

    @classmethod
    def of(cls, request: Request) -> Self:
        return cls(
            layout=Layout.of(request.source),
            attention=request.attention or request.coverage_penalty > 0,
            constrained=bool(request.constraints),
            search=request.search.alike(),
        )


_CROWD = 0.25
"""The share of a batch that is over for which it is cleared."""


class RunningBatch:
    """Requests of one kind, K beams each. A step gives every hypothesis one token and lets the finished sources go."""

    def __init__(
        self,
        stepper: Stepper,
        requests: Sequence[Request],
        *,
        beams: int,
        picker: type[Picker],
        observer: Observer | None = None,
        device: torch.device | None = None,
    ) -> None:
        self.stepper = stepper
        self.beams = beams
        self.observer = observer
        self.kind = Kind.of(requests[0])
        vocabulary = stepper.vocabulary
        source = collate([request.source for request in requests], device=device)
        self._state = stepper.start(source, beams=beams, attention=self.kind.attention)
        self._picker = picker.of(requests, vocabulary_size=vocabulary.size, device=device)
        self._progress = [
            Progress(
                request,
                beams=beams,
                longest=stepper.longest,
                vocabulary=vocabulary,
                device=device,
                lanes=self._picker.lanes,
            )
            for request in requests
        ]
        live = Hypotheses.begin(
            [request.search.rows(request, size=vocabulary.size) for request in requests],
            beams=beams,
            bos=vocabulary.bos,
            attention=self.kind.attention,
            device=device,
        )
        self._live = self._picker.begin(live)
        if self._live is not live and any(progress.followed for progress in self._progress):
            alive_BK = (self._live.total_N > -math.inf).view(-1, beams).tolist()
            for progress, alive in zip(self._progress, alive_BK, strict=True):
                progress.begin(alive)
        self._columns: Columns | None = None
        brief = self._picker.brief and not self.kind.attention and not self.kind.constrained
        self._ranking = stepper if brief and isinstance(stepper, Ranking) else None

    @property
    def num_rows(self) -> int:
        """Sources × beams, those among them that are over and have not left yet."""
        return len(self._progress) * self.beams

    @property
    def ids(self) -> list[Hashable]:
        return [progress.request.id for progress in self._progress if not progress.over]

    def join(self, other: RunningBatch) -> None:
        """Append sources that have just started."""
        assert self.kind == other.kind, "only requests of one kind share a batch"
        self._state = self._state.join(other._state)
        self._live = self._live.join(other._live)
        self._picker.join(other._picker)
        self._progress += other._progress

    def keep(self, wanted: Callable[[Hashable], bool]) -> None:
        """Let all other sources go, with everything that is held for them: soon, and several at a time."""
        for progress in self._progress:
            if not progress.over and not wanted(progress.request.id):
                progress.retire()
        over = [progress.over for progress in self._progress]
        kept = [place for place, gone in enumerate(over) if not gone]
        if len(kept) == len(over):
            return
        if kept and self._may_wait(over):
            gone_B = torch.tensor(over, device=self._live.total_N.device)
            total_N = self._live.total_N.masked_fill(gone_B.repeat_interleave(self.beams), -math.inf)
            self._live = replace(self._live, total_N=total_N)
            return
        self._progress = [self._progress[place] for place in kept]
        if not kept:
            return
        rows_B = torch.tensor(kept, device=self._live.last_N.device)
        self._state = self._state.select(rows_B)
        self._live = self._live.select(rows_B)
        self._picker.keep(kept, rows_B)

    def _may_wait(self, over: Sequence[bool]) -> bool:
        """To leave costs a copy of all that stays: few dead rows cost less. An observer sees none."""
        if self.observer is not None or sum(over) >= _CROWD * len(over):
            return False
        longest = self.stepper.longest
        return longest is None or all(progress.length < longest for progress in self._progress if progress.over)

    def step(self) -> list[Event]:
        """One token more for every hypothesis."""
        attention_NS = mask_BS = None
        if self._ranking is not None:
            choice, state = choose_briefly(self._ranking, self._live, self._state, self._progress)
        else:
            step = self.stepper.step(self._live.last_N, self._state)
            mask_BS, state = step.mask_BS, step.state
            if self.kind.attention:
                attention_NS = step.attention_NS
                if attention_NS is None:
                    return self._fail_for_want_of_attention()
            choice = self._choose(step)
        self._state = state if choice.parent_N is None else state.reorder(choice.parent_N)
        self._live = self._live.extended(
            choice,
            eos=self.stepper.vocabulary.eos,
            longest=max(progress.length for progress in self._progress) + 1,
            attention_NS=attention_NS,
        )
        if self.observer is not None:
            chosen = choice.chosen
            self.observer(self.ids, chosen.parents_BK, chosen.tokens_BK, chosen.totals_BK)
        events = self._news(choice.chosen, mask_BS)
        left = {event.id for event in events if not isinstance(event, Piece)}
        if left or any(progress.over for progress in self._progress):
            self.keep(lambda id: id not in left)
        return events

    # ---- before the choice: what is barred ---------------------------------------------------------------------------

    def _choose(self, step: Step) -> Choice:
        logp_NV = step.exact_NV
        columns = self._columns_of(step)
        self._mask(logp_NV, columns)
        again: list[int] = []
        in_vain: set[int] = set()
        while True:
            choice = self._pick(logp_NV, columns, again)
            lost = self._leading_nowhere(choice)
            if not lost:
                return choice
            again = []
            for place, beam, token in lost:
                again.append(place * self.beams + beam)
                logp_V = logp_NV[again[-1]]
                if again[-1] in in_vain:
                    self._progress[place].bar_dead_ends(logp_V, beam, columns)
                else:
                    logp_V.masked_fill_(columns.of(torch.tensor([token], device=logp_NV.device)), -math.inf)
            in_vain.update(again)

    def _pick(self, logp_NV: Tensor, columns: Columns, again: Sequence[int]) -> Choice:
        return self._picker.pick(logp_NV, self._live, columns, self._progress, again=again)

    def _columns_of(self, step: Step) -> Columns:
        width = step.logp_NV.shape[1]
        if self._columns is None or not self._columns.same(step.columns_V, width):
            self._columns = Columns(
                step.columns_V, width=width, vocabulary=self.stepper.vocabulary, device=step.logp_NV.device
            )
        return self._columns

    def _mask(self, logp_NV: Tensor, columns: Columns) -> None:
        columns.bar_specials(logp_NV)
        logp_BKV = logp_NV.unflatten(0, (-1, self.beams))
        columns.bar_end(logp_BKV, [b for b, each in enumerate(self._progress) if each.length < each.request.min_length])
        columns.only_end(logp_BKV, [b for b, each in enumerate(self._progress) if each.length == each.limit])
        for place, progress in enumerate(self._progress):
            if progress.guard is None or progress.length == progress.limit:
                continue
            for beam, path in enumerate(progress.paths):
                if path is not None:
                    logp_V = logp_BKV[place, beam]
                    progress.guard.mask(logp_V, path.state, length=progress.length, columns=columns)

    def _leading_nowhere(self, choice: Choice) -> list[tuple[int, int, int]]:
        """(source, beam, token) of what was chosen and cannot become an answer within its limits."""
        if all(progress.guard is None for progress in self._progress):
            return []
        lost = []
        eos, chosen = self.stepper.vocabulary.eos, choice.chosen
        for place, progress in enumerate(self._progress):
            if progress.guard is not None:
                for parent, token, total in chosen.of(place, chosen.totals_BK):
                    if total > -math.inf and token != eos and progress.leads_nowhere(parent, token):
                        lost.append((place, parent, token))
        return lost

    # ---- after the choice: what has come of it -----------------------------------------------------------------------

    def _news(self, chosen: Chosen, mask_BS: Tensor | None) -> list[Event]:
        ended_BK = (chosen.tokens_BK == self.stepper.vocabulary.eos) & (chosen.totals_BK > -math.inf)
        alive_BK = chosen.totals_BK.masked_fill(ended_BK, -math.inf)
        marks_MBK = chosen.marks_MBK
        self._write_down(ended_BK, chosen, mask_BS)
        for progress in self._progress:
            progress.length += 1
        watched_B = torch.tensor([progress.followed or bool(progress.found) for progress in self._progress])
        dead_BK = alive_BK == -math.inf
        empty_B = dead_BK.all(dim=1)
        there_B = torch.tensor([not progress.over for progress in self._progress])
        events: list[Event] = []
        for place in (there_B & (watched_B | empty_B | alive_BK.isnan().any(dim=1))).nonzero().flatten().tolist():
            parents, tokens, alive = zip(*chosen.of(place, alive_BK), strict=True)
            marks = None if marks_MBK is None else marks_MBK[0, place].masked_fill(dead_BK[place], -math.inf).tolist()
            events += self._progress[place].news(parents, tokens, alive, marks)
        return events

    def _write_down(self, ended_BK: Tensor, chosen: Chosen, mask_BS: Tensor | None) -> None:
        """Fetch the hypotheses that took the end, if they are good enough, in one go."""
        ended: list[tuple[int, int, float, list[float]]] = []
        for place, beam in ended_BK.nonzero().tolist():
            progress, total = self._progress[place], chosen.totals_BK[place, beam].item()
            marks = [] if chosen.marks_MBK is None else chosen.marks_MBK[:, place, beam].tolist()
            if progress.wants(progress.score(total, marks[0] if marks else None), beam):
                ended.append((place, beam, total, marks))
        if not ended:
            return
        live = self._live
        rows_P = torch.tensor([place * self.beams + beam for place, beam, *_ in ended], device=live.last_N.device)
        tokens, logps = live.tokens_NT[rows_P].tolist(), live.logps_NT[rows_P].tolist()
        attention_PTS = None if live.attention_NTS is None else live.attention_NTS[rows_P].cpu()
        for row, (place, beam, total, marks) in enumerate(ended):
            progress = self._progress[place]
            length = progress.length
            attention_TS = None if attention_PTS is None else attention_PTS[row, : length + 1]
            if attention_TS is not None and mask_BS is not None:
                attention_TS = attention_TS[:, : mask_BS.shape[1]][:, mask_BS[place].cpu()]
            score = progress.score(total, marks[0] if marks else None)
            found = as_answer(
                progress.request, total, score, tokens[row][:length], logps[row][: length + 1], attention_TS
            )
            if len(marks) > 1:
                found = replace(found, drawn_logp=marks[1])
            progress.add(found, beam)

    def _fail_for_want_of_attention(self) -> list[Event]:
        failed: list[Event] = [progress.failed(NO_ATTENTION) for progress in self._progress if not progress.over]
        self.keep(lambda id: False)
        return failed


NO_ATTENTION = (
    "the model must give attention for `attention` or `coverage_penalty`, but gives none. "
    "Leave both out, or take a decoder that attends."
)


def as_answer(
    request: Request, logp: float, score: float, tokens: list[int], logps: list[float], attention_TS: Tensor | None
) -> Answer:
    """A hypothesis that took the end; ``score`` is before the coverage penalty."""
    if attention_TS is not None and request.coverage_penalty:
        covered_S = attention_TS.sum(dim=0).clamp(min=torch.finfo(torch.float32).tiny, max=1)
        score += request.coverage_penalty * covered_S.log().sum().item()
    wanted = attention_TS is not None and request.attention
    return Answer(
        tokens=tuple(tokens),
        score=score,
        logp=logp,
        token_logps=tuple(logps),
        attention=tuple(map(tuple, attention_TS.tolist())) if wanted and attention_TS is not None else None,
    )
