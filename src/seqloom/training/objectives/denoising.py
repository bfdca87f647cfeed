"""Denoising: a sequence is made again from a damaged copy; from a whole one it is a plain autoencoder."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Literal

import torch
from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.core.settings import Count, Rate, Scale
from seqloom.core.specials import Specials
from seqloom.nn.contracts import Batch, Loss, Reads, Run
from seqloom.nn.memory import Part, SourceBatch
from seqloom.training.noise import Noise
from seqloom.training.objectives.cross_entropy import smoothed
from seqloom.training.objectives.targets import Targets
from seqloom.training.objectives.weight import WeightSettings

__all__ = ["Denoising", "DenoisingSettings"]

Side = Literal["target", "source"]


@dataclass(frozen=True, kw_only=True)
class DenoisingSettings(WeightSettings):
    """The denoising."""

    kind: Literal["denoising"] = "denoising"
    side: Side = "target"
    """Which side's sequences are made again. They are both read and said, so both sides must have one vocabulary."""
    mask: Rate = 0.0
    """Share of the tokens that are read as unknown (Lewis et al. 2020, section 2.2, "token masking")."""
    delete: Rate = 0.0
    """Share of the tokens that are left out ("token deletion")."""
    permute: Count = 0
    """How far a token may stand from its place (Lample et al. 2018, section 2.3)."""
    infill: Rate = 0.0
    """Share of the tokens in stretches of which one unknown token is left ("text infilling")."""
    stretch: Scale = 3.0
    """Mean length of such a stretch, by Poisson's distribution."""
    smoothing: Rate | None = None
    """Share of the target's weight that all tokens get alike; `training.smoothing` if left out."""

    def build(self, targets: Targets) -> Denoising:
        targets.check_tokens(self.kind)
        if not targets.joint:
            raise RecipeError(
                '`training.objectives` "denoising" reads and says the same tokens, so it needs one vocabulary for both '
                "sides, but there are two. Set `data.joint = true`."
            )
        return Denoising(
            vocabulary=targets.vocabulary,
            side=self.side,
            noise=Noise(
                mask=self.mask, delete=self.delete, permute=self.permute, infill=self.infill, stretch=self.stretch
            ),
            smoothing=targets.smoothing if self.smoothing is None else self.smoothing,
        )


@dataclass(frozen=True, kw_only=True)
class Denoising:
    """-log p(y | damaged y) (Hill et al. 2016, section 2.2), in a pass of its own over one side of the batch."""

    reads: ClassVar[Reads] = "batch"

    vocabulary: Specials
    noise: Noise
    side: Side = "target"
    smoothing: float = 0.0

    def count(self, batch: Batch) -> Tensor:
        _, mask_BS = self._clean(batch)
        return mask_BS.sum() + len(mask_BS)  # the end is said too

    def __call__(self, run: Run) -> Loss:
        own = run.model(self.damaged(run.batch), step=run.step)
        keep_BT = own.batch.keep_BT
        scored = own.head.score(own.output.pick(keep_BT), own.memory, own.batch.outputs_BT[keep_BT])
        return Loss(total=-smoothed(scored, self.smoothing).sum(), count=keep_BT.sum())

    def damaged(self, batch: Batch) -> Batch:
        """One side, damaged, as the source of itself."""
        if batch.source.parts.keys() != {"text"}:
            raise RecipeError(
                '`training.objectives` "denoising" reads texts, but the sources of this model are '
                f"{', '.join(sorted(batch.source.parts))}. Leave it out."
            )
        ids_BS, mask_BS = self._clean(batch)
        read_BS, read_mask_BS = self.noise(ids_BS, mask_BS, unk=self.vocabulary.unk)
        source = SourceBatch(
            parts={"text": Part(values=read_BS, mask_BS=read_mask_BS)},
            copy_BS=None if batch.source.copy_BS is None else read_BS,
        )
        if self.side == "target":
            target_BT = torch.where(batch.target_BT < self.vocabulary.size, batch.target_BT, self.vocabulary.unk)
            return Batch(source=source, target_BT=target_BT, target_mask_BT=batch.target_mask_BT)
        target_BT, target_mask_BT = self._between_ends(ids_BS, mask_BS)
        return Batch(source=source, target_BT=target_BT, target_mask_BT=target_mask_BT)

    def _clean(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """The side's tokens without bos and eos; a row's own words are unknown here."""
        if self.side == "target":
            ids_BS = batch.target_BT[:, 1:-1]
            lengths_B = batch.target_mask_BT.sum(1) - 2
            mask_BS = torch.arange(ids_BS.shape[1], device=ids_BS.device) < lengths_B[:, None]
        else:
            text = batch.source.parts["text"]
            ids_BS, mask_BS = text.values, text.mask_BS
        return torch.where(ids_BS < self.vocabulary.size, ids_BS, self.vocabulary.unk), mask_BS

    def _between_ends(self, ids_BS: Tensor, mask_BS: Tensor) -> tuple[Tensor, Tensor]:
        """Rows as targets: bos, the tokens, eos, padding."""
        pad_B2 = ids_BS.new_full((len(ids_BS), 2), self.vocabulary.pad)
        lengths_B = mask_BS.sum(1)
        target_BT = torch.cat([torch.where(mask_BS, ids_BS, self.vocabulary.pad), pad_B2], 1).roll(1, 1)
        target_BT[:, 0] = self.vocabulary.bos
        target_BT.scatter_(1, lengths_B[:, None] + 1, self.vocabulary.eos)
        return target_BT, torch.arange(target_BT.shape[1], device=ids_BS.device) < lengths_B[:, None] + 2
