"""The decoders for labels: which state each label is read from, and what comes after the last."""

from __future__ import annotations

from typing import Literal

import pytest
import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.models.decoders import AlignedDecoder, AlignedDecoderSettings, PooledDecoderSettings
from seqloom.nn.embedding import EmbeddingSettings, TokenEmbedding
from seqloom.nn.memory import Memory, MemoryShape

WIDTH = 4
SHAPE = MemoryShape(width=WIDTH)


def embedding() -> TokenEmbedding:
    return EmbeddingSettings(width=3).build(Specials(size=9))


def memory(units_BU: Tensor | None = None) -> Memory:
    torch.manual_seed(1)
    mask_BS = torch.tensor([[True, True, True], [True, True, False]])
    return Memory(states_BSD=torch.randn(2, 3, WIDTH), mask_BS=mask_BS, units_BU=units_BU)


def aligned(*, previous: bool = False) -> AlignedDecoder:
    return AlignedDecoderSettings(width=5, previous=previous).build(memory=SHAPE, embedding=embedding())


def test_each_step_reads_its_unit_and_then_the_end() -> None:
    decoder, source = aligned(), memory()
    output = decoder(torch.full((2, 4), 5), decoder.start(source, attention="one"))
    read = [
        [source.states_BSD[0, 0], source.states_BSD[0, 1], source.states_BSD[0, 2], decoder.end],
        [source.states_BSD[1, 0], source.states_BSD[1, 1], decoder.end, decoder.end],
    ]
    expected_NTD = torch.stack([torch.stack(row) for row in read])
    torch.testing.assert_close(output.context_NTD, expected_NTD)
    torch.testing.assert_close(output.hidden_NTD, torch.tanh(decoder.read(expected_NTD)))
    assert output.attention_NTS is not None
    assert output.attention_NTS.tolist() == [
        [[1, 0, 0], [0, 1, 0], [0, 0, 1], [0, 0, 0]],
        [[1, 0, 0], [0, 1, 0], [0, 0, 0], [0, 0, 0]],
    ]


def test_only_the_units_named_are_labelled() -> None:
    decoder, source = aligned(), memory(torch.tensor([[0, 2], [1, -1]]))
    output = decoder(torch.full((2, 3), 5), decoder.start(source))
    assert output.context_NTD is not None
    torch.testing.assert_close(output.context_NTD[0, :2], source.states_BSD[0, [0, 2]])
    torch.testing.assert_close(output.context_NTD[1], torch.stack([source.states_BSD[1, 1], decoder.end, decoder.end]))


@pytest.mark.parametrize("previous", [True, False])
def test_labels_depend_on_the_one_before_if_asked(previous: bool) -> None:
    decoder, source = aligned(previous=previous), memory()
    first = decoder(torch.tensor([[1, 5], [1, 5]]), decoder.start(source)).hidden_NTD
    second = decoder(torch.tensor([[1, 6], [1, 6]]), decoder.start(source)).hidden_NTD
    torch.testing.assert_close(first[:, 0], second[:, 0])
    assert torch.equal(first[:, 1], second[:, 1]) is not previous


@pytest.mark.parametrize("pool", ["mean", "max", "attention"])
def test_one_label_is_read_from_all_real_states(pool: Literal["mean", "max", "attention"]) -> None:
    decoder = PooledDecoderSettings(width=5, pool=pool).build(memory=SHAPE, embedding=embedding())
    source = memory()
    output = decoder(torch.full((2, 2), 5), decoder.start(source))
    for row, length in enumerate((3, 2)):
        states_SD = source.states_BSD[row, :length]
        if pool == "attention":
            assert decoder.query is not None
            pooled_D = (decoder.query(states_SD).softmax(0) * states_SD).sum(0)
        else:
            pooled_D = states_SD.mean(0) if pool == "mean" else states_SD.amax(0)
        torch.testing.assert_close(output.hidden_NTD[row, 0], torch.tanh(decoder.read(pooled_D)))
        torch.testing.assert_close(output.hidden_NTD[row, 1], torch.tanh(decoder.read(decoder.end)))
