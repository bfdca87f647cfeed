"""Work shared out over those that do it. No torch here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

__all__ = ["shared_out"]


def shared_out(costs: Sequence[int], most: int, workers: int) -> Iterator[list[int]]:
    """Places, whose costs fall, in batches of about equal cost: at most ``most`` with the padding, and enough for all
    workers.
    """
    most = min(most, -(-sum(costs) // workers))
    batch: list[int] = []
    for place in range(len(costs)):
        if batch and costs[batch[0]] * (len(batch) + 1) > most:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
