"""The latent encoder: its equations, what is drawn when, and answers to sources that nobody wrote."""

from dataclasses import replace

import pytest
import torch

from seqloom.core.errors import DecodingError, RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.collate import collate
from seqloom.decoding.request import Failed, Finished, Pair, Piece, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import (
    AlignedDecoderSettings,
    DecoderSettings,
    NoAttentionSettings,
    RecurrentDecoderSettings,
    TransformerDecoderSettings,
)
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import (
    EncoderSettings,
    LatentEncoder,
    LatentEncoderSettings,
    RecurrentEncoderSettings,
    StackEncoderSettings,
    TransformerEncoderSettings,
)
from seqloom.models.heads import CopyHeadSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import Memory, MemoryShape

VOCABULARY = Specials(size=9)
LATENT = 3
RECURRENT = RecurrentEncoderSettings(width=8)
DECODERS = [
    RecurrentDecoderSettings(width=8),
    RecurrentDecoderSettings(width=8, attention=NoAttentionSettings(context="every")),
    TransformerDecoderSettings(width=8, heads=2, layers=1, feed_forward=8),
]


def build(*above: EncoderSettings, decoder: DecoderSettings = DECODERS[0], free: float = 0.0) -> EncoderDecoder:
    torch.manual_seed(1)
    encoder = StackEncoderSettings(
        encoders=(RECURRENT, LatentEncoderSettings(width=LATENT, free_bits=free, slots=2), *above)
    )
    settings = ModelSettings(
        source=TextSourceSettings(width=8), target=EmbeddingSettings(width=8), encoder=encoder, decoder=decoder
    )
    return settings.build(source=VOCABULARY, target=VOCABULARY).eval()


def batch() -> Batch:
    texts = [[4, 5, 6, 7], [8], [5, 5]]
    return make_batch([Pair(source=Source(parts={"text": text}), target=text) for text in texts], vocabulary=VOCABULARY)


def latent(*, slots: int = 1, free: float = 0.0) -> LatentEncoder:
    torch.manual_seed(1)
    return LatentEncoderSettings(width=LATENT, free_bits=free, slots=slots).build(memory=MemoryShape(width=5)).double()


def memory() -> Memory:
    torch.manual_seed(2)
    mask_BS = torch.tensor([[True, True, True], [True, False, False]])
    return Memory(states_BSD=torch.randn(2, 3, 5, dtype=torch.float64), mask_BS=mask_BS)


@pytest.mark.parametrize("free", [0.0, 0.2, 5.0])
def test_kl_is_that_of_two_gaussians_but_for_what_is_free(free: float) -> None:
    part, source = latent(free=free), memory()
    summary_BD = torch.stack([source.states_BSD[0].mean(0), source.states_BSD[1, 0]])
    mean_BZ, log_variance_BZ = part.posterior(summary_BD).chunk(2, -1)
    posterior = torch.distributions.Normal(mean_BZ, (log_variance_BZ / 2).exp())
    prior = torch.distributions.Normal(torch.zeros_like(mean_BZ), torch.ones_like(mean_BZ))
    wanted_B = torch.distributions.kl_divergence(posterior, prior).clamp(min=free).sum(1)
    torch.testing.assert_close(part(source).losses["kl"], wanted_B)
    if free == 5.0:
        part(source).losses["kl"].sum().backward()
        assert part.posterior.weight.grad is not None
        assert part.posterior.weight.grad.abs().max() == 0, "what is free pulls at nothing"


def test_the_memory_is_made_of_the_draw_alone() -> None:
    part, source = latent(slots=2), memory()
    made = part.train()(source)
    assert made.states_BSD.shape == (2, 2, 5)
    assert made.mask_BS.all()
    assert made.inputs_BSD is None
    assert made.final == ()
    # Two draws for the same source differ; as many as it takes have the posterior's mean and spread.
    torch.manual_seed(3)
    many = source.select(torch.zeros(20_000, dtype=torch.long))
    flat_BX = part(many).states_BSD.flatten(1)
    z_BZ = torch.linalg.lstsq(part.out.weight, (flat_BX - part.out.bias).T).solution.T
    mean_BZ, log_variance_BZ = part.posterior(many.mean_BD()[:1]).chunk(2, -1)
    torch.testing.assert_close(z_BZ.mean(0), mean_BZ[0], rtol=0, atol=0.05)
    torch.testing.assert_close(z_BZ.std(0), (log_variance_BZ / 2).exp()[0], rtol=0.03, atol=0)


def test_what_is_not_learnt_is_not_drawn() -> None:
    part, source = latent(), memory()
    part.eval()
    torch.testing.assert_close(part(source).states_BSD, part(source).states_BSD, rtol=0, atol=0)
    torch.testing.assert_close(
        part(source).states_BSD, part.imagine(part.posterior(source.mean_BD())[:, :3]).states_BSD
    )
    part.train()
    assert not part(source).states_BSD.equal(part(source).states_BSD)


@pytest.mark.parametrize("decoder", DECODERS)
def test_the_numbers_can_stand_for_the_source(decoder: DecoderSettings) -> None:
    """What a source is condensed to brings the answer that the source brings, through what stands above it too."""
    model = build(TransformerEncoderSettings(width=8, heads=2, layers=1, feed_forward=8), decoder=decoder)
    texts = [[4, 5, 6, 7], [8], [5, 5]]
    first, condense, _ = model.encoder.encoders
    assert isinstance(condense, LatentEncoder)
    below = first(model.source(batch().source))
    mean_BZ = condense.posterior(below.final[0][:, -1])[:, :LATENT]
    given = [Source(parts={"latent": [z_Z]}) for z_Z in mean_BZ.tolist()]
    written = [Source(parts={"text": text}) for text in texts]
    requests = [Request(id=number, source=source, max_length=5) for number, source in enumerate([*written, *given])]
    found = answer(Search(ModelStepper(model)), requests)
    for one, other in zip(found[:3], found[3:], strict=True):
        assert one.tokens == other.tokens
        assert one.score == pytest.approx(other.score, abs=1e-4)


def test_draws_from_the_prior_are_of_it_and_of_their_seed() -> None:
    model = build()
    drawn = model.draw_prior(4000, seed=5)
    z_BZ = collate(drawn).parts["latent"].values[:, 0]
    assert z_BZ.shape == (4000, LATENT)
    torch.testing.assert_close(z_BZ.mean(0), torch.zeros(LATENT), rtol=0, atol=0.06)
    torch.testing.assert_close(z_BZ.T.cov(), torch.eye(LATENT), rtol=0, atol=0.08)
    assert model.draw_prior(3, seed=5) != model.draw_prior(3, seed=6)
    state = torch.random.get_rng_state()
    assert model.draw_prior(3, seed=5) == model.draw_prior(3, seed=5)
    assert torch.random.get_rng_state().equal(state), "training's own chance is not touched"


def test_a_request_that_cannot_be_read_fails_alone() -> None:
    model = build()
    [right] = model.draw_prior(1, seed=1)
    wrong = {
        "several": (
            [[0.0] * LATENT, [0.0] * LATENT],
            "`latent` must be one vector of 3 numbers, but has the shape (2, 3)",
        ),
        "short": ([[0.0]], "`latent` must be one vector of 3 numbers, but has the shape (1, 1)"),
        "words": (["four"], "`latent` must be numbers, of one shape but for its length"),
    }
    requests = [Request(id=id, source=Source(parts={"latent": given})) for id, (given, _) in wrong.items()]
    engine = Search(ModelStepper(model))
    engine.admit([requests[0], Request(id="right", source=right, max_length=3), *requests[1:]])
    events: dict[object, Failed | Finished] = {}
    while len(events) < 4:
        events |= {event.id: event for event in engine.step() if not isinstance(event, Piece)}
    for id, (_, line) in wrong.items():
        failed = events[id]
        assert isinstance(failed, Failed)
        assert line in str(failed.error)
    assert isinstance(events["right"], Finished)


def test_a_model_without_a_latent_encoder_says_so() -> None:
    settings = ModelSettings(encoder=RECURRENT)
    model = settings.build(source=VOCABULARY, target=VOCABULARY)
    with pytest.raises(DecodingError, match=r'Only a model with an encoder of kind "latent"'):
        model.draw_prior(1, seed=1)
    with pytest.raises(DecodingError, match=r'Only a model with an encoder of kind "latent"'):
        model.encode(collate([Source(parts={"latent": [[0.0]]})]))


def test_what_needs_the_positions_of_the_source_refuses() -> None:
    condensed = StackEncoderSettings(encoders=(RECURRENT, LatentEncoderSettings(width=LATENT), RECURRENT))
    settings = ModelSettings(encoder=condensed, decoder=RecurrentDecoderSettings(width=8), head=CopyHeadSettings())
    with pytest.raises(RecipeError, match='"copy" must stand on an encoder that keeps the positions'):
        settings.build(source=VOCABULARY, target=VOCABULARY)
    settings = ModelSettings(encoder=condensed, decoder=AlignedDecoderSettings(width=8))
    with pytest.raises(RecipeError, match='"aligned" must stand on an encoder that keeps the positions'):
        settings.build(source=VOCABULARY, target=VOCABULARY)


def test_a_stack_condenses_once() -> None:
    twice = StackEncoderSettings(encoders=(LatentEncoderSettings(), LatentEncoderSettings()))
    with pytest.raises(RecipeError, match='at most one of kind "latent"'):
        twice.build(memory=MemoryShape(width=8))


def test_each_row_has_its_own_kl_whoever_is_beside_it() -> None:
    model = build(free=0.1)
    together = model.encode(batch().source).losses["kl"]
    alone = [model.encode(batch().source.select(torch.tensor([row]))).losses["kl"] for row in range(3)]
    torch.testing.assert_close(together, torch.cat(alone))
    source = batch().source
    littered = replace(
        source.parts["text"], values=torch.where(source.parts["text"].mask_BS, source.parts["text"].values, 7)
    )
    torch.testing.assert_close(model.encode(replace(source, parts={"text": littered})).losses["kl"], together)
