"""Our Transformer and torch.nn's with the same weights say the same and learn the same."""

from collections.abc import Iterator

import pytest
import torch
from torch import Tensor, nn

from seqloom.core.specials import Specials
from seqloom.models.decoders import TransformerDecoder, TransformerDecoderSettings
from seqloom.models.encoders import TransformerEncoder, TransformerEncoderSettings
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape
from seqloom.nn.multihead import MultiHeadAttention
from seqloom.nn.positions import NoPositionsSettings
from seqloom.nn.transformer import Activation, DecoderLayer, EncoderLayer, Order

WIDTH, HEADS, FEED_FORWARD, LAYERS = 16, 4, 24, 2
VOCABULARY = Specials(size=11)
SOURCE_MASK = torch.arange(5) < torch.tensor([3, 5, 1])[:, None]
TOKENS = torch.tensor([[1, 4, 5, 6], [1, 7, 0, 0], [1, 8, 9, 0]])
TARGET_MASK = VOCABULARY.pad != TOKENS
CAUSAL = nn.Transformer.generate_square_subsequent_mask(4, dtype=torch.float64)

KINDS = pytest.mark.parametrize(
    ("order", "activation"), [("pre", "relu"), ("pre", "gelu"), ("post", "relu"), ("post", "gelu")]
)


def attention_pairs(ours: MultiHeadAttention, theirs: nn.MultiheadAttention) -> Iterator[tuple[Tensor, Tensor, slice]]:
    for number, part in enumerate((ours.query, ours.key, ours.value)):
        rows = slice(number * WIDTH, (number + 1) * WIDTH)
        yield part.weight, theirs.in_proj_weight, rows
        yield part.bias, theirs.in_proj_bias, rows
    yield ours.out.weight, theirs.out_proj.weight, slice(None)
    yield ours.out.bias, theirs.out_proj.bias, slice(None)


def pairs(ours: nn.Module, theirs: nn.Module) -> Iterator[tuple[Tensor, Tensor, slice]]:
    """Each weight of ours, and the rows of theirs that it is."""
    for layer, their_layer in zip(ours.layers, theirs.layers, strict=True):
        assert isinstance(layer, EncoderLayer | DecoderLayer)
        yield from attention_pairs(layer.self_attention, their_layer.self_attn)
        modules = [
            (layer.feed_forward.inner, their_layer.linear1),
            (layer.feed_forward.outer, their_layer.linear2),
            (layer.self_residual.norm, their_layer.norm1),
        ]
        if isinstance(layer, DecoderLayer):
            yield from attention_pairs(layer.cross_attention, their_layer.multihead_attn)
            modules += [
                (layer.cross_residual.norm, their_layer.norm2),
                (layer.feed_residual.norm, their_layer.norm3),
            ]
        else:
            modules.append((layer.feed_residual.norm, their_layer.norm2))
        for module, their_module in modules:
            yield module.weight, their_module.weight, slice(None)
            yield module.bias, their_module.bias, slice(None)
    if theirs.norm is not None:
        yield ours.norm.weight, theirs.norm.weight, slice(None)
        yield ours.norm.bias, theirs.norm.bias, slice(None)


def copy(ours: nn.Module, theirs: nn.Module) -> None:
    copied = 0
    with torch.no_grad():
        for parameter in theirs.parameters():
            parameter += 0.1 * torch.randn_like(parameter)
        for weight, their_weight, rows in pairs(ours, theirs):
            weight.copy_(their_weight[rows])
            copied += weight.numel()
    wanted = sum(p.numel() for name, p in ours.named_parameters() if not name.startswith("embedding"))
    assert copied == wanted == sum(p.numel() for p in theirs.parameters()), "none is left out on either side"


def assert_same_gradients(ours: nn.Module, theirs: nn.Module) -> None:
    for weight, their_weight, rows in pairs(ours, theirs):
        assert weight.grad is not None
        assert their_weight.grad is not None
        torch.testing.assert_close(weight.grad, their_weight.grad[rows], rtol=0, atol=1e-10)


def settings_of(order: Order, activation: Activation) -> dict[str, object]:
    return {
        "layers": LAYERS,
        "width": WIDTH,
        "heads": HEADS,
        "feed_forward": FEED_FORWARD,
        "order": order,
        "activation": activation,
        "dropout": 0.0,
        "positions": NoPositionsSettings(),
    }


def encoders(order: Order, activation: Activation) -> tuple[TransformerEncoder, nn.TransformerEncoder]:
    torch.manual_seed(1)
    ours = TransformerEncoderSettings(**settings_of(order, activation)).build(memory=MemoryShape(width=WIDTH)).double()
    layer = nn.TransformerEncoderLayer(
        WIDTH, HEADS, FEED_FORWARD, dropout=0.0, activation=activation, norm_first=order == "pre", batch_first=True
    )
    norm = nn.LayerNorm(WIDTH) if order == "pre" else None
    theirs = nn.TransformerEncoder(layer, LAYERS, norm=norm, enable_nested_tensor=False).double()
    copy(ours, theirs)
    return ours, theirs


def decoders(order: Order, activation: Activation) -> tuple[TransformerDecoder, nn.TransformerDecoder]:
    torch.manual_seed(2)
    embedding = EmbeddingSettings(width=WIDTH, scale=False).build(VOCABULARY)
    settings = TransformerDecoderSettings(**settings_of(order, activation))
    ours = settings.build(memory=MemoryShape(width=WIDTH), embedding=embedding).double()
    layer = nn.TransformerDecoderLayer(
        WIDTH, HEADS, FEED_FORWARD, dropout=0.0, activation=activation, norm_first=order == "pre", batch_first=True
    )
    theirs = nn.TransformerDecoder(layer, LAYERS, norm=nn.LayerNorm(WIDTH) if order == "pre" else None).double()
    copy(ours, theirs)
    return ours, theirs


def source() -> Tensor:
    torch.manual_seed(3)
    return torch.randn(3, 5, WIDTH, dtype=torch.float64)


@KINDS
def test_encoder_is_that_of_torch(order: Order, activation: Activation) -> None:
    ours, theirs = encoders(order, activation)
    found = ours(Memory(states_BSD=source(), mask_BS=SOURCE_MASK)).states_BSD[SOURCE_MASK]
    wanted = theirs(source(), src_key_padding_mask=~SOURCE_MASK)[SOURCE_MASK]
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-10)
    found.sin().sum().backward()
    wanted.sin().sum().backward()
    assert_same_gradients(ours, theirs)


@KINDS
def test_decoder_is_that_of_torch(order: Order, activation: Activation) -> None:
    ours, theirs = decoders(order, activation)
    memory = Memory(states_BSD=source(), mask_BS=SOURCE_MASK)
    wanted_NTD = theirs(
        ours.embedding(TOKENS),
        source(),
        tgt_mask=CAUSAL,
        tgt_key_padding_mask=torch.zeros(TOKENS.shape, dtype=torch.float64).masked_fill(~TARGET_MASK, -torch.inf),
        memory_key_padding_mask=~SOURCE_MASK,
    )
    found_NTD = ours(TOKENS, ours.start(memory)).hidden_NTD
    torch.testing.assert_close(found_NTD[TARGET_MASK], wanted_NTD[TARGET_MASK], rtol=0, atol=1e-10)
    found_NTD[TARGET_MASK].sin().sum().backward()
    wanted_NTD[TARGET_MASK].sin().sum().backward()
    assert_same_gradients(ours, theirs)

    with torch.no_grad():
        state = ours.start(memory)
        for step in range(TOKENS.shape[1]):
            output = ours(TOKENS[:, step : step + 1], state)
            state = output.state
            real_N = TARGET_MASK[:, step]
            torch.testing.assert_close(output.hidden_NTD[real_N, 0], wanted_NTD[real_N, step], rtol=0, atol=1e-10)


@pytest.mark.parametrize("activation", ["relu", "gelu"])
def test_both_ends_together_are_torchs_transformer(activation: Activation) -> None:
    """With normalisation first; with it last torch adds a norm behind each stack that the paper does not have."""
    (encoder, their_encoder), (decoder, their_decoder) = encoders("pre", activation), decoders("pre", activation)
    theirs = nn.Transformer(
        WIDTH, HEADS, custom_encoder=their_encoder, custom_decoder=their_decoder, batch_first=True
    ).double()
    copy(encoder, theirs.encoder)  # nn.Transformer draws the weights that it is given anew
    copy(decoder, theirs.decoder)
    wanted_NTD = theirs(
        source(),
        decoder.embedding(TOKENS),
        tgt_mask=CAUSAL,
        src_key_padding_mask=~SOURCE_MASK,
        memory_key_padding_mask=~SOURCE_MASK,
    )
    memory = encoder(Memory(states_BSD=source(), mask_BS=SOURCE_MASK))
    found_NTD = decoder(TOKENS, decoder.start(memory)).hidden_NTD
    torch.testing.assert_close(found_NTD[TARGET_MASK], wanted_NTD[TARGET_MASK], rtol=0, atol=1e-10)
