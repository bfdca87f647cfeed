"""Factors of words: added to the tokens' embeddings or standing behind them."""

from __future__ import annotations

import random

import pytest
import torch
from torch.testing import assert_close

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.factors import FactorSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.noise import drop_words

WORDS, TAGS = Specials(size=8), Specials(size=6)
BOTH = {"pos": FactorSettings(), "case": FactorSettings(combine="concat", width=3)}


def built(**factors: FactorSettings) -> EncoderDecoder:
    torch.manual_seed(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=8, factors=factors),
        encoder=RecurrentEncoderSettings(width=24),
        target=EmbeddingSettings(width=8),
        decoder=RecurrentDecoderSettings(width=24),
    )
    return settings.build(source=WORDS, target=WORDS, parts={f"text.{name}": TAGS for name in factors})


def batch(*rows: tuple[list[int], list[int], list[int]]) -> Batch:
    """Of words, their factors, and the target."""
    pairs = [
        Pair(source=Source(parts={"text": text, "text.pos": tags, "text.case": tags}), target=target)
        for text, tags, target in rows
    ]
    return make_batch(pairs, vocabulary=WORDS)


def test_the_equation() -> None:
    source = built(**BOTH).eval().source
    made = batch(([4, 5], [5, 4], [6]), ([7], [2], [6])).source
    memory = source(made)
    embeddings = source.factors.embeddings
    parts = {name: part.values for name, part in made.parts.items()}
    expected = torch.cat(
        [
            source.embedding(parts["text"]) + embeddings["pos"](parts["text.pos"]),
            embeddings["case"](parts["text.case"]),
        ],
        dim=-1,
    )
    assert_close(memory.states_BSD, expected)
    assert source.shape.width == source.shape.inputs_width == memory.states_BSD.shape[-1] == 11


def test_settings_that_cannot_be() -> None:
    with pytest.raises(RecipeError, match='width must not be given with combine = "sum"'):
        FactorSettings(width=8)
    with pytest.raises(RecipeError, match='width must be given with combine = "concat"'):
        FactorSettings(combine="concat")
    settings = ModelSettings(source=TextSourceSettings(factors={"pos": FactorSettings()}))
    with pytest.raises(RecipeError, match=r"has pos. Add `\[data.factors.pos\]`"):
        settings.build(source=WORDS, target=WORDS)


def test_a_word_that_is_dropped_leaves_its_factors() -> None:
    torch.manual_seed(1)
    made = batch(([4] * 200, [5] * 200, [6]))
    parts = drop_words(made, 0.5, source_unk=3, target_unk=3).source.parts
    assert 0.4 < (parts["text"].values == 3).float().mean() < 0.6
    assert torch.equal(parts["text.pos"].values, made.source.parts["text.pos"].values)


def test_an_unknown_value_says_nothing_until_one_is_learnt() -> None:
    source = built(**BOTH).eval().source
    known = source(batch(([4], [5], [6])).source).states_BSD
    unknown = source(batch(([4], [TAGS.unk], [6])).source).states_BSD
    assert not torch.equal(known, unknown)
    assert_close(unknown[0, 0], torch.cat([source.embedding(torch.tensor(4)), torch.zeros(3)]))


@pytest.mark.parametrize("factor", [FactorSettings(), FactorSettings(combine="concat", width=4)])
def test_the_same_word_with_two_factors_has_two_answers(factor: FactorSettings) -> None:
    """Words alone say nothing here: without its factors a model is right half the time."""

    def accuracy(model: EncoderDecoder) -> float:
        dice = random.Random(1)

        def drawn(number: int) -> Batch:
            rows = []
            for _ in range(number):
                text = dice.choices([4, 5], k=2)
                tags = dice.choices([4, 5], k=2)
                rows.append(
                    (text, tags, [word if tag == 4 else word + 2 for word, tag in zip(text, tags, strict=True)])
                )
            return batch(*rows)

        optimizer = torch.optim.Adam(model.parameters(), lr=0.03)
        for _ in range(80):
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

    with_factors, without = accuracy(built(pos=factor)), accuracy(built())
    assert with_factors > 0.98
    assert without < 0.8  # the end of an answer is always known
