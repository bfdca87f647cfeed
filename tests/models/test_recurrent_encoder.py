"""What the recurrent encoder adds to its cells: two directions, initial states, residual layers, masks."""

import numpy as np
import pytest
import torch
from torch import Tensor

from seqloom.models.encoders import RecurrentEncoder, RecurrentEncoderSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.recurrent import CellName

INPUTS = 4
LENGTHS = (3, 5, 1)
MASK = torch.arange(5) < torch.tensor(LENGTHS)[:, None]


def build(settings: RecurrentEncoderSettings) -> RecurrentEncoder:
    torch.manual_seed(1)
    return settings.build(memory=MemoryShape(width=INPUTS)).double()


def source() -> Tensor:
    torch.manual_seed(2)
    return torch.randn(3, 5, INPUTS, dtype=torch.float64)


@pytest.mark.parametrize("garbage", [float("nan"), 1e9])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("cell", ["tanh", "linear", "lstm", "gru"])
def test_padding_touches_nothing(cell: CellName, norm: bool, garbage: float) -> None:
    encoder = build(RecurrentEncoderSettings(cell=cell, layers=2, width=6, residual=True, norm=norm))
    together = encoder(Memory(states_BSD=source().masked_fill(~MASK[..., None], garbage), mask_BS=MASK))
    for row, length in enumerate(LENGTHS):
        alone = encoder(Memory(states_BSD=source()[row : row + 1, :length], mask_BS=MASK[row : row + 1, :length]))
        torch.testing.assert_close(together.states_BSD[row : row + 1, :length], alone.states_BSD, rtol=0, atol=1e-10)
        for part, part_alone in zip(together.final, alone.final, strict=True):
            torch.testing.assert_close(part[row : row + 1], part_alone, rtol=0, atol=1e-10)


def test_final_is_each_direction_at_its_own_end() -> None:
    memory = build(RecurrentEncoderSettings(cell="lstm", layers=2, width=6))(Memory(states_BSD=source(), mask_BS=MASK))
    assert [part.shape for part in memory.final] == [(3, 2, 6), (3, 2, 6)]
    for row, length in enumerate(LENGTHS):
        forwards, backwards = memory.states_BSD[row, length - 1, :3], memory.states_BSD[row, 0, 3:]
        torch.testing.assert_close(memory.final[0][row, -1], torch.cat([forwards, backwards]))


def test_learnt_initial_states_are_where_each_direction_starts() -> None:
    encoder = build(RecurrentEncoderSettings(cell="tanh", width=6, initial="learnt"))
    (layer,) = encoder.layers
    assert layer.start.shape == (2, 1, 3)
    states_BSD = encoder(Memory(states_BSD=source(), mask_BS=MASK)).states_BSD
    for row, length in enumerate(LENGTHS):
        for direction, (recurrence, place) in enumerate([(layer.forwards, 0), (layer.backwards, length - 1)]):
            W, U, b = (
                weight.detach().numpy()
                for weight in (recurrence.cell.input.weight, recurrence.cell.hidden.weight, recurrence.cell.input.bias)
            )
            h = np.tanh(W @ source()[row, place].numpy() + U @ layer.start[direction, 0].detach().numpy() + b)
            found = states_BSD[row, place].detach().numpy()[3 * direction : 3 * direction + 3]
            np.testing.assert_allclose(found, h, rtol=0, atol=1e-12)
    states_BSD.sum().backward()
    assert (layer.start.grad.abs().amax(-1) > 0).all()


def test_residual_layers_add_what_they_read() -> None:
    encoder = build(RecurrentEncoderSettings(layers=3, width=6, residual=True))
    x_BSD, _ = encoder.layers[0](source(), MASK)
    x_BSD = x_BSD + encoder.layers[1](x_BSD, MASK)[0]
    x_BSD = x_BSD + encoder.layers[2](x_BSD, MASK)[0]
    found = encoder(Memory(states_BSD=source(), mask_BS=MASK)).states_BSD
    torch.testing.assert_close(found[MASK], x_BSD[MASK], rtol=0, atol=1e-12)


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_is_one_mask_a_sequence_or_one_a_step(variational: bool) -> None:
    encoder = build(RecurrentEncoderSettings(layers=2, width=16, dropout=0.5, variational=variational))
    read: list[Tensor] = []
    said: list[Tensor] = []
    encoder.layers[0].register_forward_hook(lambda module, args, out: said.append(out[0]))
    encoder.layers[1].register_forward_pre_hook(lambda module, args: read.append(args[0]))
    encoder.layers[1].register_forward_hook(lambda module, args, out: said.append(out[0]))
    read.append(encoder(Memory(states_BSD=source(), mask_BS=torch.ones_like(MASK))).states_BSD)
    for below_BSD, above_BSD in zip(said, read, strict=True):
        factor_BSD = (above_BSD / below_BSD).round(decimals=6)
        assert factor_BSD.abs().unique().tolist() == [0.0, 2.0]
        assert bool((factor_BSD == factor_BSD[:, :1]).all()) == variational
        assert not factor_BSD[0].equal(factor_BSD[1]), "rows have masks of their own"
