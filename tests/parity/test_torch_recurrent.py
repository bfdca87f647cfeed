"""The recurrent encoder and torch.nn.RNN, LSTM, GRU with the same weights say the same and learn the same."""

import pytest
import torch
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from seqloom.models.encoders import RecurrentEncoder, RecurrentEncoderSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.recurrent import Cell, CellName

INPUTS, WIDTH = 4, 6
LENGTHS = torch.tensor([3, 5, 1, 4])
MASK = torch.arange(5) < LENGTHS[:, None]
THEIRS: dict[CellName, type[nn.RNNBase]] = {"tanh": nn.RNN, "lstm": nn.LSTM, "gru": nn.GRU}


def cells(encoder: RecurrentEncoder) -> dict[str, Cell]:
    """Each cell by the end of torch's names for its weights."""
    found: dict[str, Cell] = {}
    for number, layer in enumerate(encoder.layers):
        found[f"l{number}"] = layer.forwards.cell
        if layer.backwards is not None:
            found[f"l{number}_reverse"] = layer.backwards.cell
    return found


def pair(name: CellName, layers: int, bidirectional: bool) -> tuple[RecurrentEncoder, nn.RNNBase]:
    torch.manual_seed(1)
    directions = 2 if bidirectional else 1
    theirs = THEIRS[name](INPUTS, WIDTH, layers, batch_first=True, bidirectional=bidirectional, dtype=torch.float64)
    settings = RecurrentEncoderSettings(cell=name, layers=layers, width=WIDTH * directions, bidirectional=bidirectional)
    ours = settings.build(memory=MemoryShape(width=INPUTS)).double()
    with torch.no_grad():
        for end, cell in cells(ours).items():
            weights = {
                part: getattr(theirs, f"{part}_{end}") for part in ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
            }
            cell.input.weight.copy_(weights["weight_ih"])
            cell.hidden.weight.copy_(weights["weight_hh"])
            if cell.hidden_bias:
                cell.input.bias.copy_(weights["bias_ih"])
                cell.hidden.bias.copy_(weights["bias_hh"])
            else:
                cell.input.bias.copy_(weights["bias_ih"] + weights["bias_hh"])
    return ours, theirs


def run_ours(encoder: RecurrentEncoder, x_BSI: Tensor) -> tuple[Tensor, tuple[Tensor, ...]]:
    memory = encoder(Memory(states_BSD=x_BSI, mask_BS=MASK))
    return memory.states_BSD * MASK[..., None], memory.final


def run_theirs(rnn: nn.RNNBase, x_BSI: Tensor, bidirectional: bool) -> tuple[Tensor, tuple[Tensor, ...]]:
    packed = pack_padded_sequence(x_BSI, LENGTHS, batch_first=True, enforce_sorted=False)
    out, last = rnn(packed)
    h_BSD, _ = pad_packed_sequence(out, batch_first=True)
    directions = 2 if bidirectional else 1
    last = last if isinstance(last, tuple) else (last,)
    # (layers · directions, B, D) → (B, layers, directions · D)
    return h_BSD, tuple(part.unflatten(0, (-1, directions)).permute(2, 0, 1, 3).flatten(2) for part in last)


@pytest.mark.parametrize("bidirectional", [False, True])
@pytest.mark.parametrize("layers", [1, 2])
@pytest.mark.parametrize("name", list(THEIRS))
def test_values_and_gradients_are_those_of_torch(name: CellName, layers: int, bidirectional: bool) -> None:
    ours, theirs = pair(name, layers, bidirectional)
    x_BSI = torch.randn(4, 5, INPUTS, dtype=torch.float64)
    x_ours, x_theirs = x_BSI.clone().requires_grad_(), x_BSI.clone().requires_grad_()
    found, found_final = run_ours(ours, x_ours)
    wanted, wanted_final = run_theirs(theirs, x_theirs, bidirectional)
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)
    torch.testing.assert_close(found_final, wanted_final, rtol=0, atol=1e-10)

    for states, final in ((found, found_final), (wanted, wanted_final)):
        (states.sin().sum() + sum(part.cos().sum() for part in final)).backward()
    torch.testing.assert_close(x_ours.grad, x_theirs.grad, rtol=0, atol=1e-10)
    for end, cell in cells(ours).items():
        torch.testing.assert_close(cell.input.weight.grad, getattr(theirs, f"weight_ih_{end}").grad)
        torch.testing.assert_close(cell.hidden.weight.grad, getattr(theirs, f"weight_hh_{end}").grad)
        torch.testing.assert_close(cell.input.bias.grad, getattr(theirs, f"bias_ih_{end}").grad)
        if cell.hidden_bias:
            torch.testing.assert_close(cell.hidden.bias.grad, getattr(theirs, f"bias_hh_{end}").grad)
