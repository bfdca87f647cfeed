"""Strings that nobody wrote: a latent encoder's prior is answered, and free bits keep it from falling silent."""

from __future__ import annotations

import random

import pytest
import torch

from seqloom.core.seeding import seed_everything
from seqloom.core.specials import Specials
from seqloom.data.batches import make_batch
from seqloom.decoding.request import Pair, Request, Source, answer
from seqloom.decoding.search import Search
from seqloom.models.decoders import NoAttentionSettings, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import (
    LatentEncoder,
    LatentEncoderSettings,
    RecurrentEncoderSettings,
    StackEncoderSettings,
)
from seqloom.models.sources import TextSourceSettings
from seqloom.models.stepper import ModelStepper
from seqloom.nn.contracts import Batch
from seqloom.nn.embedding import EmbeddingSettings

VOCABULARY = Specials(size=12)
LATENT, STEPS, ANNEALED = 8, 600, 300


def strings() -> list[tuple[int, ...]]:
    """Two modes: turns of two of a to d (abab), and as many of one of e to h as of another (eeff)."""
    turns = [(x, y) * n for n in (2, 3, 4) for x in range(4, 8) for y in range(4, 8) if x != y]
    runs = [(x,) * n + (y,) * n for n in (2, 3, 4) for x in range(8, 12) for y in range(8, 12) if x != y]
    return turns + runs


def batch(rows: list[tuple[int, ...]]) -> Batch:
    return make_batch([Pair(source=Source(parts={"text": row}), target=row) for row in rows], vocabulary=VOCABULARY)


def trained(*, free: float) -> EncoderDecoder:
    """An autoencoder; the divergence costs more and more until it costs in full (Bowman et al. 2016, section 3.1)."""
    seed_everything(1)
    settings = ModelSettings(
        source=TextSourceSettings(width=32),
        target=EmbeddingSettings(width=32),
        encoder=StackEncoderSettings(
            encoders=(RecurrentEncoderSettings(width=64), LatentEncoderSettings(width=LATENT, free_bits=free))
        ),
        decoder=RecurrentDecoderSettings(width=64, attention=NoAttentionSettings(context="every")),
    )
    model = settings.build(source=VOCABULARY, target=VOCABULARY)
    optimizer = torch.optim.Adam(model.parameters(), lr=5e-3)
    dice = random.Random(1)
    for step in range(STEPS):
        rows = batch(dice.sample(strings(), 32))
        run = model(rows)
        said = run.head.logp_of(run.output.pick(rows.keep_BT), run.memory, rows.outputs_BT[rows.keep_BT])
        loss = -said.sum() + min(1.0, step / ANNEALED) * run.memory.losses["kl"].sum()
        optimizer.zero_grad()
        (loss / 32).backward()
        optimizer.step()
    return model.eval()


@torch.no_grad()
def divergence(model: EncoderDecoder) -> float:
    """KL(q ‖ p) in nats a string, all of it, whatever was free."""
    _, latent = model.encoder.encoders
    assert isinstance(latent, LatentEncoder)
    latent.free = 0.0
    return float(model.encode(batch(strings()).source).losses["kl"].mean())


def answers(model: EncoderDecoder, sources: list[Source]) -> list[tuple[int, ...]]:
    requests = [Request(id=number, source=source, max_length=12) for number, source in enumerate(sources)]
    return [found.tokens for found in answer(Search(ModelStepper(model), max_rows=256), requests)]


@pytest.mark.slow
def test_draws_from_the_prior_are_new_strings_of_every_kind() -> None:
    free, bound = trained(free=0.5), trained(free=0.0)
    texts = strings()
    said = {name: answers(model, model.draw_prior(200, seed=5)) for name, model in (("free", free), ("bound", bound))}
    right = {name: [one for one in every if one in texts] for name, every in said.items()}
    restored = {
        name: sum(
            one == text
            for one, text in zip(answers(model, [Source(parts={"text": text}) for text in texts]), texts, strict=True)
        )
        / len(texts)
        for name, model in (("free", free), ("bound", bound))
    }
    found = {
        "valid": {name: len(every) / 200 for name, every in right.items()},
        "distinct": {name: len(set(every)) for name, every in right.items()},
        "turns": sum(one[0] < 8 for one in right["free"]) / len(right["free"]),
        "restored": restored,
        "divergence": {"free": divergence(free), "bound": divergence(bound)},
    }
    assert found["valid"]["free"] > 0.85, found
    assert found["distinct"]["free"] > 45, found
    assert 0.2 < found["turns"] < 0.8, found
    assert found["divergence"]["free"] > 2 * found["divergence"]["bound"], found
    assert found["restored"]["free"] > 2 * found["restored"]["bound"], found
    assert found["distinct"]["free"] > 1.5 * found["distinct"]["bound"], found
