"""reorder, select and join against a model of rows that anybody can check by eye: a list a source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import ClassVar

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from seqloom.nn.memory import Memory, Part, SourceBatch
from seqloom.nn.state import BeamRows, Rows, State, fold, unfold


@dataclass(frozen=True, kw_only=True)
class Source(Rows):
    """A state inside the state, that belongs to the sources."""

    fills: ClassVar[Mapping[str, int]] = {"place_BS": -1}

    place_BS: Tensor
    mask_BS: Tensor


@dataclass(frozen=True, kw_only=True)
class Past(BeamRows):
    """One of everything that a state can hold."""

    keys_NTE: tuple[Tensor, ...]
    position_N: Tensor
    losses_N: Mapping[str, Tensor] = field(default_factory=dict)
    context_BD: Tensor | None = None
    source: Source
    length: int
    name: str = "past"


WIDTH = 2


def numbered(*shape: int, start: int) -> Tensor:
    """No two entries alike, none of them 0 or -1."""
    return torch.arange(start, start + torch.Size(shape).numel(), dtype=torch.float32).view(shape)


def past(*, sources: int, beams: int, steps: int, positions: int, start: int) -> Past:
    rows = sources * beams
    return Past(
        beams=beams,
        keys_NTE=tuple(numbered(rows, steps, WIDTH, start=start + 10_000 * layer) for layer in range(2)),
        position_N=torch.arange(start, start + rows),
        losses_N={"kl": numbered(rows, start=start + 70_000)},
        context_BD=numbered(sources, WIDTH, start=start + 30_000),
        source=Source(
            place_BS=numbered(sources, positions, start=start + 50_000).long(),
            mask_BS=torch.ones(sources, positions, dtype=torch.bool),
        ),
        length=steps,
    )


def rows_of(state: Past) -> list[list[object]]:
    """Each source as a list of all that is its own: padding cut off where it can be told by the filling."""
    sources = len(state.source.mask_BS)
    found: list[list[object]] = []
    for b in range(sources):
        row: list[object] = [state.context_BD[b].tolist() if state.context_BD is not None else None]
        real = state.source.mask_BS[b]
        row.append(state.source.place_BS[b][real].tolist())
        assert (state.source.place_BS[b][~real] == -1).all(), "filled as the state says"
        for n in range(b * state.beams, (b + 1) * state.beams):
            keys = [layer_NTE[n][layer_NTE[n].sum(-1) != 0].tolist() for layer_NTE in state.keys_NTE]
            row.append([keys, int(state.position_N[n]), float(state.losses_N["kl"][n])])
        found.append(row)
    return found


sizes = st.integers(min_value=1, max_value=3)


@given(data=st.data(), sources=sizes, beams=sizes, steps=st.integers(0, 3), positions=sizes)
def test_select_keeps_these_sources_with_their_beams(
    data: st.DataObject, sources: int, beams: int, steps: int, positions: int
) -> None:
    state = past(sources=sources, beams=beams, steps=steps, positions=positions, start=1)
    kept = data.draw(st.lists(st.integers(0, sources - 1), unique=True))
    assert rows_of(state.select(torch.tensor(kept, dtype=torch.long))) == [rows_of(state)[b] for b in kept]


@given(data=st.data(), sources=sizes, beams=sizes, steps=st.integers(0, 3), positions=sizes)
def test_reorder_gathers_beams_and_leaves_sources_alone(
    data: st.DataObject, sources: int, beams: int, steps: int, positions: int
) -> None:
    state = past(sources=sources, beams=beams, steps=steps, positions=positions, start=1)
    # A hypothesis only descends from one of its own source.
    parents = [data.draw(st.integers(b * beams, (b + 1) * beams - 1)) for b in range(sources) for _ in range(beams)]
    moved = state.reorder(torch.tensor(parents))
    before = rows_of(state)
    hypotheses = [hypothesis for row in before for hypothesis in row[2:]]
    wanted = [
        [*row[:2], *(hypotheses[parent] for parent in parents[b * beams : (b + 1) * beams])]
        for b, row in enumerate(before)
    ]
    assert rows_of(moved) == wanted
    assert moved.source.place_BS.equal(state.source.place_BS)
    assert moved.context_BD is not None
    assert moved.context_BD.equal(state.context_BD)


@given(beams=sizes, shapes=st.lists(st.tuples(sizes, st.integers(0, 3), sizes), min_size=2, max_size=3))
def test_join_appends_sources_at_any_position(beams: int, shapes: list[tuple[int, int, int]]) -> None:
    states = [
        past(sources=sources, beams=beams, steps=steps, positions=positions, start=1 + 100 * number)
        for number, (sources, steps, positions) in enumerate(shapes)
    ]
    joined = states[0]
    for state in states[1:]:
        joined = joined.join(state)
    assert rows_of(joined) == [row for state in states for row in rows_of(state)]
    assert joined.length == max(state.length for state in states)
    assert joined.beams == beams
    assert joined.name == "past"


@given(beams=sizes, first=sizes, second=sizes)
def test_selecting_what_was_joined_gives_it_back(beams: int, first: int, second: int) -> None:
    one = past(sources=first, beams=beams, steps=1, positions=2, start=1)
    two = past(sources=second, beams=beams, steps=3, positions=1, start=500)
    back = one.join(two).select(torch.arange(first, first + second))
    assert rows_of(back) == rows_of(two)


def test_what_is_missing_stays_missing() -> None:
    state = past(sources=2, beams=2, steps=1, positions=1, start=1)
    bare = Past(
        beams=2,
        keys_NTE=(),
        position_N=state.position_N,
        source=state.source,
        length=1,
    )
    for changed in (bare.select(torch.tensor([1])), bare.reorder(torch.tensor([1, 0, 3, 2])), bare.join(bare)):
        assert changed.context_BD is None
        assert changed.keys_NTE == ()
        assert changed.losses_N == {}


def test_states_of_different_beams_or_kinds_do_not_join() -> None:
    two, three = (past(sources=1, beams=beams, steps=1, positions=1, start=1) for beams in (2, 3))
    with pytest.raises(AssertionError, match="one number of beams"):
        two.join(three)
    other = Past(
        beams=2,
        keys_NTE=two.keys_NTE,
        position_N=two.position_N,
        losses_N=two.losses_N,
        context_BD=two.context_BD,
        source=two.source,
        length=1,
        name="other",
    )
    with pytest.raises(AssertionError, match="cannot join"):
        two.join(other)


def test_memory_and_source_are_states_of_the_source() -> None:
    memories = [
        Memory(
            states_BSD=numbered(1, size, 2, start=1),
            mask_BS=torch.ones(1, size, dtype=torch.bool),
            final=(numbered(1, 1, 2, start=50),),
            units_BU=torch.zeros(1, size, dtype=torch.long),
            losses={"kl": torch.tensor([float(size)])},
        )
        for size in (1, 3)
    ]
    joined = memories[0].join(memories[1])
    assert isinstance(joined, State)
    assert joined.mask_BS.tolist() == [[True, False, False], [True, True, True]]
    assert joined.units_BU is not None
    assert joined.units_BU.tolist() == [[0, -1, -1], [0, 0, 0]], "no unit stands at -1"
    assert joined.losses["kl"].tolist() == [1.0, 3.0]
    assert joined.reorder(torch.tensor([0, 0, 1, 1])).states_BSD.equal(joined.states_BSD)

    batch = SourceBatch(
        parts={"text": Part(values=torch.tensor([[4, 5], [6, 0]]), mask_BS=torch.tensor([[True, True], [True, False]]))}
    )
    assert batch.select(torch.tensor([1])).parts["text"].values.tolist() == [[6, 0]]


@given(sources=sizes, beams=sizes, steps=sizes)
def test_folded_beams_become_queries_of_their_source(sources: int, beams: int, steps: int) -> None:
    x_NT = numbered(sources * beams, steps, WIDTH, start=1)
    x_BQ = fold(x_NT, beams)
    assert x_BQ.shape == (sources, beams * steps, WIDTH)
    for n in range(sources * beams):
        for t in range(steps):
            assert x_BQ[n // beams, (n % beams) * steps + t].equal(x_NT[n, t])
    assert unfold(x_BQ, beams).equal(x_NT)
