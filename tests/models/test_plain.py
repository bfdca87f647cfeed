"""Plain modules as parts: they obey the laws like our own, and those that cannot work are refused in one line."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from itertools import islice
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.plain import GivenDecoder, GivenEncoder, plain_decoder, plain_encoder, width_read
from seqloom.models.plain.decoders import PrefixDecoder, TorchRecurrentDecoder
from seqloom.nn.contracts import Decoder
from seqloom.nn.embedding import EmbeddingSettings, TokenEmbedding
from seqloom.nn.memory import Encoder, Memory, MemoryShape
from seqloom.testing import check, combinations

WIDTH = 8
SHAPE = MemoryShape(width=WIDTH, inputs_width=WIDTH)


def embedding(width: int = WIDTH) -> TokenEmbedding:
    return EmbeddingSettings(width=width).build(Specials(size=9))


def memory(*lengths: int, width: int = WIDTH) -> Memory:
    generator = torch.Generator().manual_seed(3)
    mask_BS = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
    return Memory(states_BSD=torch.randn(*mask_BS.shape, width, generator=generator), mask_BS=mask_BS)


# ---- modules as a user writes them -----------------------------------------------------------------------------------


class Attending(nn.Module):
    """A causal decoder in four lines: a recurrence, and attention to the memory."""

    def __init__(self, width: int, memory_width: int) -> None:
        super().__init__()
        self.cells = nn.GRU(width, 12, batch_first=True)
        self.query = nn.Linear(12, memory_width)

    def forward(self, embedded: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        h = self.cells(embedded)[0]
        scores = self.query(h) @ memory.transpose(1, 2)
        found = scores.masked_fill(~memory_mask[:, None], float("-inf")).softmax(-1) @ memory
        return torch.cat([h, found], -1)


class Peeking(Attending):
    def forward(self, embedded: Tensor, memory: Tensor, memory_mask: Tensor) -> Tensor:
        return super().forward(embedded, memory, memory_mask) + embedded.mean(1, keepdim=True).mean(-1, keepdim=True)


class Mixing(nn.Module):
    """An encoder that mixes positions, and heeds its mask."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.mix = nn.Linear(2 * width, 10)

    def forward(self, x: Tensor, mask: Tensor) -> tuple[Tensor, Tensor]:
        mean = (x * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
        states = torch.tanh(self.mix(torch.cat([x, mean[:, None].expand_as(x)], -1)))
        return states, (states * mask[..., None]).sum(1)


class InTorchsWords(nn.Module):
    """Attention over the source, masked as torch masks: True = padding."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.attention = nn.MultiheadAttention(width, 2, batch_first=True)

    def forward(self, src: Tensor, src_key_padding_mask: Tensor) -> Tensor:
        found: Tensor = self.attention(src, src, src, key_padding_mask=src_key_padding_mask)[0]
        return found


def transformer_encoder(width: int, *, batch_first: bool = True) -> nn.Module:
    layer = nn.TransformerEncoderLayer(width, 2, 12, dropout=0.1, batch_first=batch_first)
    return nn.TransformerEncoder(layer, 2, enable_nested_tensor=batch_first)


def transformer_decoder(width: int, *, batch_first: bool = True) -> nn.Module:
    return nn.TransformerDecoder(nn.TransformerDecoderLayer(width, 2, 12, batch_first=batch_first), 2)


ENCODERS: dict[str, Callable[[int], nn.Module]] = {
    "lstm, two directions": lambda width: nn.LSTM(width, 6, num_layers=2, bidirectional=True, batch_first=True),
    "gru, positions first": lambda width: nn.GRU(width, 8, num_layers=2, dropout=0.1),
    "rnn": lambda width: nn.RNN(width, 8, batch_first=True),
    "lstm with a projection": lambda width: nn.LSTM(width, 8, proj_size=6),
    "transformer": transformer_encoder,
    "transformer, positions first": lambda width: transformer_encoder(width, batch_first=False),
    "position by position": lambda width: nn.Sequential(nn.Linear(width, 12), nn.Tanh()),
    "states and a last state": Mixing,
    "a mask in torch's words": InTorchsWords,
}
DECODERS: dict[str, Callable[[int, int], nn.Module]] = {
    "lstm": lambda width, memory_width: nn.LSTM(width, 8, num_layers=2, batch_first=True),
    "gru, positions first": lambda width, memory_width: nn.GRU(width, 12),
    "rnn": lambda width, memory_width: nn.RNN(width, 8, nonlinearity="relu", batch_first=True),
    "transformer": lambda width, memory_width: transformer_decoder(width),
    "transformer, positions first": lambda width, memory_width: transformer_decoder(width, batch_first=False),
    "one's own": Attending,
}


def with_encoder(make: Callable[[int], nn.Module]) -> type[Any]:
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """A plain encoder."""

        def build(self, *, memory: MemoryShape) -> Encoder:
            return plain_encoder(make, memory=memory)

    return Settings


def with_decoder(make: Callable[[int, int], nn.Module]) -> type[Any]:
    @dataclass(frozen=True, kw_only=True)
    class Settings:
        """A plain decoder."""

        def build(self, *, memory: MemoryShape, embedding: TokenEmbedding) -> Decoder:
            return plain_decoder(make, memory=memory, embedding=embedding)

    return Settings


def broken(own: type[Any], *, few: int) -> list[str]:
    torch.set_num_threads(1)
    tried = [*islice(combinations(strength=1, own=own), few)]
    assert len(tried) == few
    return [f"{fault.law}: {fault.why} ({fault.combination})" for each in tried for fault in check(each)]


@pytest.mark.parametrize("name", ENCODERS)
def test_plain_encoders_obey_the_laws(name: str) -> None:
    assert broken(with_encoder(ENCODERS[name]), few=1) == []


@pytest.mark.parametrize("name", DECODERS)
def test_plain_decoders_obey_the_laws(name: str) -> None:
    assert broken(with_decoder(DECODERS[name]), few=2) == []


# ---- what torch's own modules leave ----------------------------------------------------------------------------------


@pytest.mark.parametrize("batch_first", [True, False])
def test_a_last_state_is_that_of_the_last_real_position_in_both_directions(batch_first: bool) -> None:
    torch.manual_seed(1)
    module = nn.LSTM(WIDTH, 5, num_layers=2, bidirectional=True, batch_first=batch_first)
    encoder = plain_encoder(module, memory=SHAPE)
    assert encoder.shape == MemoryShape(width=10, inputs_width=WIDTH, final_parts=2, final_layers=2, final_width=10)
    given = memory(4, 2)
    left = encoder(given)
    short = given.states_BSD[1:, :2]
    states, (h, c) = module(short if batch_first else short.transpose(0, 1))
    torch.testing.assert_close(left.states_BSD[1:, :2], states if batch_first else states.transpose(0, 1))
    for found, last in zip(left.final, (h, c), strict=True):
        torch.testing.assert_close(found[1, 1], torch.cat([last[2, 0], last[3, 0]]))


def test_a_recurrent_decoder_begins_where_an_encoder_of_its_size_stopped() -> None:
    torch.manual_seed(1)
    encoder = plain_encoder(nn.LSTM(WIDTH, 6, 2), memory=SHAPE)
    decoder = plain_decoder(nn.LSTM(WIDTH, 6, 2), memory=encoder.shape, embedding=embedding())
    left = encoder(memory(3, 2))
    state = decoder.start(left)
    torch.testing.assert_close(state.cells_NLD, left.final)  # type: ignore[attr-defined]


def test_a_transformer_knows_where_a_word_stands() -> None:
    torch.manual_seed(1)
    encoder = plain_encoder(transformer_encoder(WIDTH).eval(), memory=SHAPE)
    same = memory(2)
    same.states_BSD[0, 1] = same.states_BSD[0, 0]
    states_BSD = encoder(same).states_BSD
    assert not torch.allclose(states_BSD[0, 0], states_BSD[0, 1], atol=1e-3)


def test_a_part_of_ours_is_taken_as_it_is() -> None:
    decoder = RecurrentDecoderSettings(width=8).build(memory=SHAPE, embedding=embedding())
    assert plain_decoder(decoder, memory=SHAPE, embedding=embedding()) is decoder
    encoder = plain_encoder(nn.GRU(WIDTH, 4), memory=SHAPE)
    assert plain_encoder(encoder, memory=SHAPE) is encoder


def test_functions_are_told_the_widths() -> None:
    decoder = GivenDecoder(part=Attending).build(memory=MemoryShape(width=5), embedding=embedding(7))
    assert isinstance(decoder, PrefixDecoder)
    assert (decoder.module.cells.input_size, decoder.module.query.out_features) == (7, 5)  # type: ignore[union-attr]
    assert decoder.shape.hidden == 12 + 5
    assert not decoder.joins
    assert GivenEncoder(part=Mixing).build(memory=SHAPE).shape.width == 10


def test_recurrent_decoders_are_known_to_be_recurrent() -> None:
    decoder = plain_decoder(nn.GRU(WIDTH, 4), memory=SHAPE, embedding=embedding())
    assert isinstance(decoder, TorchRecurrentDecoder)
    assert decoder.recurrent
    assert decoder.joins


def test_the_width_that_a_module_reads_is_known_for_torchs_own() -> None:
    assert width_read(nn.GRU(7, 3)) == 7
    assert width_read(transformer_encoder(12)) == 12
    assert width_read(transformer_decoder(12)) == 12
    assert width_read(nn.Linear(3, 4)) is None


# ---- the trial -------------------------------------------------------------------------------------------------------


def test_a_trial_leaves_no_trace() -> None:
    module = nn.Sequential(nn.Linear(WIDTH, 6), nn.Dropout(0.5), nn.Tanh())
    module[2].eval()
    torch.manual_seed(5)
    expected = torch.rand(3)
    torch.manual_seed(5)
    encoder = plain_encoder(module, memory=SHAPE)
    assert encoder.shape.width == 6
    assert [part.training for part in module] == [True, True, False]
    assert all(parameter.grad is None for parameter in module.parameters())
    assert torch.equal(torch.rand(3), expected)


def test_an_encoder_that_sees_padding_is_warned_of(caplog: pytest.LogCaptureFixture) -> None:
    class Blurring(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            return x + x.mean(1, keepdim=True)

    with caplog.at_level(logging.WARNING, logger="seqloom"):
        plain_encoder(Mixing, memory=SHAPE)
        assert caplog.messages == []
        plain_encoder(Blurring(), memory=SHAPE)
    [said] = caplog.messages
    assert said.startswith("Blurring leaves other states beside longer sources")


def test_padding_is_zeros_to_a_module_without_a_mask() -> None:
    convolution = nn.Sequential(_Transposed(nn.Conv1d(WIDTH, 6, 3, padding=1)))
    encoder = plain_encoder(convolution, memory=SHAPE)
    given = memory(4, 2)
    short = Memory(states_BSD=given.states_BSD[1:, :2], mask_BS=given.mask_BS[1:, :2])
    torch.testing.assert_close(encoder(given).states_BSD[1:, :2], encoder(short).states_BSD)


class _Transposed(nn.Module):
    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, x: Tensor) -> Tensor:
        found: Tensor = self.inner(x.transpose(1, 2))
        return found.transpose(1, 2)


class _Last(nn.Module):
    def forward(self, x: Tensor) -> Tensor:
        return x[:, -1]


class _Asking(nn.Module):
    def forward(self, x: Tensor, lengths: Tensor) -> Tensor:
        return x


class _Triple(nn.Module):
    def forward(self, x: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        return x, x, x


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (nn.GRU(5, 4), "must read vectors of width 8, but GRU reads 5. Set `width=5`"),
        (nn.Linear(5, 4), "must read (batch, positions, 8), but Linear raised RuntimeError: mat1 and mat2"),
        (_Last(), "of (2, 3, 8) _Last made (2, 8)"),
        (_Triple(), "_Triple made ((2, 3, 8), (2, 3, 8), (2, 3, 8))"),
        (_Asking(), "the forward of _Asking also asks for `lengths`"),
        (lambda width: width, "must be a module or make one, but made int"),
    ],
)
def test_an_encoder_that_cannot_be_is_one_line(part: Any, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        plain_encoder(part, memory=SHAPE)
    assert said in str(caught.value)
    assert str(caught.value).startswith("`encoder` must ")
    assert "\n" not in str(caught.value)


class _Silent(nn.Module):
    def forward(self, embedded: Tensor, memory: Tensor) -> Tensor:
        return embedded[:, 0]


@pytest.mark.parametrize(
    ("part", "said"),
    [
        (Peeking, "must be causal, but what Peeking says of a token changes with the tokens after it"),
        (nn.GRU(WIDTH, 4, bidirectional=True), "has `bidirectional`"),
        (nn.LSTM(WIDTH, 4, proj_size=2), "has `proj_size`"),
        (nn.LSTM(6, 4), "must read vectors of width 8, but LSTM reads 6"),
        (Attending(5, 8), "must read (rows, steps, 8) and a memory (rows, positions, 8), but Attending raised"),
        (_Silent(), "of (2, 5, 8) _Silent made (2, 8)"),
        (nn.Linear(8, 8), "must read (rows, steps, 8) and a memory"),
        (lambda width, memory_width: None, "must be a module or make one, but made NoneType"),
    ],
)
def test_a_decoder_that_cannot_be_is_one_line(part: Any, said: str) -> None:
    with pytest.raises(RecipeError) as caught:
        plain_decoder(part, memory=SHAPE, embedding=embedding())
    assert said in str(caught.value)
    assert str(caught.value).startswith("`decoder` must ")
    assert "\n" not in str(caught.value)
