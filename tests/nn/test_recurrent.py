"""The cells against their textbook equations, and what stands around them: masks, dropout, stacks."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor
from torch.func import functional_call

from seqloom.nn.recurrent import (
    Cell,
    CellKind,
    CellName,
    CellState,
    GruCell,
    LstmCell,
    Recurrence,
    RecurrentStack,
    TanhCell,
    apart,
    reverse_rows,
    together,
)

Array = npt.NDArray[np.float64]
CELLS: tuple[CellName, ...] = ("tanh", "linear", "lstm", "gru")
FUSED: tuple[CellName, ...] = ("tanh", "lstm", "gru")
NUM_ROWS, NUM_STEPS, INPUTS, WIDTH = 3, 5, 4, 6
LENGTHS = (3, 5, 1)


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def layer_norm(x: Array, gain: Array, bias: Array) -> Array:
    return (x - x.mean(-1, keepdims=True)) / np.sqrt(x.var(-1, keepdims=True) + 1e-5) * gain + bias


def array(x: Tensor) -> Array:
    return x.detach().numpy()


def recurrence(name: CellName, *, norm: bool = False, variational: bool = False) -> Recurrence:
    torch.manual_seed(1)
    kind = CellKind(name=name, width=WIDTH, norm=norm, dropout=0.5 if variational else 0.0, variational=variational)
    layer = Recurrence(kind, INPUTS).double()
    for parameter in layer.parameters():  # no bias at zero, no gain at one: what is left out must show
        parameter.data += 0.3 * torch.randn_like(parameter)
    return layer


def inputs(name: CellName) -> tuple[Tensor, CellState]:
    torch.manual_seed(2)
    x_NTI = torch.randn(NUM_ROWS, NUM_STEPS, INPUTS, dtype=torch.float64)
    parts = CellKind(name=name, width=WIDTH).parts
    return x_NTI, tuple(torch.randn(NUM_ROWS, WIDTH, dtype=torch.float64) for _ in range(parts))


def mask() -> Tensor:
    return torch.arange(NUM_STEPS) < torch.tensor(LENGTHS)[:, None]


def split(weights: Array, gates: int) -> list[Array]:
    return np.split(weights, gates)


def numpy_tanh(cell: Cell, x: Array, h: Array) -> Array:
    W_e, W_h, b = (array(w) for w in (cell.input.weight, cell.hidden.weight, cell.input.bias))
    steps = []
    for t in range(len(x)):
        h = np.tanh(W_e @ x[t] + W_h @ h + b)
        steps.append(h)
    return np.stack(steps)


def numpy_linear(cell: Cell, x: Array, h: Array) -> Array:
    W_s = np.concatenate([array(cell.hidden.weight), array(cell.input.weight)], axis=1)
    steps = []
    for t in range(len(x)):
        h = W_s @ np.concatenate([h, x[t]]) + array(cell.input.bias)
        steps.append(h)
    return np.stack(steps)


def numpy_lstm(cell: Cell, x: Array, h: Array, c: Array) -> tuple[Array, Array]:
    W_i, W_f, W_g, W_o = split(array(cell.input.weight), 4)
    U_i, U_f, U_g, U_o = split(array(cell.hidden.weight), 4)
    b_i, b_f, b_g, b_o = split(array(cell.input.bias), 4)
    steps = []
    for t in range(len(x)):
        i = sigmoid(W_i @ x[t] + U_i @ h + b_i)
        f = sigmoid(W_f @ x[t] + U_f @ h + b_f)
        o = sigmoid(W_o @ x[t] + U_o @ h + b_o)
        g = np.tanh(W_g @ x[t] + U_g @ h + b_g)
        c = f * c + i * g
        h = o * np.tanh(c)
        steps.append(h)
    return np.stack(steps), c


def numpy_gru(cell: Cell, x: Array, h: Array) -> Array:
    W_r, W_z, W_n = split(array(cell.input.weight), 3)
    U_r, U_z, U_n = split(array(cell.hidden.weight), 3)
    b_r, b_z, b_n = split(array(cell.input.bias), 3)
    d_r, d_z, d_n = split(array(cell.hidden.bias), 3)
    steps = []
    for t in range(len(x)):
        r = sigmoid(W_r @ x[t] + b_r + U_r @ h + d_r)
        z = sigmoid(W_z @ x[t] + b_z + U_z @ h + d_z)
        n = np.tanh(W_n @ x[t] + b_n + r * (U_n @ h + d_n))
        h = (1 - z) * n + z * h
        steps.append(h)
    return np.stack(steps)


@pytest.mark.parametrize(
    ("name", "equations"),
    [("tanh", numpy_tanh), ("linear", numpy_linear), ("gru", numpy_gru)],
    ids=["tanh", "linear", "gru"],
)
def test_cell_is_its_equations(name: CellName, equations: Callable[[Cell, Array, Array], Array]) -> None:
    layer = recurrence(name)
    x_NTI, (h_ND,) = inputs(name)
    found_NTD, (last_ND,) = layer(x_NTI, (h_ND,))
    for row in range(NUM_ROWS):
        wanted = equations(layer.cell, array(x_NTI[row]), array(h_ND[row]))
        np.testing.assert_allclose(array(found_NTD[row]), wanted, rtol=0, atol=1e-12)
        np.testing.assert_allclose(array(last_ND[row]), wanted[-1], rtol=0, atol=1e-12)


def test_lstm_is_its_equations() -> None:
    layer = recurrence("lstm")
    x_NTI, (h_ND, c_ND) = inputs("lstm")
    found_NTD, (last_h_ND, last_c_ND) = layer(x_NTI, (h_ND, c_ND))
    for row in range(NUM_ROWS):
        wanted, c = numpy_lstm(layer.cell, array(x_NTI[row]), array(h_ND[row]), array(c_ND[row]))
        np.testing.assert_allclose(array(found_NTD[row]), wanted, rtol=0, atol=1e-12)
        np.testing.assert_allclose(array(last_h_ND[row]), wanted[-1], rtol=0, atol=1e-12)
        np.testing.assert_allclose(array(last_c_ND[row]), c, rtol=0, atol=1e-12)


def test_normalised_lstm_is_its_equations() -> None:
    """Ba et al. 2016, equations 20-22; the norm's own bias is the paper's b."""
    layer = recurrence("lstm", norm=True)
    cell = layer.cell
    x_NTI, (h_ND, c_ND) = inputs("lstm")
    found_NTD, (_, last_c_ND) = layer(x_NTI, (h_ND, c_ND))
    of_input, of_hidden, of_cell = (
        (array(norm.weight), array(norm.bias)) for norm in (cell.norm_input, cell.norm_hidden, cell.norm_cell)
    )
    W, b, U = array(cell.input.weight), array(cell.input.bias), array(cell.hidden.weight)
    for row in range(NUM_ROWS):
        h, c = array(h_ND[row]), array(c_ND[row])
        for t in range(NUM_STEPS):
            gates = layer_norm(W @ array(x_NTI[row, t]) + b, *of_input) + layer_norm(U @ h, *of_hidden)
            i, f, g, o = np.split(gates, 4)
            c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
            h = sigmoid(o) * np.tanh(layer_norm(c, *of_cell))
            np.testing.assert_allclose(array(found_NTD[row, t]), h, rtol=0, atol=1e-12)
        np.testing.assert_allclose(array(last_c_ND[row]), c, rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", [False, True])
def test_lstm_remembers_at_first(norm: bool) -> None:
    """The forget gate's bias of one is there where nothing normalises it away (Jozefowicz et al. 2015)."""
    torch.manual_seed(0)
    cell = LstmCell(INPUTS, WIDTH, norm=norm)
    nothing = torch.zeros(1, WIDTH)
    _, c_ND = cell.update(cell.input(torch.zeros(1, INPUTS)), (nothing, torch.ones(1, WIDTH)), cell.hidden)
    # With a zero input g is tanh(0), so what is left of the cell's 1 is the forget gate.
    torch.testing.assert_close(c_ND, torch.sigmoid(torch.ones(1, WIDTH)))


@pytest.mark.parametrize("name", CELLS)
def test_hidden_weights_keep_lengths_at_first(name: CellName) -> None:
    cell = CellKind(name=name, width=WIDTH).build(INPUTS)
    for block in cell.hidden.weight.chunk(cell.gates):
        torch.testing.assert_close(block @ block.T, torch.eye(WIDTH))


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("name", FUSED)
def test_fused_loop_is_the_loop_written_out(name: CellName, padded: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = recurrence(name)
    mask_NT = mask() if padded else None
    real_NT1 = mask()[..., None] if padded else torch.ones(NUM_ROWS, NUM_STEPS, 1)

    def run() -> tuple[Tensor, list[Tensor], list[Tensor]]:
        x_NTI, state = inputs(name)
        leaves = [x_NTI.requires_grad_(), *(part.requires_grad_() for part in state), *layer.parameters()]
        h_NTD, last = layer(x_NTI, state, mask_NT)
        total = (h_NTD * real_NT1).sin().sum() + sum(part.cos().sum() for part in last)
        return h_NTD * real_NT1, list(last), list(torch.autograd.grad(total, leaves))

    class NotFusedError(Exception):
        pass

    def scan(*_: object) -> None:
        raise NotFusedError

    with monkeypatch.context() as patch:
        patch.setattr(Recurrence, "_scan", scan)
        fused = run()
    monkeypatch.setattr(type(layer.cell), "fused", None)
    scanned = run()
    torch.testing.assert_close(fused, scanned, rtol=0, atol=1e-12)


@pytest.mark.parametrize("name", FUSED)
def test_padding_keeps_a_state_in_single_precision(name: CellName) -> None:
    """However long it is: a gate that is nearly shut would leak at each step."""
    layer = recurrence(name).float()
    x_NTI, state = inputs(name)
    state = tuple(part.float() for part in state)
    many_NTI = torch.cat([x_NTI.float(), 50 * torch.randn(NUM_ROWS, 40, INPUTS)], 1)
    _, wanted = layer(x_NTI.float(), state)
    _, found = layer(many_NTI, state, torch.arange(NUM_STEPS + 40) < torch.full((NUM_ROWS, 1), NUM_STEPS))
    torch.testing.assert_close(found, wanted, rtol=0, atol=2e-7)


def test_fused_loops_learn_where_a_model_answers() -> None:
    """Whoever asks what an answer hung on takes gradients of a model that is not training."""
    layer = recurrence("lstm").float().eval()
    x_NTI, state = inputs("lstm")
    x_NTI = x_NTI.float().requires_grad_()
    h_NTD, _ = layer(x_NTI, tuple(part.float() for part in state), mask())
    [grad_NTI] = torch.autograd.grad(h_NTD.masked_fill(~mask()[..., None], 0.0).sum(), [x_NTI])
    assert bool((grad_NTI.abs().sum(-1) > 0).eq(mask()).all())


@pytest.mark.parametrize("padded", [False, True])
@pytest.mark.parametrize("name", FUSED)
def test_half_precision_is_computed_on_any_processor(name: CellName, padded: bool) -> None:
    layer = recurrence(name).float()
    x_NTI, state = inputs(name)
    state = tuple(part.float() for part in state)
    wanted_NTD, _ = layer(x_NTI.float(), state, mask() if padded else None)
    with torch.autocast("cpu", torch.bfloat16):
        found_NTD, _ = layer(x_NTI.float(), state, mask() if padded else None)
    real_NT1 = mask()[..., None] if padded else torch.ones(NUM_ROWS, NUM_STEPS, 1)
    torch.testing.assert_close(found_NTD.float() * real_NT1, wanted_NTD * real_NT1, rtol=0, atol=0.05)


@pytest.mark.parametrize("garbage", [float("nan"), 1e9])
@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_padding_touches_no_state(name: CellName, norm: bool, garbage: float) -> None:
    layer = recurrence(name, norm=norm)
    x_NTI, state = inputs(name)
    x_NTI = x_NTI.masked_fill(~mask()[..., None], garbage)
    h_NTD, last = layer(x_NTI, state, mask())
    for row, length in enumerate(LENGTHS):
        alone = tuple(part[row : row + 1] for part in state)
        h_1TD, last_alone = layer(x_NTI[row : row + 1, :length], alone)
        torch.testing.assert_close(h_NTD[row : row + 1, :length], h_1TD, rtol=0, atol=1e-12)
        for part, part_alone in zip(last, last_alone, strict=True):
            torch.testing.assert_close(part[row : row + 1], part_alone, rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_padding_touches_no_gradient(name: CellName, norm: bool) -> None:
    layer = recurrence(name, norm=norm)
    x_NTI, state = inputs(name)
    gradients = []
    for garbage in (0.0, 1e6):
        h_NTD, last = layer(x_NTI.masked_fill(~mask()[..., None], garbage), state, mask())
        total = h_NTD[mask()].sin().sum() + sum(part.cos().sum() for part in last)
        gradients.append(torch.autograd.grad(total, list(layer.parameters()), allow_unused=True))
    torch.testing.assert_close(gradients[1], gradients[0], rtol=0, atol=1e-12)


def test_reverse_rows_turns_each_row_round_at_its_own_end() -> None:
    x_NT1 = torch.arange(1, 16).view(3, 5, 1)
    turned = reverse_rows(x_NT1, mask())
    assert turned[..., 0].tolist() == [[3, 2, 1, 4, 5], [10, 9, 8, 7, 6], [11, 12, 13, 14, 15]]
    assert reverse_rows(turned, mask()).equal(x_NT1)


@pytest.mark.parametrize("name", CELLS)
def test_variational_dropout_hides_the_same_state_at_every_step(
    name: CellName, monkeypatch: pytest.MonkeyPatch
) -> None:
    layer = recurrence(name, variational=True)
    x_NTI, state = inputs(name)
    drop_ND = layer.drop(state[0])
    assert drop_ND is not None
    assert drop_ND.unique().tolist() == [0.0, 2.0], "entries are dropped, or scaled so that the mean stays"
    other_ND = layer.drop(state[0])
    assert other_ND is not None
    assert not drop_ND.equal(other_ND), "another sequence has another mask"

    monkeypatch.setattr(layer, "drop", lambda h_ND: drop_ND)
    found_NTD, _ = layer(x_NTI, state)
    current, steps = state, []
    for t in range(NUM_STEPS):
        # What the gates read is dropped; what is carried over (z ⊙ h, f ⊙ c) is not.
        hidden_NR = layer.cell.hidden(current[0] * drop_ND)
        current = layer.cell.gate(layer.cell.input(x_NTI[:, t]), hidden_NR, current)
        steps.append(current[0])
    torch.testing.assert_close(found_NTD, torch.stack(steps, 1), rtol=0, atol=1e-12)


def test_nothing_is_dropped_when_answering() -> None:
    layer = recurrence("gru", variational=True).eval()
    x_NTI, state = inputs("gru")
    assert layer.drop(state[0]) is None
    torch.testing.assert_close(layer(x_NTI, state)[0], recurrence("gru")(x_NTI, state)[0])


def stack(*, variational: bool = False, residual: bool = False, dropout: float = 0.0) -> RecurrentStack:
    torch.manual_seed(3)
    kind = CellKind(name="gru", width=WIDTH, dropout=dropout, variational=variational)
    return RecurrentStack(kind, inputs=INPUTS, layers=3, residual=residual).double()


def states_of(cells: RecurrentStack) -> CellState:
    return (torch.randn(NUM_ROWS, len(cells.layers), WIDTH, dtype=torch.float64),)


@pytest.mark.parametrize("variational", [False, True])
def test_dropout_between_layers_is_one_mask_a_sequence_or_one_a_step(variational: bool) -> None:
    cells = stack(variational=variational, dropout=0.5)
    read: list[Tensor] = []
    said: list[Tensor] = []
    cells.layers[0].register_forward_hook(lambda module, args, out: said.append(out[0]))
    cells.layers[1].register_forward_pre_hook(lambda module, args: read.append(args[0]))
    cells(inputs("gru")[0], states_of(cells))
    factor_NTD = (read[0] / said[0]).round(decimals=6)
    assert factor_NTD.abs().unique().tolist() == [0.0, 2.0]
    same_for_all_steps = bool((factor_NTD == factor_NTD[:, :1]).all())
    assert same_for_all_steps == variational
    assert not (factor_NTD[0] == factor_NTD[1]).all(), "rows have masks of their own"


def test_steps_of_one_sequence_share_their_masks() -> None:
    cells = stack(variational=True, dropout=0.5)
    x_NTI, states = inputs("gru")[0], states_of(cells)
    walks = cells.walks(states, steps=NUM_STEPS)
    read: list[Tensor] = []
    said: list[Tensor] = []

    def listen(x_ND: Tensor, product: Callable[[Tensor], Tensor]) -> Tensor:
        read.append(x_ND)
        return product(x_ND)

    assert walks[1].input is not None
    walks[1] = replace(walks[1], input=partial(listen, product=walks[1].input))
    layers = apart(states)
    for t in range(NUM_STEPS):
        _, layers = cells.step(cells.first(x_NTI[:, t]), layers, walks)
        said.append(layers[0][0])
    factor_TND = torch.stack(read) / torch.stack(said)
    assert walks[1].inputs_ND is not None
    torch.testing.assert_close(factor_TND, walks[1].inputs_ND.expand_as(factor_TND))
    assert walks[0].inputs_ND is None, "what the first layer reads is the embedding's to drop"
    assert all(walk.state_ND is not None for walk in walks)


@pytest.mark.parametrize("residual", [False, True])
def test_stack_in_one_call_is_the_stack_step_by_step(residual: bool) -> None:
    """The gradients too, which the one gathers in torch's loop and the other after its own."""
    cells = stack(residual=residual)
    x_NTI, states = inputs("gru")[0], states_of(cells)
    h_NTD, after = cells(x_NTI, states)
    walks, layers = cells.walks(states, steps=NUM_STEPS), apart(states)
    steps_ND = []
    for t in range(NUM_STEPS):
        h_ND, layers = cells.step(cells.first(x_NTI[:, t]), layers, walks)
        steps_ND.append(h_ND)
    walked_NTD = torch.stack(steps_ND, 1)
    torch.testing.assert_close(walked_NTD, h_NTD, rtol=0, atol=1e-12)
    torch.testing.assert_close(together(layers), after, rtol=0, atol=1e-12)
    wanted, found = (torch.autograd.grad(x.sin().sum(), list(cells.parameters())) for x in (h_NTD, walked_NTD))
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_residual_layers_add_what_they_read() -> None:
    cells = stack(residual=True)
    x_NTI, (states_NLD,) = inputs("gru")[0], states_of(cells)
    found_NTD, _ = cells(x_NTI, (states_NLD,))
    first_NTD, _ = cells.layers[0](x_NTI, (states_NLD[:, 0],))
    second_NTD = cells.layers[1](first_NTD, (states_NLD[:, 1],))[0] + first_NTD
    third_NTD = cells.layers[2](second_NTD, (states_NLD[:, 2],))[0] + second_NTD
    torch.testing.assert_close(found_NTD, third_NTD, rtol=0, atol=1e-12)


@pytest.mark.parametrize("norm", [False, True])
@pytest.mark.parametrize("name", CELLS)
def test_gradients_of_the_loop_written_out(name: CellName, norm: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    layer = recurrence(name, norm=norm)
    monkeypatch.setattr(type(layer.cell), "fused", None)
    x_NTI, state = inputs(name)
    names = [name for name, _ in layer.named_parameters()]
    leaves = [x_NTI[:2, :3], *(part[:2] for part in state), *(p.detach() for p in layer.parameters())]
    mask_NT = torch.tensor([[True, True, True], [True, False, False]])

    def run(x_NTI: Tensor, *rest: Tensor) -> tuple[Tensor, ...]:
        state, parameters = rest[: len(rest) - len(names)], rest[len(rest) - len(names) :]
        h_NTD, last = functional_call(layer, dict(zip(names, parameters, strict=True)), (x_NTI, state, mask_NT))
        return (h_NTD[mask_NT], *last)

    assert torch.autograd.gradcheck(run, [leaf.clone().requires_grad_() for leaf in leaves], fast_mode=True)


def test_only_textbook_cells_are_fused() -> None:
    """The three cells that torch has; the linear one it has not."""
    assert all(cell.fused is not None for cell in (TanhCell, LstmCell, GruCell))
    assert CellKind(name="linear", width=WIDTH).build(INPUTS).fused is None
