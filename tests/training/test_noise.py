"""Word dropout hides what is read, and only that."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

import pytest
import torch
from torch import Tensor

from seqloom.nn.contracts import Batch
from seqloom.nn.memory import Part
from seqloom.training.loop import train
from seqloom.training.noise import Noise, drop_words
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
    """The passes that learn are given unknown words, and the right ones to say."""
    network, seen = model(), []
    network.register_forward_pre_hook(lambda _module, args: seen.append(args[0]))
    [batch] = islice(batches(200), 1)
    list(train(network, [batch, batch], TrainingSettings(steps=2, warmup=0, word_dropout=0.5)))
    assert sorted(said(seen)) == sorted(said([batch, batch])), "every row once a step, in whatever pieces"
    masks = [noisy.source.parts["text"].mask_BS for noisy in seen]
    unknown = torch.cat(
        [(noisy.source.parts["text"].values == UNK)[mask_BS] for noisy, mask_BS in zip(seen, masks, strict=True)]
    )
    assert unknown.float().mean().item() == pytest.approx(0.5, abs=0.06)
    first, second = unknown.chunk(2)
    assert not first.equal(second), "each step draws anew"
    assert all((noisy.inputs_BT == UNK).any() for noisy in seen)


def said(batches: Sequence[Batch]) -> list[list[int]]:
    """The rows to be said, without padding."""
    return [row[keep].tolist() for batch in batches for row, keep in zip(batch.outputs_BT, batch.keep_BT, strict=True)]


# ---- damage that is to be undone -------------------------------------------------------------------------------------


def rows(number: int = 500, length: int = 20) -> tuple[Tensor, Tensor]:
    """Rows that count up from 10, of all lengths from 2 on, padded with 0."""
    lengths_B = torch.arange(number) % (length - 1) + 2
    mask_BS = torch.arange(length) < lengths_B[:, None]
    return (torch.arange(length) + 10) * mask_BS, mask_BS


def damaged(noise: Noise) -> tuple[list[list[int]], list[list[int]]]:
    """Rows before and after, without padding."""
    torch.manual_seed(1)
    ids_BS, mask_BS = rows()
    after_BS, after_mask_BS = noise(ids_BS, mask_BS, unk=UNK)
    assert (after_mask_BS.int().diff(dim=1) <= 0).all(), "real positions come first"
    return (
        [row[mask].tolist() for row, mask in zip(ids_BS, mask_BS, strict=True)],
        [row[mask].tolist() for row, mask in zip(after_BS, after_mask_BS, strict=True)],
    )


def test_no_noise_leaves_all_as_it_is() -> None:
    before, after = damaged(Noise())
    assert after == before


def test_a_masked_token_is_unknown_and_in_its_place() -> None:
    before, after = damaged(Noise(mask=0.3))
    pairs = [pair for one, other in zip(before, after, strict=True) for pair in zip(one, other, strict=True)]
    assert all(new in (old, UNK) for old, new in pairs)
    assert sum(new == UNK for _, new in pairs) / len(pairs) == pytest.approx(0.3, abs=0.02)


def test_what_is_deleted_is_gone_and_the_rest_in_order() -> None:
    before, after = damaged(Noise(delete=0.3))
    assert all(set(new) <= set(old) and new == sorted(new) for old, new in zip(before, after, strict=True))
    assert sum(map(len, after)) / sum(map(len, before)) == pytest.approx(0.7, abs=0.02)
    assert min(map(len, damaged(Noise(delete=0.99))[1])) == 1, "a row is never empty"


def test_a_permuted_token_stays_near_and_moves() -> None:
    before, after = damaged(Noise(permute=3))
    assert all(sorted(new) == old for old, new in zip(before, after, strict=True))
    moves = [
        abs(new.index(token) - place) for old, new in zip(before, after, strict=True) for place, token in enumerate(old)
    ]
    assert max(moves) == 3
    assert sum(move > 0 for move in moves) > len(moves) / 3


@pytest.mark.parametrize(("share", "stretch"), [(0.15, 3.0), (0.5, 3.0), (0.3, 1.0), (0.3, 0.5)])
def test_infilling_covers_its_share_and_leaves_one_unknown_a_stretch(share: float, stretch: float) -> None:
    before, after = damaged(Noise(infill=share, stretch=stretch))
    kept = sum(token != UNK for row in after for token in row)
    # The end of a row cuts stretches off, so it is a little less.
    assert kept / sum(map(len, before)) == pytest.approx(1 - share, abs=0.05)
    for old, new in zip(before, after, strict=True):
        whole = [token for token in new if token != UNK]
        assert whole == sorted(whole)
        assert set(whole) <= set(old)
        # Between two unknown tokens that are neighbours nothing is missing but what the stretches covered.
        missing = len(old) - len(whole)
        assert missing == 0 or UNK in new
    if stretch <= 1:
        assert any(len(new) > len(old) for old, new in zip(before, after, strict=True)), "an empty stretch adds one"


def test_an_empty_row_becomes_an_unknown_token() -> None:
    ids_BS, mask_BS = Noise()(torch.zeros(2, 0, dtype=torch.long), torch.zeros(2, 0, dtype=torch.bool), unk=UNK)
    assert ids_BS.tolist() == [[UNK], [UNK]]
    assert mask_BS.all()


def test_a_factor_is_no_word() -> None:
    batch = next(batches())
    text = batch.source.parts["text"]
    batch = replace(batch, source=replace(batch.source, parts={"text": text, "text.case": text}))
    parts = drop_words(batch, 0.9, source_unk=UNK, target_unk=UNK).source.parts
    assert parts["text.case"].values.equal(text.values)
    assert not parts["text"].values.equal(text.values)
