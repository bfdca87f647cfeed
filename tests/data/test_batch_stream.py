"""The stream that training reads: whole, repeatable, and taken up where it was left."""

import json
import os
import random
from itertools import islice
from pathlib import Path

import pytest
import torch

from seqloom.core.errors import DataError
from seqloom.core.specials import Specials
from seqloom.data import batches
from seqloom.data.batches import BatchStream, make_batch, ordered_batches
from seqloom.data.corpus import Corpus
from seqloom.data.epoch import BatchSettings, MixtureSettings
from seqloom.data.numbered import Numbered
from seqloom.data.numbering import Numbering
from seqloom.data.rows import Row
from seqloom.data.tokenizers.subwords import BpeSettings
from seqloom.decoding.request import Pair, Source
from seqloom.nn.contracts import Batch

VOCABULARY = Specials(size=1000)
DATA = Path(os.environ.get("SEQLOOM_DATA", Path(__file__).parents[2] / "../shared/data"))


def pairs(number: int, *, seed: int = 1, copies: bool = False) -> list[Numbered]:
    dice = random.Random(seed)

    def some(length: int) -> list[int]:
        return [dice.randrange(4, 1000) for _ in range(length)]

    made = []
    for _ in range(number):
        length = dice.randint(1, 12)
        columns = {"copy": some(length)} if copies else {}
        made.append(Numbered(columns=columns | {"text": some(length), "target": some(dice.randint(1, 12))}))
    return made


def corpus(number: int = 300, *, seed: int = 1, copies: bool = False) -> Corpus:
    return Corpus.of(pairs(number, seed=seed, copies=copies))


def stream(*corpora: Corpus, seed: int = 1, tokens: int = 128, **others: object) -> BatchStream:
    return BatchStream(corpora, BatchSettings(tokens=tokens), vocabulary=VOCABULARY, seed=seed, **others)  # type: ignore[arg-type]


def unpadded(batch: Batch) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    text = batch.source.parts["text"]
    sources = [tuple(row[mask].tolist()) for row, mask in zip(text.values, text.mask_BS, strict=True)]
    targets = [tuple(row[mask].tolist()) for row, mask in zip(batch.target_BT, batch.target_mask_BT, strict=True)]
    return list(zip(sources, targets, strict=True))


def expected(*made: Numbered) -> list[tuple[tuple[int, ...], tuple[int, ...]]]:
    return sorted((tuple(pair.text), (1, *pair.target, 2)) for pair in made)


def same(first: Batch, second: Batch) -> bool:
    return torch.equal(first.target_BT, second.target_BT) and torch.equal(
        first.source.parts["text"].values, second.source.parts["text"].values
    )


def test_an_epoch_is_every_pair_once() -> None:
    made = stream(corpus())
    for epoch in (1, 2):
        found = [pair for batch in islice(made, made.batches_per_epoch) for pair in unpadded(batch)]
        if epoch == 1:
            assert sorted(found) == expected(*pairs(300))
            assert made.epoch == 1.0


def test_a_batch_is_what_make_batch_makes() -> None:
    whole = corpus(copies=True)
    rows = torch.arange(300).numpy()[5:25]
    made = batches._gathered([whole], rows, VOCABULARY)
    listed = [
        Pair(source=Source(parts=pair.parts, copy=pair.copy), target=pair.target)
        for pair in (whole.pair(int(row)) for row in rows)
    ]
    slow = make_batch(listed, vocabulary=VOCABULARY)
    assert same(made, slow)
    assert torch.equal(made.target_mask_BT, slow.target_mask_BT)
    assert torch.equal(made.source.parts["text"].mask_BS, slow.source.parts["text"].mask_BS)
    assert made.source.copy_BS is not None
    assert slow.source.copy_BS is not None
    assert torch.equal(made.source.copy_BS, slow.source.copy_BS)


def test_several_corpora_share_batches() -> None:
    first, second = corpus(200, seed=1), corpus(30, seed=2)
    made = stream(first, second, mixture=MixtureSettings(weights=(1.0, 1.0)))
    known = [{source for source, _ in expected(*pairs(number, seed=seed))} for number, seed in ((200, 1), (30, 2))]
    counts, mixed = [0, 0], 0
    for batch in islice(made, made.batches_per_epoch):
        here = [sum(source in each for source, _ in unpadded(batch)) for each in known]
        counts = [counts[0] + here[0], counts[1] + here[1]]
        mixed += min(here) > 0
    assert counts == [115, 115]
    assert mixed > made.batches_per_epoch / 2


@pytest.mark.parametrize("windows", [False, True])
def test_taken_up_anywhere_it_goes_on_the_same(windows: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if windows:
        monkeypatch.setattr(batches, "_WINDOW", 70)
    mixture = MixtureSettings(temperature=3)
    corpora = (corpus(200), corpus(40, seed=2))
    whole = stream(*corpora, mixture=mixture)
    given = [(whole.position(), whole.epoch, next(whole)) for _ in range(3 * whole.batches_per_epoch)]
    assert given[-1][1] > 2.5
    assert [epoch for _, epoch, _ in given] == sorted(epoch for _, epoch, _ in given)
    for start in (0, 1, 7, whole.batches_per_epoch - 1, whole.batches_per_epoch, whole.batches_per_epoch + 1, 50):
        position, epoch, _ = given[start]
        other = stream(*corpora, mixture=mixture)
        next(other)
        other.seek(json.loads(json.dumps(position)))
        assert other.epoch == epoch
        assert all(same(next(other), batch) for _, _, batch in given[start : start + 30])


def test_windows_lose_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(batches, "_WINDOW", 70)
    made = stream(corpus())
    found = []
    while made.epoch < 1:
        found += unpadded(next(made))
    assert sorted(found) == expected(*pairs(300))


def test_other_seeds_and_epochs_are_other_batches() -> None:
    first, second = stream(corpus(), seed=1), stream(corpus(), seed=2)
    assert not same(next(first), next(second))
    still = BatchStream([corpus()], BatchSettings(tokens=128, shuffle=False), vocabulary=VOCABULARY, seed=1)
    epochs = [[next(still) for _ in range(still.batches_per_epoch)] for _ in range(2)]
    assert all(same(*each) for each in zip(*epochs, strict=True))


def test_a_position_of_other_data_is_refused() -> None:
    position = stream(corpus(300)).position()
    with pytest.raises(DataError, match=r"the number of pairs must be as the run began \(\[300\]\), but is \[299\]"):
        stream(corpus(299)).seek(position)
    with pytest.raises(DataError, match=r"`data.batches.tokens`"):
        stream(corpus(300), tokens=64).seek(position)


def test_sampled_subwords_are_new_each_epoch_and_the_same_when_resumed() -> None:
    texts = ["the cat sees the dog", "where is the other one?", "a tall man", "nothing else"] * 10
    tokenizer = BpeSettings(size=320, sampling=0.3).fit(texts)
    numbering = Numbering(tokenizer, tokenizer)
    rows = [Row(source=text, targets=(text.upper(),)) for text in texts]
    whole = Corpus.of(list(numbering.pairs(rows, count=lambda *_: None)))

    def sampled() -> BatchStream:
        return BatchStream(
            [whole],
            BatchSettings(tokens=200),
            vocabulary=tokenizer.specials,
            seed=1,
            again=lambda pairs, seed: numbering.again(pairs, seed=seed),
        )

    made = sampled()
    epochs = []
    for _ in range(2):
        start = int(made.epoch)
        positions, read = [], []
        while made.epoch < start + 1:
            positions.append(made.position())
            read.append(next(made))
        epochs.append([pair for batch in read for pair in unpadded(batch)])
    assert sorted(tokenizer.decode(source) for source, _ in epochs[0]) == sorted(texts)
    assert sorted(epochs[0]) != sorted(epochs[1])
    resumed = sampled()
    resumed.seek(positions[2])
    assert same(next(resumed), read[2])


def test_ordered_batches_are_every_pair_once() -> None:
    found = list(ordered_batches(corpus(), tokens=128, vocabulary=VOCABULARY))
    assert sorted(pair for batch in found for pair in unpadded(batch)) == expected(*pairs(300))
    assert found[0].target_BT.shape[1] < found[-1].target_BT.shape[1]


@pytest.mark.skipif(not (DATA / "multi30k").is_dir(), reason="the data is not here")
def test_less_than_a_twentieth_of_multi30k_is_padding() -> None:
    sides = [(DATA / f"multi30k/train.{language}").read_text("utf-8").splitlines() for language in ("de", "en")]
    tokenizer = BpeSettings(size=8000).fit(sides[0] + sides[1])
    numbering = Numbering(tokenizer, tokenizer)
    rows = (Row(source=source, targets=(target,)) for source, target in zip(*sides, strict=True))
    whole = Corpus.of(list(numbering.pairs(rows, count=lambda *_: None)))
    for tokens, most in ((1024, 0.025), (2048, 0.036), (4096, 0.05)):
        made = BatchStream([whole], BatchSettings(tokens=tokens), vocabulary=tokenizer.specials, seed=1)
        assert max(made.padding.source, made.padding.target, made.padding.both) < most
