"""Gehring et al. 2017 in NumPy: gated convolutions and their attention."""

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor
from torch.func import functional_call
from torch.nn import functional

from seqloom.nn.convolution import (
    HALF,
    ConvAttention,
    ConvKeys,
    Convolution,
    GatedConvolution,
    newest,
    padded,
    scale_gradient,
)

Array = npt.NDArray[np.float64]
WIDTH, KERNEL, EMBEDDED = 4, 3, 5
MASK = torch.tensor([[True, True, True], [True, False, False]])


def array(x: Tensor) -> Array:
    return x.detach().numpy()


def softmax(x: Array) -> Array:
    exp = np.exp(x - x.max())
    return exp / exp.sum()


def convolution() -> GatedConvolution:
    torch.manual_seed(1)
    layer = GatedConvolution(WIDTH, kernel=KERNEL).double()
    torch.nn.init.normal_(layer.convolution.bias)
    return layer


def attention() -> ConvAttention:
    torch.manual_seed(1)
    layer = ConvAttention(WIDTH, embedding_width=EMBEDDED).double()
    torch.nn.init.normal_(layer.query.bias)
    torch.nn.init.normal_(layer.out.bias)
    return layer


def attention_inputs(beams: int = 1) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Decoder states, embedded tokens, keys z and values (z + e)."""
    torch.manual_seed(2)
    sizes = [(2 * beams, 2, WIDTH), (2 * beams, 2, EMBEDDED), (2, 3, EMBEDDED), (2, 3, EMBEDDED)]
    h, embedded, keys, values = (torch.randn(size, dtype=torch.float64) for size in sizes)
    return h, embedded, keys, values


def test_gated_convolution_is_its_equation() -> None:
    """A ⊗ σ(B), [A B] = W x_{t-k+1 … t} + b."""
    layer = convolution()
    x_NTD = torch.randn(2, 6, WIDTH, dtype=torch.float64)
    found_NTD = array(layer(x_NTD))
    assert found_NTD.shape == (2, 4, WIDTH)
    W, b = array(layer.convolution.weight), array(layer.convolution.bias)
    for row in range(2):
        for t in range(4):
            window = array(x_NTD[row, t : t + KERNEL])
            both = b + sum(W[:, :, k] @ window[k] for k in range(KERNEL))
            wanted = both[:WIDTH] / (1 + np.exp(-both[WIDTH:]))
            np.testing.assert_allclose(found_NTD[row, t], wanted, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("kernel", "length"), [(1, 4), (3, 3), (3, 17), (5, 9)])
def test_a_convolution_is_that_of_torch(kernel: int, length: int) -> None:
    """Its values and its gradients."""
    torch.manual_seed(3)
    layer = Convolution(6, 4, kernel).double()
    x_NTC = torch.randn(3, length, 6, dtype=torch.float64, requires_grad=True)
    found_NTC = layer(x_NTC)
    wanted_NTC = functional.conv1d(x_NTC.transpose(1, 2), layer.weight, layer.bias).transpose(1, 2)
    torch.testing.assert_close(found_NTC, wanted_NTC, rtol=0, atol=1e-12)
    leaves, slope_NTC = [x_NTC, *layer.parameters()], torch.randn_like(found_NTC)
    gradients = (torch.autograd.grad(each_NTC, leaves, slope_NTC) for each_NTC in (found_NTC, wanted_NTC))
    for found, wanted in zip(*gradients, strict=True):
        torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)


def test_zeros_before_make_it_causal() -> None:
    layer = convolution()
    x_NTD = torch.randn(1, 5, WIDTH, dtype=torch.float64, requires_grad=True)
    layer(padded(x_NTD, KERNEL - 1, 0))[0, 2].sum().backward()
    assert x_NTD.grad is not None
    assert (x_NTD.grad[0, :3].abs().amax(-1) > 0).all(), "it sees itself and the two before"
    assert x_NTD.grad[0, 3:].abs().max() == 0, "it sees nothing later"


def test_zeros_on_both_sides_make_it_see_both() -> None:
    layer = convolution()
    x_NTD = torch.randn(1, 5, WIDTH, dtype=torch.float64, requires_grad=True)
    layer(padded(x_NTD, 1, 1))[0, 2].sum().backward()
    assert x_NTD.grad is not None
    assert (x_NTD.grad[0].abs().amax(-1) > 0).tolist() == [False, True, True, True, False]


@pytest.mark.parametrize("pieces", [[1, 1, 1, 1, 1, 1], [2, 4], [5, 1]])
def test_kept_window_makes_steps_one_call(pieces: list[int]) -> None:
    layer = convolution()
    x_NTD = torch.randn(2, 6, WIDTH, dtype=torch.float64)
    window_NWD, found = x_NTD.new_zeros(2, KERNEL - 1, WIDTH), []
    for piece_NTD in x_NTD.split(pieces, 1):
        seen_NTD, window_NWD = newest(window_NWD, piece_NTD)
        found.append(layer(seen_NTD))
    torch.testing.assert_close(torch.cat(found, 1), layer(padded(x_NTD, KERNEL - 1, 0)), rtol=0, atol=1e-12)


def test_kernel_of_one_keeps_no_window() -> None:
    x_NTD = torch.randn(2, 3, WIDTH)
    seen_NTD, window_NWD = newest(x_NTD[:, :0], x_NTD)
    assert seen_NTD.equal(x_NTD)
    assert window_NWD.shape == (2, 0, WIDTH)


def test_convolutional_attention_is_its_equations() -> None:
    """Equations 1 and 2: d = W h + b + g, a = softmax(d · z / √D), c = Σ a (z + e); halves as in 3.4."""
    layer = attention()
    h, embedded, keys, values = attention_inputs()
    added, context, weights = layer(h, ConvKeys.of(embedded, keys, values, MASK))
    for row in range(2):
        z, z_e = array(keys[row][MASK[row]]), array(values[row][MASK[row]])
        for t in range(2):
            d = (
                array(layer.query.weight) @ array(h[row, t]) + array(layer.query.bias) + array(embedded[row, t])
            ) * HALF
            a = softmax(z @ d / np.sqrt(EMBEDDED))
            c = sum(a[j] * z_e[j] for j in range(len(z))) * np.sqrt(len(z))
            out = array(layer.out.weight) @ c + array(layer.out.bias)
            np.testing.assert_allclose(array(weights[row, t, : len(z)]), a, rtol=0, atol=1e-12)
            np.testing.assert_allclose(array(context[row, t]), c, rtol=0, atol=1e-12)
            np.testing.assert_allclose(array(added[row, t]), out, rtol=0, atol=1e-12)
    assert weights[1, :, 1:].abs().max() == 0


def test_beams_of_a_source_share_its_keys() -> None:
    layer = attention()
    h, embedded, keys, values = attention_inputs(beams=3)
    shared = layer(h, ConvKeys.of(embedded, keys, values, MASK))
    apart = layer(h, ConvKeys.of(embedded, *(x.repeat_interleave(3, 0) for x in (keys, values, MASK))))
    torch.testing.assert_close(shared, apart, rtol=0, atol=1e-12)


def test_nothing_to_attend_to_adds_nothing_but_the_bias() -> None:
    layer = attention()
    h, embedded, keys, values = attention_inputs()
    h.requires_grad_()
    mask_BS = torch.tensor([[True, True, True], [False] * 3])
    added, context, _ = layer(h, ConvKeys.of(embedded, keys, values, mask_BS))
    assert context[1].abs().max() == 0
    added.sum().backward()
    assert h.grad is not None
    assert h.grad.isfinite().all()
    assert h.grad[1].abs().max() == 0


def test_scaled_gradient_leaves_the_value() -> None:
    x = torch.randn(5, dtype=torch.float64, requires_grad=True)
    scaled = scale_gradient(x, 0.25)
    torch.testing.assert_close(scaled, x, rtol=0, atol=1e-15)
    scaled.square().sum().backward()
    torch.testing.assert_close(x.grad, 0.25 * 2 * x.detach())


def test_layers_keep_the_variance_of_what_passes() -> None:
    """Section 3.5; the gate halves what is not centred, so the bound is loose."""
    torch.manual_seed(0)
    layer = GatedConvolution(128, kernel=3)
    deviation = layer(torch.randn(4, 64, 128)).std().item()
    assert 0.8 < deviation < 1.25


def test_gradients() -> None:
    layer, look = convolution(), attention()
    names = [name for name, _ in layer.named_parameters()]

    def convolve(x_NTD: Tensor, *weights: Tensor) -> Tensor:
        return functional_call(layer, dict(zip(names, weights, strict=True)), (x_NTD,))

    leaves = [torch.randn(2, 4, WIDTH, dtype=torch.float64), *layer.parameters()]
    assert torch.autograd.gradcheck(convolve, [leaf.detach().clone().requires_grad_() for leaf in leaves])

    names_of_look = [name for name, _ in look.named_parameters()]

    def attend(h: Tensor, embedded: Tensor, keys: Tensor, values: Tensor, *weights: Tensor) -> tuple[Tensor, ...]:
        parameters = dict(zip(names_of_look, weights, strict=True))
        return functional_call(look, parameters, (h, ConvKeys.of(embedded, keys, values, MASK)))

    leaves = [*attention_inputs(beams=2), *look.parameters()]
    assert torch.autograd.gradcheck(attend, [leaf.detach().clone().requires_grad_() for leaf in leaves])
