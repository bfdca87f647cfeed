"""Pairs become batches without losing one."""

from __future__ import annotations

from seqloom.core.specials import Specials
from seqloom.data.batches import batches_of, make_batch
from seqloom.decoding.request import Pair, Source

VOCABULARY = Specials(size=10)


def pair(*target: int) -> Pair:
    return Pair(source=Source(parts={"text": [5] * (len(target) + 1)}), target=target)


def test_targets_stand_between_bos_and_eos() -> None:
    batch = make_batch([pair(4, 5), pair(6)], vocabulary=VOCABULARY)
    assert batch.target_BT.tolist() == [[1, 4, 5, 2], [1, 6, 2, 0]]
    assert batch.inputs_BT.tolist() == [[1, 4, 5], [1, 6, 2]]
    assert batch.outputs_BT.tolist() == [[4, 5, 2], [6, 2, 0]]
    assert batch.keep_BT.tolist() == [[True, True, True], [True, True, False]]
    assert batch.source.parts["text"].mask_BS.tolist() == [[True, True, True], [True, True, False]]


def test_a_token_with_the_id_of_padding_is_real() -> None:
    batch = make_batch([pair(0, 0)], vocabulary=VOCABULARY)
    assert batch.keep_BT.all()


def test_every_pair_is_in_one_batch() -> None:
    pairs = [pair(4 + number) for number in range(5)]
    batches = list(batches_of(pairs, size=2, vocabulary=VOCABULARY))
    assert [len(batch.target_BT) for batch in batches] == [2, 2, 1]
    assert [int(row[1]) for batch in batches for row in batch.target_BT] == [4, 5, 6, 7, 8]
