"""The token embedding, alone and as one matrix with the output."""

import math

import pytest
import torch
from torch import Tensor

from seqloom.core.specials import Specials
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Part, SourceBatch

VOCABULARY = Specials(size=11)


@pytest.mark.parametrize("scale", [False, True])
def test_embedding_is_a_row_of_the_table_times_the_root_of_its_width(scale: bool) -> None:
    embedding = EmbeddingSettings(width=6, scale=scale).build(VOCABULARY)
    ids = torch.tensor([[4, 10], [1, 0]])
    torch.testing.assert_close(embedding(ids), embedding.table.weight[ids] * (math.sqrt(6) if scale else 1))


def test_scaled_entries_have_unit_variance() -> None:
    torch.manual_seed(0)
    embedding = EmbeddingSettings(width=64).build(Specials(size=500))
    assert embedding(torch.arange(1, 500)).std().item() == pytest.approx(1, abs=0.02)


def test_padding_is_zero_and_ids_beyond_the_vocabulary_are_unknown() -> None:
    embedding = EmbeddingSettings(width=6).build(VOCABULARY)
    pad, beyond, last, unknown = embedding(torch.tensor([VOCABULARY.pad, 11, 10, VOCABULARY.unk]))
    assert pad.abs().max() == 0
    assert beyond.equal(unknown)
    assert not last.equal(unknown)
    assert embedding(torch.tensor([9999])).equal(unknown[None])


def tied() -> EncoderDecoder:
    torch.manual_seed(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=8),
        encoder=RecurrentEncoderSettings(width=8),
        target=EmbeddingSettings(width=8),
        decoder=RecurrentDecoderSettings(width=8),
        tie="all",
    )
    return settings.build(source=VOCABULARY, target=VOCABULARY)


def batch() -> Batch:
    source_BS, target_BT = torch.tensor([[4, 5, 6], [7, 0, 0]]), torch.tensor([[1, 5, 9, 2], [1, 8, 2, 0]])
    return Batch(
        source=SourceBatch(parts={"text": Part(values=source_BS, mask_BS=source_BS != 0)}),
        target_BT=target_BT,
        target_mask_BT=target_BT != 0,
    )


def test_matrix_tied_three_ways_is_one() -> None:
    model = tied()
    table = model.source.embedding.table.weight
    assert model.decoder.embedding.table.weight is table
    assert model.head.weight is table


def test_padding_stays_zero_while_learning() -> None:
    model = tied()
    table: Tensor = model.source.embedding.table.weight
    before = table.detach().clone()
    optimiser = torch.optim.AdamW(model.parameters(), lr=0.1, weight_decay=0.1)
    for _ in range(3):
        optimiser.zero_grad()
        (-model.logp_P(batch()).mean()).backward()
        assert table.grad is not None
        assert table.grad[VOCABULARY.pad].abs().max() == 0
        optimiser.step()
    assert table[VOCABULARY.pad].abs().max() == 0
    assert ((table - before).abs().amax(-1) > 0).sum() == VOCABULARY.size - 1, "all the others moved"
