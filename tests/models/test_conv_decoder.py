"""The convolutional decoder: what it shows of its attention, and half the precision."""

import pytest
import torch

from seqloom.core.specials import Specials
from seqloom.models.decoders.conv import ConvDecoder, ConvDecoderSettings
from seqloom.nn.contracts import DecoderOutput
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape

LAYERS, WIDTH, BEAMS = 3, 6, 2
MASK_BS = torch.tensor([[True, True, True, True], [True, True, False, False], [False, False, False, False]])


def decoder() -> ConvDecoder:
    torch.manual_seed(1)
    embedding = EmbeddingSettings(width=WIDTH).build(Specials(size=9))
    return ConvDecoderSettings(layers=LAYERS, width=8).build(memory=MemoryShape(width=WIDTH), embedding=embedding)


def said(made: ConvDecoder) -> DecoderOutput:
    torch.manual_seed(2)
    memory = Memory(states_BSD=torch.randn(3, 4, WIDTH), mask_BS=MASK_BS)
    return made(torch.randint(4, 9, (3 * BEAMS, 5)), made.start(memory, beams=BEAMS, attention="all"))


def test_it_shows_attention_to_real_positions_alone() -> None:
    output = said(decoder())
    assert output.all_attention is not None
    assert output.attention_NTS is not None
    assert output.all_attention.shape == (3 * BEAMS, LAYERS, 1, 5, 4)
    shown_NLTS = output.all_attention[:, :, 0]
    torch.testing.assert_close(output.attention_NTS, shown_NLTS.mean(1))
    mask_NS = MASK_BS.repeat_interleave(BEAMS, 0)
    assert (shown_NLTS > 0).equal(mask_NS[:, None, None].expand_as(shown_NLTS))
    has_some_N = mask_NS.any(1).float()
    torch.testing.assert_close(shown_NLTS.sum(-1), has_some_N[:, None, None].expand(shown_NLTS.shape[:-1]))


@pytest.mark.parametrize("precise", [True, False])
def test_a_source_without_positions_leaves_numbers(precise: bool) -> None:
    made = decoder()
    with torch.autocast("cpu", torch.bfloat16, enabled=not precise):
        hidden_NTD = said(made).hidden_NTD
    assert hidden_NTD.isfinite().all()
    hidden_NTD.float().square().sum().backward()
    gradients = [parameter.grad for parameter in made.parameters()]
    assert all(gradient is not None and gradient.isfinite().all() for gradient in gradients)
