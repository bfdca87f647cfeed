"""What objectives need of the pass that they share, and whether a model can give it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Self, get_args

from torch import Tensor

from seqloom.core.errors import RecipeError
from seqloom.models.encoder_decoder import EncoderDecoder
from seqloom.nn.contracts import Objective, Reads, Run, WantedAttention, most_attention

__all__ = ["Wants", "attention_of"]


@dataclass(frozen=True, kw_only=True)
class Wants:
    """The most that any one of some objectives needs."""

    reads: Reads = "batch"
    attention: WantedAttention = "none"
    terms: tuple[str, ...] = ()
    alone: bool = False

    @classmethod
    def of(cls, objectives: Sequence[Objective]) -> Self:
        reads: list[Reads] = [getattr(objective, "reads", "output") for objective in objectives]
        shown: list[WantedAttention] = [getattr(objective, "attention", "none") for objective in objectives]
        return cls(
            reads=max(reads, key=get_args(Reads).index, default="batch"),
            attention=most_attention(*shown),
            terms=tuple(term for objective in objectives for term in getattr(objective, "terms", ())),
            alone=any(getattr(objective, "alone", False) for objective in objectives),
        )

    def check(self, model: EncoderDecoder, objectives: Sequence[Objective]) -> None:
        """RecipeError where the model's parts cannot give it; an objective may have a ``check`` of its own."""
        for objective in objectives:
            if hasattr(objective, "check"):
                objective.check(model)
        if self.attention != "none" and model.decoder.shape.context is None:
            raise RecipeError(
                "`training.objectives` looks at attention, but this decoder attends to nothing. Give it an attention, "
                "or leave `coverage` and `alignment` out."
            )

    def check_terms(self, losses: Mapping[str, Tensor]) -> None:
        """RecipeError where an encoder has terms that nothing would make smaller."""
        for name in losses:
            if name not in self.terms:
                raise RecipeError(
                    f'`training.objectives` must have what reads the encoder\'s "{name}", but has not. Add '
                    f'`{{ kind = "{name}" }}`.'
                )


def attention_of(run: Run, kind: str) -> Tensor:
    """One matrix of weights a row, in single precision at least; RecipeError where the decoder does not show it."""
    attention_BTS = run.output.attention_NTS
    if attention_BTS is None:
        raise RecipeError(
            f'`training.objectives` "{kind}" needs a decoder that shows its attention, but this one does not. '
            "Take another decoder, or leave it out."
        )
    return attention_BTS if attention_BTS.dtype.itemsize > 2 else attention_BTS.float()
