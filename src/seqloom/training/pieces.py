"""A batch in pieces that processors compute side by side, each with one thread.

Operators of a small model are too short to be shared: threads that wait for one another at each of hundreds of them
lose more than they gain. Threads with a piece of the batch each meet once a step.
"""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from math import ceil, inf
from typing import TypeVar

import torch
from torch import Tensor, nn

from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Batch
from seqloom.nn.memory import Part, SourceBatch

__all__ = ["Team", "pieces", "team_for"]

T = TypeVar("T")
R = TypeVar("R")

_MOST = 640
"""Tokens of a piece: few enough for caches and memory, enough for full matrix products."""
_LEAST = 96
"""Tokens for which another thread is worth its while."""
_ABREAST = 32
"""Rows that a piece has before it is cut for its tokens, where steps are taken one after the other: those of a few long
rows take as long as those of many. Of 50,000 texts of 137 tokens an LSTM learns 1.4 times as fast as in pieces of 640
tokens; of sentences so many rows are hardly more than those."""


class Team:
    """Threads that each compute with one of torch's threads."""

    def __init__(self, size: int, *, most: float = _MOST, abreast: int = 1) -> None:
        """``most``: tokens of a piece that has more than ``abreast`` rows."""
        self.size, self.most, self.abreast = size, most, abreast
        self._pool: ThreadPoolExecutor | None = None
        if size > 1:
            threads = torch.get_num_threads()
            started = threading.Barrier(size)
            self._pool = ThreadPoolExecutor(size, thread_name_prefix="piece")
            # The number is a thread's own, but the last one said is what new threads begin with.
            for done in [self._pool.submit(_alone, started) for _ in range(size)]:
                done.result()
            torch.set_num_threads(threads)

    def each(self, work: Callable[[T], R], given: Sequence[T]) -> list[R]:
        """What comes of everything given, in its order. A failure waits for the others."""
        if self._pool is None or len(given) == 1:
            return [work(one) for one in given]
        waited = [self._pool.submit(work, one) for one in given]
        failed = [error for each in waited if (error := each.exception()) is not None]
        if failed:
            raise failed[0]
        return [each.result() for each in waited]

    def shares(self, batches: Sequence[Batch]) -> list[list[tuple[int, Batch]]]:
        """For each of the team numbered pieces of the batches, about as much for one as for the other."""
        tokens = sum(map(_tokens, batches))
        hands = min(self.size, max(1, tokens // _LEAST))
        cut = [piece for batch in batches for piece in pieces(batch, self._count(batch, hands))]
        numbered = list(enumerate(cut))
        return [share for hand in range(hands) if (share := numbered[hand::hands])]

    def _count(self, batch: Batch, hands: int) -> int:
        """Pieces of a batch: for each hand as many."""
        by_tokens = ceil(_tokens(batch) / hands / self.most)
        by_rows = len(batch.target_mask_BT) // hands // self.abreast
        return hands * max(1, min(by_tokens, by_rows))


def _alone(started: threading.Barrier) -> None:
    torch.get_num_threads()  # a thread takes the common number when it first asks, and would take it back later
    torch.set_num_threads(1)
    started.wait()


def team_for(model: EncoderDecoder, device: torch.device, *, threads: int, alone: bool) -> Team:
    """So many (0: as torch has); one where chance or the model cannot be shared. A GPU takes a batch as it is."""
    if device.type != "cpu":
        return Team(1, most=inf)
    shared = not alone and not any(_draws(part) for part in model.modules())
    size = (threads or torch.get_num_threads()) if shared else 1
    return Team(size, abreast=_ABREAST if model.decoder.recurrent else 1)


def _draws(part: nn.Module) -> bool:
    """Whether one of torch's own modules draws from the generator that all threads have in common."""
    rate = getattr(part, "p", 0.0) if isinstance(part, nn.modules.dropout._DropoutNd) else getattr(part, "dropout", 0.0)
    return type(part).__module__.startswith("torch.nn.") and isinstance(rate, float) and rate > 0


def pieces(batch: Batch, count: int) -> list[Batch]:
    """The batch in so many parts of about as many tokens each, like lengths together, each padded for itself."""
    if count <= 1:
        return [batch]
    targets_B, sources_B = batch.target_mask_BT.sum(1), _source_lengths(batch.source)
    order_B = (targets_B * (int(sources_B.max()) + 1) + sources_B).argsort(stable=True)
    filled_B = (targets_B + sources_B)[order_B].cumsum(0)
    wanted = filled_B[-1] * torch.arange(1, count, device=filled_B.device) / count
    cuts = [0, *(torch.searchsorted(filled_B, wanted.round().long()) + 1).tolist(), len(order_B)]
    cuts = sorted({min(cut, len(order_B)) for cut in cuts})
    return [_trimmed(batch.select(order_B[first:last])) for first, last in itertools.pairwise(cuts)]


def _tokens(batch: Batch) -> int:
    return max(int(batch.target_mask_BT.sum()), int(_source_lengths(batch.source).sum()))


def _source_lengths(source: SourceBatch) -> Tensor:
    """Positions of all parts together; a factor stands in the positions of its text."""
    return torch.stack([part.mask_BS.sum(1) for name, part in source.parts.items() if "." not in name]).sum(0)


def _trimmed(batch: Batch) -> Batch:
    """Without the columns that are padding in every row."""
    steps = _width(batch.target_mask_BT)
    widths = {name: _width(part.mask_BS) for name, part in batch.source.parts.items()}
    text = widths.get("text", max(widths.values()))
    units_BU, aligned_BTS = batch.source.units_BU, batch.alignment_BTS
    source = replace(
        batch.source,
        parts={name: _cut(part, widths[name]) for name, part in batch.source.parts.items()},
        copy_BS=None if batch.source.copy_BS is None else batch.source.copy_BS[:, :text],
        units_BU=None if units_BU is None else units_BU[:, : _width(units_BU >= 0)],
    )
    return replace(
        batch,
        source=source,
        target_BT=batch.target_BT[:, :steps],
        target_mask_BT=batch.target_mask_BT[:, :steps],
        read_BT=None if batch.read_BT is None else batch.read_BT[:, : steps - 1],
        alignment_BTS=None if aligned_BTS is None else aligned_BTS[:, : steps - 1, :text],
    )


def _cut(part: Part, width: int) -> Part:
    return Part(values=part.values[:, :width], mask_BS=part.mask_BS[:, :width])


def _width(mask_BS: Tensor) -> int:
    return max(1, int(mask_BS.sum(1).max()))
