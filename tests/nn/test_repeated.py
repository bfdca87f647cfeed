"""One product for the gradient of a loop's matrix: the same numbers as step by step."""

import pytest
import torch
from torch import Tensor, nn

from seqloom.nn.repeated import Repeated

NUM_ROWS, NUM_STEPS, INPUTS, WIDTH = 3, 4, 5, 6


def leaves() -> tuple[Tensor, Tensor, Tensor]:
    torch.manual_seed(1)
    weight_RI = torch.randn(WIDTH, INPUTS, dtype=torch.float64, requires_grad=True)
    addend_NTR = torch.randn(NUM_ROWS, NUM_STEPS, WIDTH, dtype=torch.float64, requires_grad=True)
    return weight_RI, addend_NTR, torch.randn(NUM_ROWS, INPUTS, dtype=torch.float64, requires_grad=True)


def loop(weight_RI: Tensor, addend_NTR: Tensor, x_NI: Tensor) -> Tensor:
    """A recurrence, so that a step's gradient comes from all steps after it."""
    product = Repeated(weight_RI, addend_NTR)
    steps_NR = []
    for _ in range(addend_NTR.shape[1]):
        steps_NR.append(product(x_NI))
        x_NI = torch.tanh(steps_NR[-1][:, :INPUTS])
    return torch.stack(steps_NR, 1)


def test_gradients_are_those_of_the_equation() -> None:
    assert torch.autograd.gradcheck(loop, leaves())


def test_gradients_of_a_matrix_a_row_are_those_of_the_equation() -> None:
    torch.manual_seed(3)
    weight_BRI = torch.randn(NUM_ROWS, WIDTH, INPUTS, dtype=torch.float64, requires_grad=True)
    x_BQI = torch.randn(NUM_ROWS, 2, INPUTS, dtype=torch.float64, requires_grad=True)

    def loop_of_rows(weight_BRI: Tensor, x_BQI: Tensor) -> Tensor:
        product = Repeated.of_rows(weight_BRI, queries=2, steps=NUM_STEPS)
        steps_BQR = []
        for _ in range(NUM_STEPS):
            steps_BQR.append(product(x_BQI))
            x_BQI = torch.tanh(steps_BQR[-1][..., :INPUTS])
        return torch.cat(steps_BQR, 1)

    assert torch.autograd.gradcheck(loop_of_rows, (weight_BRI, x_BQI))


@pytest.mark.parametrize("step", range(NUM_STEPS))
def test_a_loss_may_look_at_some_of_the_steps_only(step: int) -> None:
    assert torch.autograd.gradcheck(lambda *given: loop(*given)[:, step], leaves())


def test_a_graph_that_is_kept_gives_the_same_gradients_again() -> None:
    given = leaves()
    total = loop(*given).sin().sum()
    once = torch.autograd.grad(total, given, retain_graph=True)
    torch.testing.assert_close(torch.autograd.grad(total, given), once, rtol=0, atol=0)


def test_weight_that_does_not_learn_lets_gradients_through() -> None:
    weight_RI, addend_NTR, x_NI = leaves()
    wanted = torch.autograd.grad(loop(weight_RI, addend_NTR, x_NI).sum(), (addend_NTR, x_NI))
    found = torch.autograd.grad(loop(weight_RI.detach(), addend_NTR, x_NI).sum(), (addend_NTR, x_NI))
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize("bias", [False, True])
def test_a_layer_repeated_is_the_layer(bias: bool) -> None:
    torch.manual_seed(2)
    layer = nn.Linear(INPUTS, WIDTH, bias=bias).double()
    x_NTI = torch.randn(NUM_ROWS, NUM_STEPS, INPUTS, dtype=torch.float64)
    product = Repeated.of(layer, like_N=x_NTI, steps=NUM_STEPS)
    found_NTR = torch.stack([product(x_NI) for x_NI in x_NTI.unbind(1)], 1)
    torch.testing.assert_close(found_NTR, layer(x_NTI), rtol=0, atol=1e-12)
    wanted, found = (torch.autograd.grad(y.sin().sum(), list(layer.parameters())) for y in (layer(x_NTI), found_NTR))
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_gradients_in_half_precision_reach_the_weight_in_its_own_type() -> None:
    weight_RI, addend_NTR, x_NI = (leaf.detach().float().requires_grad_() for leaf in leaves())
    with torch.autocast("cpu", torch.bfloat16):
        total = loop(weight_RI, addend_NTR, x_NI).float().sum()
    total.backward()
    exact = torch.autograd.grad(loop(weight_RI, addend_NTR, x_NI).sum(), weight_RI)[0]
    assert weight_RI.grad is not None
    assert weight_RI.grad.dtype == torch.float32
    torch.testing.assert_close(weight_RI.grad, exact, rtol=0.05, atol=0.2)


def test_who_listens_to_a_layer_hears_every_step() -> None:
    layer = nn.Linear(INPUTS, WIDTH)
    heard: list[Tensor] = []
    layer.register_forward_hook(lambda module, args, output: heard.append(output))
    x_NTI = torch.randn(NUM_ROWS, NUM_STEPS, INPUTS)
    product = Repeated.of(layer, like_N=x_NTI, steps=NUM_STEPS)
    said = [product(x_NI) for x_NI in x_NTI.unbind(1)]
    torch.testing.assert_close(heard, said)
