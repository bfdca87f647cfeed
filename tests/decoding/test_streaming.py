"""What has been said is never taken back, however it is searched."""

from __future__ import annotations

from hypothesis import given
from hypothesis import settings as effort
from hypothesis import strategies as some

from seqloom.decoding.constraints.basic import ForcedPrefix
from seqloom.decoding.request import (
    BeamSearch,
    DiverseBeam,
    ExactSearch,
    Finished,
    LengthPenalty,
    Piece,
    Sampling,
    SearchKind,
    StochasticBeam,
    Viterbi,
)
from seqloom.decoding.search import Search

from .tables import Table, ask

KINDS: list[SearchKind] = [
    BeamSearch(),
    Sampling(seed=3),
    DiverseBeam(groups=2, strength=1.0),
    StochasticBeam(seed=3),
    Viterbi(),
    ExactSearch(width=2),
    ExactSearch(width=1, most=12),
]


@given(
    search=some.sampled_from(KINDS),
    seed=some.integers(0, 500),
    sharpness=some.sampled_from([0.5, 2.0, 5.0]),
    nbest=some.integers(1, 2),
    min_length=some.integers(0, 5),
    penalty=some.sampled_from([LengthPenalty(kind="none"), LengthPenalty(), LengthPenalty(kind="average")]),
    forced=some.sampled_from([(), (4, 3)]),
)
@effort(max_examples=100, deadline=None)
def test_pieces_are_a_growing_beginning_of_the_answer(
    search: SearchKind,
    seed: int,
    sharpness: float,
    nbest: int,
    min_length: int,
    penalty: LengthPenalty,
    forced: tuple[int, ...],
) -> None:
    engine = Search(Table(seed, sharpness=sharpness, order=1))
    request = ask(
        0,
        seed + 1,
        beams=4,
        nbest=nbest,
        search=search,
        min_length=min_length,
        max_length=7,
        length_penalty=penalty,
        constraints=(ForcedPrefix(forced),) if forced else (),
        stream=True,
    )
    engine.admit([request])
    said: tuple[int, ...] = ()
    while True:
        for event in engine.step():
            if isinstance(event, Piece):
                assert event.tokens
                said += event.tokens
            else:
                assert isinstance(event, Finished)
                assert event.answer.tokens == said
                return


def test_every_kind_says_some_before_the_end() -> None:
    penalty = LengthPenalty(kind="none")
    for search in KINDS:
        early = 0
        for seed in range(6, 12):
            engine = Search(Table(seed, sharpness=4.0, order=1))
            request = ask(
                0, seed + 1, beams=2, search=search, max_length=8, min_length=4, length_penalty=penalty, stream=True
            )
            engine.admit([request])
            events: list[object] = []
            while not any(isinstance(event, Finished) for event in events):
                early += sum(isinstance(event, Piece) for event in events)
                events = list(engine.step())
        assert early > 0, search
