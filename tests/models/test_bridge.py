"""From an encoder's memory to a recurrent decoder's first state."""

import pytest
import torch

from seqloom.models.bridge import Bridge, InitialState
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.recurrent import CellKind, CellName

LAYERS, WIDTH, STATES = 2, 6, 5
MASK = torch.tensor([[True, True, True], [True, False, False]])


def memory(parts: int) -> Memory:
    torch.manual_seed(2)
    return Memory(
        states_BSD=torch.randn(2, 3, STATES),
        mask_BS=MASK,
        final=tuple(torch.randn(2, LAYERS, WIDTH) for _ in range(parts)),
    )


def bridge(cell: CellName, how: InitialState, *, parts: int, width: int = WIDTH) -> Bridge:
    torch.manual_seed(1)
    final = {"final_parts": parts, "final_layers": LAYERS, "final_width": WIDTH} if parts else {}
    return Bridge(MemoryShape(width=STATES, **final), CellKind(name=cell, width=width), layers=LAYERS, how=how)


@pytest.mark.parametrize(("cell", "parts"), [("lstm", 2), ("gru", 1), ("gru", 2)])
def test_state_of_the_same_size_is_taken_as_it_is(cell: CellName, parts: int) -> None:
    source = memory(parts)
    taken = bridge(cell, "bridge", parts=parts)(source)
    assert len(taken) == (2 if cell == "lstm" else 1)
    for part, final in zip(taken, source.final, strict=False):
        assert part.equal(final)


def test_state_of_another_size_is_projected_from_the_last_layer() -> None:
    source, project = memory(1), bridge("lstm", "bridge", parts=1, width=4)
    h_NLD, c_NLD = project(source)
    assert project.project is not None
    wanted = torch.tanh(project.project(source.final[0][:, -1])).view(2, 2, LAYERS, 4)
    torch.testing.assert_close(torch.stack([h_NLD, c_NLD], 1), wanted)
    assert not h_NLD.equal(c_NLD)


def test_mean_of_real_states_stands_for_a_last_state_that_is_not_there() -> None:
    source, project = memory(0), bridge("gru", "bridge", parts=0)
    (h_NLD,) = project(source)
    assert project.project is not None
    mean_BD = torch.stack([source.states_BSD[0].mean(0), source.states_BSD[1, 0]])
    torch.testing.assert_close(h_NLD, torch.tanh(project.project(mean_BD)).view(2, LAYERS, WIDTH))


def test_zero_and_learnt_states_know_nothing_of_the_source() -> None:
    zero = bridge("lstm", "zero", parts=2)(memory(2))
    assert [part.shape for part in zero] == [(2, LAYERS, WIDTH)] * 2
    assert all(part.abs().max() == 0 for part in zero)
    learnt = bridge("lstm", "learnt", parts=2)
    assert learnt.learnt is not None
    for part, wanted_LD in zip(learnt(memory(2)), learnt.learnt, strict=True):
        assert part.equal(wanted_LD.expand(2, -1, -1))
        assert wanted_LD.abs().min() > 0
