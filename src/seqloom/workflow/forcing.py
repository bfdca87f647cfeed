"""What a model would have said at each place of the references, given what stands before it."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import torch

from seqloom.metrics.bootstrap import Floats
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads.generator import positions_at_once
from seqloom.nn.contracts import Batch

__all__ = ["likeliest"]


@torch.inference_mode()
def likeliest(network: EncoderDecoder, batches: Iterable[Batch]) -> tuple[Floats, Floats]:
    """Of every place, the end's too: the log-probability of the likeliest token, and 1 if it is the reference's."""
    device = next(network.parameters()).device
    size = positions_at_once(network.vocabulary.size)
    found: list[tuple[Floats, Floats]] = [(np.zeros(0), np.zeros(0))]
    for batch in batches:
        run = network(batch.to(device))
        at, target_P = run.output.pick(run.batch.keep_BT), run.batch.outputs_BT[run.batch.keep_BT]
        for first in range(0, len(at), size):
            stretch = slice(first, first + size)
            logp_P, token_P = run.head(at.at(stretch), run.memory).max(-1)
            right_P = token_P == target_P[stretch]
            found.append((logp_P.double().cpu().numpy(), right_P.double().cpu().numpy()))
    logps, rights = zip(*found, strict=True)
    return np.concatenate(logps), np.concatenate(rights)
