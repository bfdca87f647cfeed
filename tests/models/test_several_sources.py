"""Several sources: how their memories are laid end to end, what may stand on them, and that each is needed."""

from __future__ import annotations

import random
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch.testing import assert_close

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import AlignedDecoderSettings, LocalAttentionSettings, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import (
    LatentEncoderSettings,
    NoEncoderSettings,
    RecurrentEncoderSettings,
    TransformerEncoderSettings,
)
from seqloom.models.heads import CopyHeadSettings
from seqloom.models.sources import (
    SeveralSourcesSettings,
    SourcePartSettings,
    TextSourceSettings,
    VectorSourceSettings,
)
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.nn.memory import SourceBatch
from seqloom.training.objectives import Alignment

WORDS, OTHERS = Specials(size=9), Specials(size=7)
GRU = RecurrentEncoderSettings(cell="gru", width=12, layers=1)
PART = SourcePartSettings(source=TextSourceSettings(width=8), encoder=GRU)
PLAIN = SourcePartSettings(source=TextSourceSettings(width=6), encoder=NoEncoderSettings())
DECODER = RecurrentDecoderSettings(cell="gru", width=16, layers=1)


def built(parts: Mapping[str, SourcePartSettings], **model: Any) -> EncoderDecoder:
    torch.manual_seed(1)
    settings = ModelSettings(
        source=SeveralSourcesSettings(width=10, parts=parts),
        **{
            "encoder": NoEncoderSettings(),
            "target": EmbeddingSettings(width=8),
            "decoder": DECODER,
        }
        | model,
    )
    further = {name: OTHERS for name in parts if name != "text"}
    return settings.build(source=WORDS, target=WORDS, parts=further).eval()


def batch(*rows: tuple[list[int], list[int], list[int]], **more: Any) -> Batch:
    return make_batch(
        [
            Pair(source=Source(parts={"text": text, "draft": draft}, **more), target=target)
            for text, draft, target in rows
        ],
        vocabulary=WORDS,
    )


def test_all_real_positions_come_first_and_say_where_they_are_from() -> None:
    model = built({"text": PART, "draft": PLAIN})
    source = batch(([4, 5, 6], [4], [4]), ([7], [5, 6], [5])).source
    memory = model.source(source)
    assert memory.mask_BS.tolist() == [[True] * 4, [True] * 3 + [False]]
    assert memory.part_BS[0].tolist() == [0, 0, 0, 1]
    assert memory.part_BS[1][:3].tolist() == [0, 1, 1]
    assert memory.place_BS[0].tolist() == [0, 1, 2, 0]
    assert memory.place_BS[1][:3].tolist() == [0, 0, 1]
    first, second = model.source.parts
    draft = second.source.embedding(torch.tensor([5, 6]))
    assert_close(memory.states_BSD[1, 1:3], draft @ second.into.weight.T + second.into.bias)
    alone = SourceBatch(parts={"text": batch(([7], [4], [4])).source.parts["text"]})
    assert_close(memory.states_BSD[1, :1], first(alone).states_BSD[0])
    assert model.source.shape.width == memory.states_BSD.shape[-1] == 10


def test_a_part_has_a_vector_of_its_own() -> None:
    model = built({"text": PLAIN, "draft": PLAIN})
    first, second = model.source.parts
    assert first.into.bias.abs().min() > 0
    assert not torch.equal(first.into.bias, second.into.bias)


def test_only_the_text_is_labelled() -> None:
    encoder = TransformerEncoderSettings(width=8, heads=2, layers=1)
    model = built(
        {"text": PLAIN, "draft": PLAIN}, encoder=encoder, decoder=AlignedDecoderSettings(width=8, previous=False)
    )
    given = batch(([4, 5], [4, 5, 6], [4, 4]), ([7], [5], [5]))
    assert model.source(given.source).units_BU.tolist() == [[0, 1], [0, -1]]
    named = model.source(batch(([4, 5], [4], [4]), units=[1]).source)
    assert named.units_BU.tolist() == [[1]]
    state = model.decoder.start(model.encode(given.source))
    assert state.units_BUD.shape[1] == 2  # then comes the end


@pytest.mark.parametrize(
    "encoder",
    [
        NoEncoderSettings(),
        RecurrentEncoderSettings(width=8, bidirectional=False),
        TransformerEncoderSettings(width=8, heads=2, window=1),
    ],
)
def test_labels_need_an_encoder_that_joins_the_sources(encoder: Any) -> None:
    with pytest.raises(RecipeError, match=r'Put an encoder of kind "transformer" on them, or a bidirectional'):
        built({"text": PLAIN, "draft": PLAIN}, encoder=encoder, decoder=AlignedDecoderSettings(width=8))
    bidirectional = RecurrentEncoderSettings(width=8, bidirectional=True)
    built({"text": PLAIN, "draft": PLAIN}, encoder=bidirectional, decoder=AlignedDecoderSettings(width=8))


def test_nothing_is_copied_from_the_other_parts() -> None:
    model = built({"text": PART, "draft": PART}, head=CopyHeadSettings())
    # The text's one word is the row's own, and the draft's are many: what falls on them is not copied.
    given = batch(([4], [4, 5, 6, 4, 5, 6], [4]), copy=[WORDS.size])
    memory = model.encode(given.source)
    assert memory.copy_BS is not None
    assert memory.copy_BS.tolist() == [[WORDS.size] + [-1] * 6]
    run = model(given)
    logp_PV = model.head(run.output.pick(), run.memory)
    assert_close(logp_PV.exp().sum(-1), torch.ones(2))
    assert torch.equal(logp_PV[:, WORDS.pad], torch.full((2,), -torch.inf))
    gate = torch.sigmoid(-model.head.gate(torch.cat(_read(run), -1)))[:, 0]
    attention_PS = run.output.attention_NTS[0]
    assert_close(logp_PV[:, WORDS.size].exp(), gate * attention_PS[:, 0])


def _read(run: Any) -> list[torch.Tensor]:
    at = run.output.pick()
    return [at.hidden_PD, at.context_PD, at.embedded_PD]


def test_a_series_beside_a_text() -> None:
    series = Specials(size=4, channels=2)
    settings = ModelSettings(
        source=SeveralSourcesSettings(
            width=8,
            parts={
                "vectors": SourcePartSettings(source=VectorSourceSettings(width=6, stack=2), encoder=GRU),
                "draft": PLAIN,
            },
        ),
        encoder=NoEncoderSettings(),
        decoder=DECODER,
    )
    model = settings.build(source=series, target=WORDS, parts={"draft": OTHERS})
    source = Source(parts={"vectors": torch.randn(5, 2), "draft": [4, 5]})
    memory = model.encode(make_batch([Pair(source=source, target=[4])], vocabulary=WORDS).source)
    assert memory.part_BS.tolist() == [[0, 0, 0, 1, 1]]


def test_losses_of_parts_are_added() -> None:
    latent = SourcePartSettings(source=TextSourceSettings(width=6), encoder=LatentEncoderSettings(width=3, slots=2))
    source = batch(([4, 5], [4], [4])).source
    one = built({"text": PLAIN, "draft": latent})
    both = built({"text": latent, "draft": latent})
    first, second = (
        part(SourceBatch(parts={"text": source.parts[name]})).losses["kl"]
        for part, name in zip(both.source.parts, ("text", "draft"), strict=True)
    )
    assert_close(both.source(source).losses["kl"], first + second)
    assert one.source(source).losses["kl"].shape == (1,)
    assert one.source.shape.of_source
    assert not both.source.shape.of_source


def test_an_alignment_is_of_the_text_alone() -> None:
    model = built({"text": PART, "draft": PLAIN})
    given = batch(([4, 5, 6], [4, 5], [4, 5]), ([7], [5, 6], [5]))
    alignment_BTS = torch.zeros(2, 3, 3, dtype=torch.bool)
    alignment_BTS[0, 0, 2] = alignment_BTS[1, 0, 0] = True
    given = replace(given, alignment_BTS=alignment_BTS)
    run = model(given, attention="one")
    loss = Alignment()(run)
    attention_BTS = run.output.attention_NTS
    assert loss.count == 2
    assert_close(loss.total, -(attention_BTS[0, 0, 2].log() + attention_BTS[1, 0, 0].log()))


def test_settings_that_cannot_be() -> None:
    with pytest.raises(RecipeError, match="parts must name at least two, of which one is `text`"):
        SeveralSourcesSettings(parts={"text": PART})
    with pytest.raises(RecipeError, match="parts must name at least two, of which one is `text`"):
        SeveralSourcesSettings(parts={"draft": PART, "note": PART})
    settings = ModelSettings(source=SeveralSourcesSettings(parts={"text": PART, "draft": PART}))
    with pytest.raises(RecipeError, match=r"Add `\[data.sources.draft\]`"):
        settings.build(source=WORDS, target=WORDS)
    with pytest.raises(RecipeError, match=r"Add `\[model.source.parts.note\]`"):
        settings.build(source=WORDS, target=WORDS, parts={"draft": WORDS, "note": WORDS})
    with pytest.raises(RecipeError, match=r'must not be "all" with `source.kind` "several"'):
        ModelSettings(source=settings.source, tie="all")


def test_an_answer_that_needs_both_is_learnt_from_both_alone() -> None:
    """Where the draft has one word the answer takes the text's, where it has the other one that word's twin: neither
    says enough alone."""

    def accuracy(parts: tuple[str, ...]) -> float:
        if len(parts) == 2:
            model = built({"text": PART, "draft": PART})
        else:
            torch.manual_seed(1)
            settings = ModelSettings(
                source=TextSourceSettings(width=8), encoder=GRU, target=EmbeddingSettings(width=8), decoder=DECODER
            )
            model = settings.build(source=WORDS, target=WORDS)
        dice = random.Random(1)

        def drawn(number: int) -> Batch:
            pairs = []
            for _ in range(number):
                text, draft = dice.choices([4, 5], k=2), dice.choices([4, 5], k=2)
                target = [word + 2 * (other - 4) for word, other in zip(text, draft, strict=True)]
                given = {"text": text, "draft": draft}
                read = given if len(parts) == 2 else {"text": given[parts[0]]}
                pairs.append(Pair(source=Source(parts=read), target=target))
            return make_batch(pairs, vocabulary=WORDS)

        model.train()
        optimizer = torch.optim.Adam(model.parameters(), lr=0.02)
        for _ in range(150):
            optimizer.zero_grad()
            (-model.logp_P(drawn(24)).mean()).backward()
            optimizer.step()
        model.eval()
        test = drawn(200)
        with torch.inference_mode():
            run = model(test)
            keep_BT = test.keep_BT
            said_P = model.head(run.output.pick(keep_BT), run.memory).argmax(-1)
        return float((said_P == test.outputs_BT[keep_BT]).float().mean())

    assert accuracy(("text", "draft")) > 0.97
    assert accuracy(("text",)) < 0.8  # the end of an answer is always known
    assert accuracy(("draft",)) < 0.8


def test_a_window_that_only_moves_on_is_refused_where_nothing_else_tells_of_the_second_source() -> None:
    moving = replace(DECODER, attention=LocalAttentionSettings(predict=False))
    built({"text": PART, "more": PART}, decoder=moving)  # its first state knows of both
    with pytest.raises(RecipeError, match="sees the first of them alone for long"):
        built({"text": PART, "more": PART}, decoder=replace(moving, initial="zero"))
