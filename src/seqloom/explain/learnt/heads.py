"""How widely each head looks around, over many pairs."""

from __future__ import annotations

from collections.abc import Sequence

import torch

from seqloom.data.batches import batches_of
from seqloom.decoding.request import Pair
from seqloom.explain.insight.attention import entropy_of
from seqloom.explain.insight.matrices import Matrix, matrix_of
from seqloom.workflow.model import Model

__all__ = ["entropies_of"]

_ROWS = 64


@torch.inference_mode()
def entropies_of(model: Model, pairs: Sequence[Pair]) -> Matrix | None:
    """In bits, a row a layer, a column a head: the mean over all tokens said. None: there is nothing that looks."""
    network, total, number = model.network, None, 0
    for batch in batches_of(pairs, size=_ROWS, vocabulary=network.vocabulary):
        batch = batch.to(model.device)
        shown = network(batch, attention="all").output.all_attention
        if shown is None:
            return None
        bits_NLHT = entropy_of(shown.float()) * batch.keep_BT[:, None, None]
        summed_LH = bits_NLHT.sum((0, 3))
        total = summed_LH if total is None else total + summed_LH
        number += int(batch.keep_BT.sum())
    return None if total is None else matrix_of(total / number)
