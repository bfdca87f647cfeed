"""CTC against the sum over all paths, and an encoder that learns by it alone."""

from __future__ import annotations

import itertools
import math
from dataclasses import replace
from itertools import groupby, islice

import pytest
import torch

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials
from seqloom.data.batches import batches_of, make_batch
from seqloom.data.synthetic import SyntheticSettings
from seqloom.decoding.request import Pair, Source
from seqloom.models.decoders import RecurrentDecoderSettings, TransformerDecoderSettings
from seqloom.models.encoder_decoder import EncoderDecoder, ModelSettings
from seqloom.models.encoders import RecurrentEncoderSettings, TransformerEncoderSettings
from seqloom.models.heads import CopyHeadSettings, generator
from seqloom.models.sources import TextSourceSettings
from seqloom.nn.contracts import Batch, Run
from seqloom.nn.embedding import EmbeddingSettings
from seqloom.training.loop import LostError, train
from seqloom.training.objectives import Ctc, CtcSettings
from seqloom.training.objectives.ctc import ctc_logp_BSV
from seqloom.training.settings import TrainingSettings

from .models import batches, model

TINY = Specials(size=7)
SETTINGS = ModelSettings(
    source=TextSourceSettings(width=8),
    target=EmbeddingSettings(width=8),
    encoder=TransformerEncoderSettings(width=8, layers=1, heads=2, feed_forward=8),
    decoder=TransformerDecoderSettings(width=8, layers=1, heads=2, feed_forward=8),
)


def tiny() -> EncoderDecoder:
    torch.manual_seed(1)
    return SETTINGS.build(source=TINY, target=TINY).double().eval()


def batch_of(*pairs: tuple[list[int], list[int]]) -> Batch:
    made = [Pair(source=Source(parts={"text": source}), target=target) for source, target in pairs]
    return make_batch(made, vocabulary=TINY)


def encoded(network: EncoderDecoder, batch: Batch) -> Run:
    return Run(model=network, batch=batch, encoded=network.encode(batch.source))


def collapsed(path: tuple[int, ...], blank: int) -> list[int]:
    """Graves et al. 2006: repeats become one, then blanks go."""
    return [token for token, _ in groupby(path) if token != blank]


PAIRS = [([4, 5, 6, 4], [5, 6]), ([4, 4, 5], [6, 6]), ([5], [4]), ([6, 5, 4, 4], [])]


@pytest.mark.parametrize("at_once", [1_000_000, 1])
def test_ctc_is_the_sum_over_all_paths(at_once: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whether the probabilities of all rows are made at one time or of one row at a time; and so is the gradient."""
    monkeypatch.setattr(generator, "_CHUNK", at_once)
    network = tiny()
    run = encoded(network, batch_of(*PAIRS))
    total = torch.zeros((), dtype=torch.float64)
    for row, (source, target) in enumerate(PAIRS):
        logp_SV = ctc_logp_BSV(network.head, run.memory)[row, : len(source)]
        paths = [
            path
            for path in itertools.product(range(TINY.size), repeat=len(source))
            if TINY.pad not in path and collapsed(path, TINY.bos) == target
        ]
        places = torch.arange(len(source))
        total = total - torch.stack([logp_SV[places, torch.tensor(path)].sum() for path in paths]).logsumexp(0)
    loss = Ctc(TINY)(run)
    torch.testing.assert_close(loss.total, total, rtol=1e-9, atol=0)
    assert loss.count.item() == sum(len(target) for _, target in PAIRS) == Ctc(TINY).count(run.batch)
    parameters = [network.source.embedding.table.weight, network.head.weight]
    found = torch.autograd.grad(loss.total, parameters, retain_graph=True)
    for one, other in zip(found, torch.autograd.grad(total, parameters), strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=1e-9)


def test_sources_that_are_too_short_are_left_out_and_it_is_said_once(caplog: pytest.LogCaptureFixture) -> None:
    """Two tokens that are alike need a position between them."""
    network, objective = tiny(), Ctc(TINY)
    fitting, long, alike = ([4, 5, 6], [5, 6]), ([4], [5, 6]), ([4, 5], [6, 6])
    mixed, alone = (encoded(network, batch_of(*pairs)) for pairs in ((fitting, long, alike), (fitting,)))
    loss = objective(mixed)
    torch.testing.assert_close(loss.total, objective(alone).total)
    assert loss.count.item() == 2 == objective.count(mixed.batch)
    objective(mixed)
    assert caplog.messages == ['"ctc" leaves out sources that are shorter than their targets: 2 of 3 in this batch.']


def test_a_source_that_the_encoder_makes_too_short_adds_nothing() -> None:
    network = tiny()
    run = encoded(network, batch_of(([4, 5, 6], [5, 6])))
    shorter = replace(run, encoded=replace(run.memory, mask_BS=torch.tensor([[True, False, False]])))
    assert Ctc(TINY)(shorter).total == 0


def test_a_factor_is_no_position() -> None:
    batch = batch_of(([4], [5, 6]))
    text = batch.source.parts["text"]
    more = replace(batch, source=replace(batch.source, parts={"text": text, "text.case": text}))
    assert Ctc(TINY).count(more) == 0


def test_gaps_in_a_memory_are_no_positions() -> None:
    """Padding between two parts of a memory is the same as at its end."""
    network = tiny()
    run = encoded(network, batch_of(([4, 5, 6], [5, 6])))
    states_BSD, nothing = run.memory.states_BSD, torch.zeros(1, 1, 8, dtype=torch.float64)
    gap = replace(
        run.memory,
        states_BSD=torch.cat([states_BSD[:, :1], nothing, states_BSD[:, 1:]], 1),
        mask_BS=torch.tensor([[True, False, True, True]]),
    )
    torch.testing.assert_close(Ctc(TINY)(replace(run, encoded=gap)).total, Ctc(TINY)(run).total)


def test_an_encoder_learns_by_ctc_alone() -> None:
    """Its best path says what is right, though no decoder was ever called."""
    task = SyntheticSettings(symbols=6, shortest=2, longest=5)
    torch.manual_seed(1)
    network = ModelSettings(
        source=TextSourceSettings(width=32),
        target=EmbeddingSettings(width=32),
        encoder=RecurrentEncoderSettings(width=32),
        decoder=RecurrentDecoderSettings(width=32),
    ).build(source=task.vocabulary, target=task.vocabulary)
    network.decoder.register_forward_hook(lambda *_: pytest.fail("no objective looks at the decoder"))
    sounds = (Pair(source=Source(parts={"text": doubled(pair)}), target=pair.target) for pair in task.pairs("training"))
    settings = TrainingSettings(steps=260, rate=1e-2, warmup=10, objectives=(CtcSettings(),))
    list(train(network, batches_of(sounds, size=32, vocabulary=task.vocabulary), settings))
    tested = list(islice(task.pairs("test"), 100))
    right = 0
    for pair in tested:
        batch = make_batch([Pair(source=Source(parts={"text": doubled(pair)}), target=())], vocabulary=task.vocabulary)
        logp_BSV = ctc_logp_BSV(network.eval().head, network.encode(batch.source))
        right += collapsed(tuple(logp_BSV[0].argmax(-1).tolist()), task.vocabulary.bos) == list(pair.target)
    assert right >= 90


def doubled(pair: Pair) -> list[int]:
    """Each symbol twice, as a sound lasts for more than one frame."""
    return [symbol for symbol in pair.source.parts["text"] for _ in range(2)]


def test_widths_must_agree() -> None:
    wide = replace(SETTINGS, encoder=RecurrentEncoderSettings(width=12)).build(source=TINY, target=TINY)
    with pytest.raises(RecipeError, match="as wide as what the head reads of the decoder, but they are 12 and 8"):
        next(train(wide, batches(), TrainingSettings(steps=1, warmup=0, objectives=(CtcSettings(),))))


def test_a_head_that_reads_attention_is_refused() -> None:
    copying = replace(SETTINGS, head=CopyHeadSettings()).build(source=TINY, target=TINY)
    with pytest.raises(RecipeError, match="needs a head that reads the decoder's output alone"):
        next(train(copying, batches(), TrainingSettings(steps=1, warmup=0, objectives=(CtcSettings(),))))


def test_a_gradient_that_is_no_number_is_found_in_what_is_made_again() -> None:
    """The search for it looks at tensors of a checkpointed stretch, and must not change what is kept of it."""
    network = model("transformer")
    network.head.weight.register_hook(lambda gradient: gradient * math.nan)
    with pytest.raises(LostError, match=r"its gradient is not; it is not at `head.weight`"):
        next(train(network, batches(), TrainingSettings(steps=1, warmup=0, objectives=(CtcSettings(),))))


def test_impossible_paths_leave_no_infinity() -> None:
    network = model("transformer")
    loss = math.inf
    for progress in train(network, batches(), TrainingSettings(steps=3, warmup=0, objectives=(CtcSettings(),))):
        loss = progress.loss
    assert math.isfinite(loss)
