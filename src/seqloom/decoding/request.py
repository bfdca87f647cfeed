"""What is asked of an engine, and what comes back. No torch here: an exported engine needs none."""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from seqloom.core.errors import DecodingError
from seqloom.decoding.ways import (
    BeamSearch,
    DiverseBeam,
    ExactSearch,
    MbrSearch,
    Paths,
    Sampling,
    SearchKind,
    StochasticBeam,
    Viterbi,
)

__all__ = [
    "EVERYTHING",
    "AllBut",
    "Allowed",
    "Answer",
    "BeamSearch",
    "Constraint",
    "DiverseBeam",
    "Engine",
    "Event",
    "Everything",
    "ExactSearch",
    "Failed",
    "Finished",
    "LengthPenalty",
    "MbrSearch",
    "Only",
    "Pair",
    "Paths",
    "Piece",
    "Request",
    "Sampling",
    "Scored",
    "SearchKind",
    "Source",
    "StochasticBeam",
    "Viterbi",
    "answer",
]


@dataclass(frozen=True, kw_only=True)
class Source:
    """One source, numbered: a row of a ``SourceBatch`` before it is padded."""

    parts: Mapping[str, Any]
    """By modality: "text" is a sequence of ids, others are arrays."""
    copy: Sequence[int] | None = None
    """Target ids of the source tokens; ids ≥ V are this row's own words."""
    units: Sequence[int] | None = None
    """Positions to label; None: every position."""


# ---- constraints -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Everything:
    """No token is barred."""


@dataclass(frozen=True)
class Only:
    """These tokens and no others."""

    ids: frozenset[int]


@dataclass(frozen=True)
class AllBut:
    """Every token except these."""

    ids: frozenset[int]


Allowed = Everything | Only | AllBut
EVERYTHING = Everything()


class Constraint(Protocol):
    """An automaton over an answer's tokens. States are immutable and hashable; beam search sees them.

    ``allowed`` speaks of tokens; the end is allowed exactly where ``missing`` is 0.
    """

    def start(self) -> Hashable: ...

    def allowed(self, state: Any) -> Allowed: ...

    def advance(self, state: Any, token: int) -> Hashable: ...

    def missing(self, state: Any) -> int:
        """How many tokens it still needs at least."""
        ...


# ---- requests --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class LengthPenalty:
    """What a hypothesis' log-probability is divided by, its length counted with the end."""

    kind: Literal["none", "average", "wu"] = "wu"
    """"wu": ((5 + length) / 6)^alpha (Wu et al. 2016, equation 14); "average": length^alpha, 1 being the plain mean."""
    alpha: float = 1.0

    def __call__(self, length: int) -> float:
        if self.kind == "none":
            return 1.0
        if self.kind == "average":
            return float(length**self.alpha)
        return float(((5 + length) / 6) ** self.alpha)


@dataclass(frozen=True, kw_only=True)
class Request:
    """One source and how to answer it. Each request of a batch has its own limits and constraints."""

    id: Hashable
    source: Source
    beams: int = 1
    """1 is greedy search; where answers are drawn, the number of draws. Viterbi and exact search need none."""
    nbest: int = 1
    search: SearchKind = BeamSearch()
    length_penalty: LengthPenalty = field(default_factory=LengthPenalty)
    coverage_penalty: float = 0.0
    """β of Wu et al. 2016: how much a source position that was never attended to costs."""
    min_length: int = 0
    max_length: int = 256
    """In tokens, without the end."""
    constraints: tuple[Constraint, ...] = ()
    stream: bool = False
    """Send ``Piece`` events as soon as a token can no longer change."""
    attention: bool = False
    """Give the answer's attention back."""


@dataclass(frozen=True, kw_only=True)
class Answer:
    """One answer. The end is not among its tokens, but its log-probability is the last of ``token_logps``."""

    tokens: tuple[int, ...]
    score: float
    """What answers are ranked by: the log-probability after length and coverage penalty."""
    logp: float
    token_logps: tuple[float, ...]
    frames: tuple[tuple[float, ...], ...] = ()
    """What an answer of real-valued vectors has in place of tokens."""
    quantiles: Mapping[float, Sequence[Any]] = field(default_factory=dict)
    """Where paths were drawn: frames that these shares of them stay below."""
    attention: tuple[tuple[float, ...], ...] | None = None
    """A row a token (the end included), a column a source position."""
    alternatives: tuple[Answer, ...] = ()
    """The others of the n best, best first."""
    drawn_logp: float | None = None
    """Drawn without replacement: its log-probability in what was drawn from, tempered and without what is barred."""
    proven: bool | None = None
    """By exact search: whether no answer can be better. None: nobody tried to show it."""


# ---- events ----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class Piece:
    """More tokens of an answer that is still being made. Never retracted."""

    id: Hashable
    tokens: tuple[int, ...]


@dataclass(frozen=True, kw_only=True)
class Finished:
    id: Hashable
    answer: Answer


@dataclass(frozen=True, kw_only=True)
class Failed:
    """This request cannot be answered; the others go on."""

    id: Hashable
    error: DecodingError


Event = Piece | Finished | Failed


@dataclass(frozen=True, kw_only=True)
class Pair:
    """A source and a given target (without bos and eos), to be scored."""

    source: Source
    target: Sequence[int]
    """Of real-valued vectors: an array of frames, (T, C)."""


@dataclass(frozen=True, kw_only=True)
class Scored:
    """The log-probability of a given target, and of each of its tokens with the end."""

    logp: float
    token_logps: tuple[float, ...]


class Engine(Protocol):
    """What predict, evaluate and serve talk to."""

    def refuses(self, request: Request) -> str | None:
        """Why this engine cannot answer the request exactly; None if it can."""
        ...

    def admit(self, requests: Sequence[Request]) -> None: ...

    def step(self) -> list[Event]: ...

    def cancel(self, ids: Sequence[Hashable]) -> None: ...

    def score(self, pairs: Sequence[Pair]) -> list[Scored]: ...


def answer(engine: Engine, requests: Sequence[Request]) -> list[Answer]:
    """All answers, in the order asked. The engine has nothing else to do meanwhile; the first failure ends it all."""
    answers: dict[Hashable, Answer] = {}
    engine.admit(requests)
    while len(answers) < len(requests):
        for event in engine.step():
            if isinstance(event, Failed):
                engine.cancel([request.id for request in requests])
                raise event.error
            if isinstance(event, Finished):
                answers[event.id] = event.answer
    return [answers[request.id] for request in requests]
