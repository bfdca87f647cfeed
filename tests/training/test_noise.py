"""Word dropout hides what is read, and only that."""

from dataclasses import replace
from itertools import islice

import pytest
import torch

from seqloom.nn.memory import Part
from seqloom.training.loop import train
from seqloom.training.noise import drop_words
from seqloom.training.settings import TrainingSettings

from .models import TASK, batches, model

UNK = TASK.vocabulary.unk


def test_about_so_many_are_unknown_and_padding_is_not() -> None:
    batch = next(batches(400))
    noisy = drop_words(batch, 0.3, source_unk=UNK, target_unk=UNK)
    before, after = batch.source.parts["text"], noisy.source.parts["text"]
    changed = after.values != before.values
    assert (after.values[changed] == UNK).all()
    assert not changed[~before.mask_BS].any()
    assert changed[before.mask_BS].float().mean().item() == pytest.approx(0.3, abs=0.05)
    read = noisy.inputs_BT != batch.inputs_BT
    assert not read[:, 0].any(), "the beginning is always read"
    assert (noisy.inputs_BT[read] == UNK).all()
    assert read[batch.target_mask_BT[:, :-1]].float().mean().item() > 0.15


def test_what_is_said_and_copied_stays() -> None:
    batch = next(batches())
    noisy = drop_words(batch, 0.9, source_unk=UNK, target_unk=UNK)
    assert noisy.outputs_BT.equal(batch.outputs_BT)
    assert noisy.source.copy_BS is not None
    assert noisy.source.copy_BS.equal(batch.source.copy_BS)


def test_frames_are_no_words() -> None:
    batch = next(batches())
    sound = Part(values=torch.randn(16, 5, 3), mask_BS=torch.ones(16, 5, dtype=torch.bool))
    batch = replace(batch, source=replace(batch.source, parts={"audio": sound}))
    assert drop_words(batch, 0.9, source_unk=UNK, target_unk=UNK).source.parts["audio"].values.equal(sound.values)


def test_the_training_reads_it() -> None:
    """The pass that learns is given unknown words, and the right ones to say."""
    network, seen = model(), []
    network.register_forward_pre_hook(lambda _module, args: seen.append(args[0]))
    given = list(islice(batches(200), 2))
    list(train(network, given, TrainingSettings(steps=2, warmup=0, word_dropout=0.5)))
    for batch, noisy in zip(given, seen, strict=True):
        assert noisy.outputs_BT.equal(batch.outputs_BT)
        mask_BS = batch.source.parts["text"].mask_BS
        unknown = (noisy.source.parts["text"].values == UNK)[mask_BS]
        assert unknown.float().mean().item() == pytest.approx(0.5, abs=0.06)
        assert (noisy.inputs_BT == UNK).any()
    assert not (seen[0].source.parts["text"].values == UNK).equal(seen[1].source.parts["text"].values == UNK)
