"""The recurrent decoder's equations, written out in NumPy a step at a time: from the memory to probabilities."""

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.models.decoders import (
    AdditiveAttentionSettings,
    GeneralAttentionSettings,
    NoAttentionSettings,
    RecurrentDecoder,
    RecurrentDecoderSettings,
)
from seqloom.models.heads import Generator, GeneratorSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape

Array = npt.NDArray[np.float64]
VOCABULARY = Specials(size=9)
STATES, WIDTH, EMBEDDED = 5, 6, 4
TOKENS = torch.tensor([[1, 4, 7, 5], [1, 8, 3, 4]])
MASK = torch.tensor([[True, True, True], [True, True, False]])


def array(x: Tensor) -> Array:
    return x.detach().numpy()


def affine(layer: nn.Linear, x: Array) -> Array:
    return array(layer.weight) @ x + (0 if layer.bias is None else array(layer.bias))


def softmax(x: Array) -> Array:
    exp = np.exp(x - x.max())
    return exp / exp.sum()


def sigmoid(x: Array) -> Array:
    return 1 / (1 + np.exp(-x))


def build(settings: RecurrentDecoderSettings) -> tuple[RecurrentDecoder, Generator]:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=EMBEDDED).build(VOCABULARY)
    shape = MemoryShape(width=STATES, final_parts=1, final_layers=1, final_width=WIDTH)
    decoder = settings.build(memory=shape, embedding=embedding)
    generator = GeneratorSettings().build(decoder=decoder.shape, embedding=embedding, tie=False)
    for module in (decoder, generator):
        for parameter in module.double().parameters():
            parameter.data += 0.2 * torch.randn_like(parameter)
    return decoder, generator


def memory() -> Memory:
    torch.manual_seed(2)
    final = torch.randn(2, 1, WIDTH, dtype=torch.float64)
    return Memory(states_BSD=torch.randn(2, 3, STATES, dtype=torch.float64), mask_BS=MASK, final=(final,))


def embedded(decoder: RecurrentDecoder) -> Array:
    return array(decoder.embedding.table.weight)[TOKENS.numpy()] * np.sqrt(EMBEDDED)


def real_states(row: int) -> Array:
    return memory().states_BSD[row][MASK[row]].numpy()


def generate(generator: Generator, s: Array) -> Array:
    """softmax(W_y s + b_y) over every token but the padding."""
    logits = array(generator.weight) @ s + array(generator.bias)
    return softmax(np.where(np.arange(VOCABULARY.size) == VOCABULARY.pad, -np.inf, logits))


def gru(decoder: RecurrentDecoder, x: Array, h: Array) -> Array:
    cell = decoder.cells.layers[0].cell
    input_r, input_z, input_n = np.split(affine(cell.input, x), 3)
    hidden_r, hidden_z, hidden_n = np.split(affine(cell.hidden, h), 3)
    z = sigmoid(input_z + hidden_z)
    return (1 - z) * np.tanh(input_n + sigmoid(input_r + hidden_r) * hidden_n) + z * h


def test_linear_decoder_is_its_equations() -> None:
    """s_t = W_s (h_{t-1} ⊕ e_t) + b_s, p = softmax(W_y s_t + b_y)."""
    decoder, generator = build(RecurrentDecoderSettings(cell="linear", width=WIDTH, attention=NoAttentionSettings()))
    output = decoder(TOKENS, decoder.start(memory()))
    p_PV = array(generator(output.pick(), memory()).exp())
    cell = decoder.cells.layers[0].cell
    W_s = np.concatenate([array(cell.hidden.weight), array(cell.input.weight)], axis=1)
    for row in range(2):
        s = memory().final[0][row, 0].numpy()
        for t in range(4):
            s = W_s @ np.concatenate([s, embedded(decoder)[row, t]]) + array(cell.input.bias)
            np.testing.assert_allclose(array(output.hidden_NTD[row, t]), s, rtol=0, atol=1e-12)
            np.testing.assert_allclose(p_PV[4 * row + t], generate(generator, s), rtol=0, atol=1e-12)


def test_fixed_vector_is_read_at_every_step() -> None:
    """Cho et al. 2014: c = tanh(V h_S), and each step reads [y; c]."""
    settings = RecurrentDecoderSettings(width=WIDTH, attention=NoAttentionSettings(context="every"), initial="zero")
    decoder, _ = build(settings)
    found_NTD = decoder(TOKENS, decoder.start(memory())).hidden_NTD
    assert decoder.context is not None
    for row in range(2):
        c = np.tanh(affine(decoder.context, memory().final[0][row, 0].numpy()))
        h = np.zeros(WIDTH)
        for t in range(4):
            h = gru(decoder, np.concatenate([embedded(decoder)[row, t], c]), h)
            np.testing.assert_allclose(array(found_NTD[row, t]), h, rtol=0, atol=1e-12)


@pytest.mark.parametrize("coverage", [False, True])
def test_additive_attention_before_the_cell(coverage: bool) -> None:
    """Bahdanau et al. 2015: α_t from s_{t-1}, s_t from [y_{t-1}; c_t]; coverage sums the α before (See 2017)."""
    attention = AdditiveAttentionSettings(width=7)
    settings = RecurrentDecoderSettings(width=WIDTH, attention=attention, attend="before", coverage=coverage)
    decoder, _ = build(settings)
    output = decoder(TOKENS, decoder.start(memory(), attention="one"))
    part, W_c = decoder.attention, decoder.readout
    for row in range(2):
        h, covered = memory().final[0][row, 0].numpy(), np.zeros(len(real_states(row)))
        for t in range(4):
            scores = []
            for position, state in enumerate(real_states(row)):
                inner = affine(part.queries, h) + affine(part.keys, state)
                if coverage:
                    inner = inner + array(part.covers) * covered[position]
                scores.append(array(part.v.weight)[0] @ np.tanh(inner))
            alpha = softmax(np.array(scores))
            covered += alpha
            c = alpha @ real_states(row)
            h = gru(decoder, np.concatenate([embedded(decoder)[row, t], c]), h)
            said = np.tanh(affine(W_c, np.concatenate([c, h])))
            np.testing.assert_allclose(array(output.attention_NTS[row, t])[: len(alpha)], alpha, rtol=0, atol=1e-12)
            np.testing.assert_allclose(array(output.context_NTD[row, t]), c, rtol=0, atol=1e-12)
            np.testing.assert_allclose(array(output.hidden_NTD[row, t]), said, rtol=0, atol=1e-12)
    assert output.attention_NTS[1, :, 2].abs().max() == 0


@pytest.mark.parametrize("input_feeding", [False, True])
def test_general_attention_after_the_cell(input_feeding: bool) -> None:
    """Luong et al. 2015, equations 5 to 8: α_t from s_t, tanh(W_c [c_t; s_t]), read again by the next step (3.3)."""
    decoder, _ = build(
        RecurrentDecoderSettings(width=WIDTH, attention=GeneralAttentionSettings(), input_feeding=input_feeding)
    )
    found_NTD = decoder(TOKENS, decoder.start(memory())).hidden_NTD
    for row in range(2):
        h, said = memory().final[0][row, 0].numpy(), np.zeros(WIDTH)
        for t in range(4):
            x = embedded(decoder)[row, t]
            h = gru(decoder, np.concatenate([x, said]) if input_feeding else x, h)
            alpha = softmax(np.array([h @ affine(decoder.attention.keys, state) for state in real_states(row)]))
            said = np.tanh(affine(decoder.readout, np.concatenate([alpha @ real_states(row), h])))
            np.testing.assert_allclose(array(found_NTD[row, t]), said, rtol=0, atol=1e-12)


@pytest.mark.parametrize("option", [{"coverage": True}, {"input_feeding": True}, {"attend": "before"}])
def test_what_needs_an_attention_says_so(option: dict[str, Any]) -> None:
    with pytest.raises(RecipeError, match=r'needs an attention, but `attention.kind` is "none"'):
        RecurrentDecoderSettings(attention=NoAttentionSettings(), **option)


@pytest.mark.parametrize("attention", [GeneralAttentionSettings(), AdditiveAttentionSettings(width=7)])
@pytest.mark.parametrize("settings", [{}, {"attend": "before"}, {"input_feeding": True}, {"coverage": True}])
def test_gradients_gathered_after_the_loop_are_those_of_its_steps(attention: Any, settings: dict[str, Any]) -> None:
    """A call a token leaves nothing to gather: its gradients are autograd's own."""
    kind = RecurrentDecoderSettings(width=WIDTH, cell="lstm", layers=2, residual=True, attention=attention, **settings)
    decoder, _ = build(kind)
    source = memory()
    leaves = [source.states_BSD.requires_grad_(), *decoder.parameters()]

    def gradients(*calls: Tensor) -> tuple[Tensor, ...]:
        state, total = decoder.start(source), torch.zeros((), dtype=torch.float64)
        for tokens_NT in calls:
            output = decoder(tokens_NT, state)
            state = output.state  # type: ignore[assignment]
            total = total + output.hidden_NTD.sin().sum()
        return torch.autograd.grad(total, leaves)

    torch.testing.assert_close(gradients(TOKENS), gradients(*TOKENS.split(1, 1)), rtol=0, atol=1e-10)
