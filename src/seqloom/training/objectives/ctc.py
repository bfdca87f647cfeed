"""Connectionist temporal classification: the encoder alone says the target, in order, a position at a time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.checkpoint import checkpoint

from seqloom.core.errors import RecipeError
from seqloom.core.logging import logger
from seqloom.core.specials import Specials
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.models.heads.generator import positions_at_once
from seqloom.nn.contracts import Batch, Features, Head, Loss, Reads, Run
from seqloom.nn.memory import Memory
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Ctc", "CtcSettings", "ctc_logp_BSV"]

_LEAST = -1e4


@dataclass(frozen=True, kw_only=True)
class CtcSettings(WeightSettings):
    """The connectionist temporal classification."""

    kind: Literal["ctc"] = "ctc"

    def build(self, targets: Targets) -> Ctc:
        targets.check_tokens(self.kind)
        return Ctc(targets.vocabulary)


class Ctc:
    """Graves et al. 2006, equation 8, beside the decoder's own loss (Kim et al. 2017): -log Σ_{π: B(π) = y} Π_s p(π_s).

    p is the model's own head on the encoder's states, so there are no further weights; the blank is bos, which is
    never said. A target needs a position for each token, and one between two that are alike: rows whose sources are
    too short for that are left out, and it is said once.
    """

    reads: ClassVar[Reads] = "memory"

    def __init__(self, vocabulary: Specials) -> None:
        self.vocabulary = vocabulary
        self._told = False

    def check(self, model: EncoderDecoder) -> None:
        memory, hidden = model.encoder.shape.width, model.decoder.shape.hidden
        if memory != hidden:
            raise RecipeError(
                f'`training.objectives` "ctc" needs an encoder as wide as what the head reads of the decoder, but they '
                f"are {memory} and {hidden}. Make them equal."
            )
        if model.head.attention != "none":
            raise RecipeError(
                '`training.objectives` "ctc" needs a head that reads the decoder\'s output alone, but this one reads '
                'its attention too. Take `model.head.kind = "generator"`.'
            )

    def count(self, batch: Batch) -> Tensor:
        lengths_B = _said(batch, self.vocabulary)[1]
        return (lengths_B * self._fitting_B(batch)).sum()

    def __call__(self, run: Run) -> Loss:
        target_BT, lengths_B = _said(run.batch, self.vocabulary)
        fits_B = self._fitting_B(run.batch)
        self._tell(int((~fits_B).sum()), len(fits_B))
        memory = run.memory
        size = max(1, positions_at_once(self.vocabulary.size) // memory.mask_BS.shape[1])
        total = memory.states_BSD.new_zeros((), dtype=torch.float32)
        rows_B = fits_B.nonzero()[:, 0]
        for rows_b in rows_B.split(size):
            # Made again in the backward pass, so that the probabilities of some rows only are held.
            args = (run.head, memory, rows_b, target_BT[rows_b], lengths_B[rows_b])
            total = total + checkpoint(self._of_rows, *args, use_reentrant=False)
        return Loss(total=total, count=(lengths_B * fits_B).sum())

    def _of_rows(self, head: Head, memory: Memory, rows_B: Tensor, target_BT: Tensor, lengths_B: Tensor) -> Tensor:
        chosen = memory.select(rows_B)
        # torch's gradient is not a number where a token has no probability, as padding has none.
        logp_BSV = ctc_logp_BSV(head, chosen).clamp(min=_LEAST)
        return functional.ctc_loss(
            logp_BSV.transpose(0, 1),
            target_BT,
            chosen.mask_BS.sum(1),
            lengths_B,
            blank=self.vocabulary.bos,
            reduction="sum",
            zero_infinity=True,  # of a source that was long enough until the encoder made it shorter
        )

    def _fitting_B(self, batch: Batch) -> Tensor:
        """Whether a source has positions enough. Known before the pass: no encoder makes it longer."""
        target_BT, lengths_B = _said(batch, self.vocabulary)
        inside_BT = torch.arange(1, target_BT.shape[1], device=target_BT.device) < lengths_B[:, None]
        repeats_B = ((target_BT[:, 1:] == target_BT[:, :-1]) & inside_BT).sum(1)
        # A factor, such as "text.pos", stands in the positions of its text.
        parts = [part.mask_BS.sum(1) for name, part in batch.source.parts.items() if "." not in name]
        positions_B = torch.stack(parts).sum(0)
        fits_B: Tensor = lengths_B + repeats_B <= positions_B
        return fits_B

    def _tell(self, short: int, rows: int) -> None:
        if short and not self._told:
            self._told = True
            logger.warning(
                '"ctc" leaves out sources that are shorter than their targets: %d of %d in this batch.', short, rows
            )


def ctc_logp_BSV(head: Head, memory: Memory) -> Tensor:
    """What the head says of each of the encoder's states, the real ones first in each row."""
    order_BS = (~memory.mask_BS).int().argsort(dim=1, stable=True)
    states_BSD = memory.states_BSD.gather(1, order_BS[..., None].expand_as(memory.states_BSD))
    num_rows, num_positions, width = states_BSD.shape
    row_P = torch.arange(num_rows, device=states_BSD.device).repeat_interleave(num_positions)
    logp_PV = head(Features(hidden_PD=states_BSD.reshape(-1, width), row_P=row_P), memory)
    return logp_PV.unflatten(0, (num_rows, num_positions))


def _said(batch: Batch, vocabulary: Specials) -> tuple[Tensor, Tensor]:
    """The targets without bos and eos, and their lengths; own words are unknown to a head that copies nothing."""
    target_BT = batch.target_BT[:, 1:-1]
    return torch.where(target_BT < vocabulary.size, target_BT, vocabulary.unk), batch.target_mask_BT.sum(1) - 2
