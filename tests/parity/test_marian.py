"""A small random MarianMT, made here, and our Transformer with its weights give the same log-probabilities."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

import pytest
import torch
from torch import Tensor, nn

from seqloom.core.specials import Specials
from seqloom.models.decoders import TransformerDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import TransformerEncoderSettings
from seqloom.models.heads import Generator
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Part, SourceBatch
from seqloom.nn.transformer import Activation, DecoderLayer, EncoderLayer

if TYPE_CHECKING:
    from transformers import MarianMTModel

pytest.importorskip("transformers")

WIDTH, HEADS, FEED_FORWARD = 16, 4, 24
LAYERS: dict[Literal["encoder", "decoder"], int] = {"encoder": 3, "decoder": 2}
VOCABULARY = Specials(size=23)
SOURCE_BS = torch.tensor([[5, 9, 22, 2], [7, 2, 0, 0], [4, 4, 2, 0]])
TARGET_BT = torch.tensor([[1, 8, 19, 2, 0], [1, 2, 0, 0, 0], [1, 6, 6, 20, 2]])
ACTIVATIONS = pytest.mark.parametrize("activation", ["relu", "gelu"])


def marian(activation: Activation) -> MarianMTModel:
    from transformers import MarianConfig, MarianMTModel

    torch.manual_seed(1)
    config = MarianConfig(
        vocab_size=VOCABULARY.size,
        d_model=WIDTH,
        encoder_layers=LAYERS["encoder"],
        decoder_layers=LAYERS["decoder"],
        encoder_attention_heads=HEADS,
        decoder_attention_heads=HEADS,
        encoder_ffn_dim=FEED_FORWARD,
        decoder_ffn_dim=FEED_FORWARD,
        activation_function=activation,
        scale_embedding=True,
        static_position_embeddings=True,
        dropout=0.0,
        max_position_embeddings=32,
        init_std=0.2,
        pad_token_id=VOCABULARY.pad,
        eos_token_id=VOCABULARY.eos,
        bos_token_id=VOCABULARY.bos,
        decoder_start_token_id=VOCABULARY.bos,
        forced_eos_token_id=None,
    )
    model = MarianMTModel(config).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            if parameter.dim() == 1:  # biases at zero and gains at one would hide a mix-up
                parameter += 0.2 * torch.randn_like(parameter)
        model.final_logits_bias.normal_()
        model.final_logits_bias[:, VOCABULARY.pad] = -torch.inf  # our generator never says padding
    return model


def counterpart(activation: Activation) -> EncoderDecoder:
    torch.manual_seed(2)
    shape = {
        "width": WIDTH,
        "heads": HEADS,
        "feed_forward": FEED_FORWARD,
        "activation": activation,
        "order": "post",
    }
    settings = ModelSettings(
        source=TextSourceSettings(width=WIDTH),
        encoder=TransformerEncoderSettings(layers=LAYERS["encoder"], **shape),
        target=EmbeddingSettings(width=WIDTH),
        decoder=TransformerDecoderSettings(layers=LAYERS["decoder"], **shape),
        tie="all",
    )
    return settings.build(source=VOCABULARY, target=VOCABULARY).eval()


def layer_pairs(ours: EncoderLayer | DecoderLayer, theirs: nn.Module) -> Iterator[tuple[nn.Module, nn.Module]]:
    attentions = [(ours.self_attention, theirs.self_attn)]
    if isinstance(ours, DecoderLayer):
        attentions.append((ours.cross_attention, theirs.encoder_attn))
        yield ours.cross_residual.norm, theirs.encoder_attn_layer_norm
    for attention, their_attention in attentions:
        yield attention.query, their_attention.q_proj
        yield attention.key, their_attention.k_proj
        yield attention.value, their_attention.v_proj
        yield attention.out, their_attention.out_proj
    yield ours.self_residual.norm, theirs.self_attn_layer_norm
    yield ours.feed_forward.inner, theirs.fc1
    yield ours.feed_forward.outer, theirs.fc2
    yield ours.feed_residual.norm, theirs.final_layer_norm


def copied(theirs: MarianMTModel, activation: Activation) -> EncoderDecoder:
    ours = counterpart(activation)
    for stack, their_stack in ((ours.encoder, theirs.model.encoder), (ours.decoder, theirs.model.decoder)):
        for layer, their_layer in zip(stack.layers, their_stack.layers, strict=True):
            for module, their_module in layer_pairs(layer, their_layer):
                module.load_state_dict(their_module.state_dict())
    head = ours.head
    assert isinstance(head, Generator)
    assert head.bias is not None
    with torch.no_grad():
        head.weight.copy_(theirs.model.shared.weight)
        head.bias.copy_(theirs.final_logits_bias[0].nan_to_num(neginf=0.0))
    learnt = sum(p.numel() for name, p in theirs.named_parameters() if "embed_positions" not in name)
    assert sum(parameter.numel() for parameter in ours.parameters()) == learnt + VOCABULARY.size, "and their bias"
    return ours


def batch() -> Batch:
    source = SourceBatch(parts={"text": Part(values=SOURCE_BS, mask_BS=VOCABULARY.pad != SOURCE_BS)})
    return Batch(source=source, target_BT=TARGET_BT, target_mask_BT=VOCABULARY.pad != TARGET_BT)


def their_logp_NTV(theirs: MarianMTModel) -> Tensor:
    logits_NTV = theirs(
        input_ids=SOURCE_BS,
        attention_mask=(VOCABULARY.pad != SOURCE_BS).long(),
        decoder_input_ids=batch().inputs_BT,
    ).logits
    return logits_NTV.log_softmax(-1)


@ACTIVATIONS
@torch.no_grad()
def test_targets_have_the_same_log_probabilities(activation: Activation) -> None:
    theirs = marian(activation)
    wanted_NTV = their_logp_NTV(theirs)
    assert wanted_NTV[..., 1:].std() > 1, "so different from each other that a mix-up shows"
    ours, pairs = copied(theirs, activation), batch()
    wanted_P = wanted_NTV.gather(-1, pairs.outputs_BT[..., None])[..., 0][pairs.keep_BT]
    torch.testing.assert_close(ours.logp_P(pairs), wanted_P, rtol=0, atol=1e-5)


@ACTIVATIONS
@torch.no_grad()
def test_steps_have_the_same_log_probabilities(activation: Activation) -> None:
    theirs = marian(activation)
    wanted_NTV, pairs = their_logp_NTV(theirs), batch()
    stepper = ModelStepper(copied(theirs, activation))
    state = stepper.start(pairs.source, beams=1)
    for step in range(pairs.inputs_BT.shape[1]):
        said = stepper.step(pairs.inputs_BT[:, step], state)
        state, real_N = said.state, pairs.keep_BT[:, step]
        torch.testing.assert_close(said.logp_NV[real_N], wanted_NTV[real_N, step], rtol=0, atol=1e-5)


@torch.no_grad()
def test_greedy_answers_are_the_same() -> None:
    theirs = marian("relu")
    wanted_NT = theirs.generate(
        SOURCE_BS, attention_mask=(VOCABULARY.pad != SOURCE_BS).long(), num_beams=1, do_sample=False, max_new_tokens=8
    )
    stepper = ModelStepper(copied(theirs, "relu"))
    state = stepper.start(batch().source, beams=1)
    tokens_N = torch.full((3,), VOCABULARY.bos)
    ended_N = torch.zeros(3, dtype=torch.bool)
    for step in range(1, wanted_NT.shape[1]):
        said = stepper.step(tokens_N, state)
        state, tokens_N = said.state, said.logp_NV.argmax(-1)
        wanted_N = wanted_NT[:, step]
        assert tokens_N[~ended_N].tolist() == wanted_N[~ended_N].tolist()
        ended_N |= wanted_N == VOCABULARY.eos
