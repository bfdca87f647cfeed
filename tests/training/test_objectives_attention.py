"""Coverage and guided alignment: their formulas, written out token by token, and what they do to attention."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from itertools import islice

import pytest
import torch

from seqloom.core.errors import RecipeError
from seqloom.data.batches import make_batch
from seqloom.models.decoders import NoAttentionSettings, RecurrentDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch, Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import train
from seqloom.training.objectives import (
    Alignment,
    AlignmentSettings,
    Coverage,
    CoverageSettings,
    CrossEntropySettings,
    ObjectiveSettings,
    twice,
)
from seqloom.training.settings import TrainingSettings

from .models import FAMILIES, TASK, batches, model


def mirrored(batch: Batch) -> Batch:
    """Each token is to look at its own place counted from the end; the second one at nothing, the third at two."""
    lengths = batch.source.parts["text"].mask_BS.sum(1).tolist()
    alignment_BTS = torch.zeros(*batch.outputs_BT.shape, max(lengths), dtype=torch.bool)
    for row, length in enumerate(lengths):
        for place in range(length):
            alignment_BTS[row, place, length - 1 - place] = place != 1
        if length > 2:
            alignment_BTS[row, 2, 0] = True
    return replace(batch, alignment_BTS=alignment_BTS)


def run_of(network: EncoderDecoder, batch: Batch) -> Run:
    run: Run = network(batch, attention="one")
    return run


@pytest.mark.parametrize("family", FAMILIES)
def test_coverage_is_its_formula(family: str) -> None:
    run = run_of(model(family).double().eval(), next(batches()))
    attention_BTS = run.output.attention_NTS
    assert attention_BTS is not None
    total = 0.0
    for row_TS, keep_T in zip(attention_BTS, run.batch.keep_BT, strict=True):
        covered = [0.0] * row_TS.shape[1]
        for weights_S in row_TS[keep_T].tolist():
            total += sum(min(a, c) for a, c in zip(weights_S, covered, strict=True))
            covered = [a + c for a, c in zip(weights_S, covered, strict=True)]
    loss = Coverage()(run)
    assert loss.total.item() == pytest.approx(total, rel=1e-9)
    assert loss.count.item() == run.batch.keep_BT.sum() == Coverage().count(run.batch)


@pytest.mark.parametrize("family", FAMILIES)
def test_alignment_is_its_formula(family: str) -> None:
    run = run_of(model(family).double().eval(), mirrored(next(batches())))
    attention_BTS, alignment_BTS = run.output.attention_NTS, run.batch.alignment_BTS
    assert attention_BTS is not None
    assert alignment_BTS is not None
    total, count = 0.0, 0
    for row in range(len(alignment_BTS)):
        for place in range(int(run.batch.keep_BT[row].sum())):
            wanted = alignment_BTS[row, place].nonzero()[:, 0].tolist()
            if wanted:
                total -= sum(math.log(attention_BTS[row, place, at].item()) for at in wanted) / len(wanted)
                count += 1
    loss = Alignment()(run)
    assert loss.total.item() == pytest.approx(total, rel=1e-9)
    assert loss.count.item() == count == Alignment().count(run.batch)


def test_padding_teaches_no_attention() -> None:
    """An alignment of padding counts nothing."""
    batch = mirrored(next(batches()))
    assert batch.alignment_BTS is not None
    everywhere = replace(batch, alignment_BTS=batch.alignment_BTS | ~batch.keep_BT[..., None])
    run = run_of(model().eval(), batch)
    assert Alignment()(replace(run, batch=everywhere)).total == Alignment()(run).total
    assert Alignment().count(everywhere) == Alignment().count(batch)


def test_a_batch_keeps_its_alignment_wherever_it_goes() -> None:
    batch = mirrored(next(batches()))
    assert batch.alignment_BTS is not None
    again, doubled = batch.to(torch.device("cpu")).alignment_BTS, twice(batch).alignment_BTS
    assert again is not None
    assert again.equal(batch.alignment_BTS)
    assert doubled is not None
    assert doubled.equal(torch.cat([batch.alignment_BTS] * 2))


def test_a_batch_without_any_alignment_is_no_division_by_nothing() -> None:
    batch = next(batches())
    nothing = torch.zeros(*batch.outputs_BT.shape, batch.source.parts["text"].mask_BS.shape[1])
    settings = TrainingSettings(steps=1, warmup=0, objectives=(AlignmentSettings(),))
    assert next(train(model(), [replace(batch, alignment_BTS=nothing)], settings)).loss == 0


# ---- what they are for -----------------------------------------------------------------------------------------------


def shallow() -> EncoderDecoder:
    """One recurrent layer a side."""
    torch.manual_seed(1)
    return ModelSettings(
        source=TextSourceSettings(width=16),
        target=EmbeddingSettings(width=16),
        encoder=RecurrentEncoderSettings(width=16),
        decoder=RecurrentDecoderSettings(width=16),
    ).build(source=TASK.vocabulary, target=TASK.vocabulary)


def after(network: EncoderDecoder, *objectives: ObjectiveSettings, steps: int) -> Run:
    """A pass over unseen pairs when it has learnt by these."""
    learnt = itertools.cycle([mirrored(batch) for batch in islice(batches(), 20)])
    list(train(network, learnt, TrainingSettings(steps=steps, rate=1e-2, warmup=10, objectives=objectives)))
    tested = make_batch(list(islice(TASK.pairs("test"), 64)), vocabulary=TASK.vocabulary)
    return run_of(network.eval(), mirrored(tested))


def obeyed(run: Run) -> float:
    """The share of tokens that look most of all where they should."""
    attention_BTS, alignment_BTS = run.output.attention_NTS, run.batch.alignment_BTS
    assert attention_BTS is not None
    assert alignment_BTS is not None
    guided_BT = alignment_BTS.any(-1) & run.batch.keep_BT
    right_P = alignment_BTS[guided_BT].gather(1, attention_BTS[guided_BT].argmax(-1, keepdim=True))
    return right_P.float().mean().item()


def looked_again(run: Run) -> float:
    """The share of tokens, the end apart, that look most of all where one before them did."""
    assert run.output.attention_NTS is not None
    rows = run.output.attention_NTS.argmax(-1).tolist()
    places = [row[: keep - 1] for row, keep in zip(rows, run.batch.keep_BT.sum(1).tolist(), strict=True)]
    return sum(len(row) - len(set(row)) for row in places) / sum(map(len, places))


def test_guided_attention_looks_where_it_is_told_to() -> None:
    """The task is to copy, and the alignment is the mirror's: nothing but the objective would teach it."""
    assert obeyed(after(shallow(), CrossEntropySettings(), steps=200)) < 0.5
    assert obeyed(after(shallow(), CrossEntropySettings(), AlignmentSettings(weight=3.0), steps=200)) > 0.85


def test_coverage_makes_attention_move_on() -> None:
    free = after(model("small"), CrossEntropySettings(), steps=100)
    covered = after(model("small"), CrossEntropySettings(), CoverageSettings(weight=3.0), steps=100)
    assert Coverage()(covered).total < 0.65 * Coverage()(free).total
    assert looked_again(covered) < 0.85 * looked_again(free)


# ---- what cannot be --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("chosen", [CoverageSettings(), AlignmentSettings()])
def test_a_decoder_without_attention_is_refused(chosen: ObjectiveSettings) -> None:
    blind = ModelSettings(
        source=TextSourceSettings(width=16),
        target=EmbeddingSettings(width=16),
        encoder=RecurrentEncoderSettings(width=16),
        decoder=RecurrentDecoderSettings(width=16, attention=NoAttentionSettings()),
    ).build(source=TASK.vocabulary, target=TASK.vocabulary)
    settings = TrainingSettings(steps=1, warmup=0, objectives=(CrossEntropySettings(), chosen))
    with pytest.raises(RecipeError, match="looks at attention, but this decoder attends to nothing"):
        next(train(blind, batches(), settings))


def test_alignment_needs_data_that_has_it() -> None:
    network = model()
    before = [parameter.clone() for parameter in network.parameters()]
    settings = TrainingSettings(steps=1, warmup=0, objectives=(CrossEntropySettings(), AlignmentSettings()))
    with pytest.raises(RecipeError, match='"alignment" needs data with alignments, but this has none'):
        next(train(network, batches(), settings))
    assert all(old.equal(new) for old, new in zip(before, network.parameters(), strict=True)), "before the first step"


def test_alignment_needs_an_encoder_that_keeps_positions() -> None:
    batch = mirrored(next(batches()))
    assert batch.alignment_BTS is not None
    run = run_of(model().eval(), batch)
    shorter = replace(batch, alignment_BTS=batch.alignment_BTS[:, :, 1:])
    with pytest.raises(RecipeError, match="of 5 tokens this one makes 6 positions"):
        Alignment()(replace(run, batch=shorter))
