"""What an objective may know of the target side beyond the ids of a batch."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from seqloom.core.errors import RecipeError
from seqloom.core.specials import Specials

__all__ = ["Targets"]


def _no_token(token: str) -> int | None:
    return None


def _as_numbers(ids: Sequence[int]) -> str:
    return " ".join(map(str, ids))


def _no_corpus() -> Sequence[int]:
    raise RecipeError("`balance` needs a corpus to count, but there is none. Name the tokens in `weights`.")


@dataclass(frozen=True, kw_only=True)
class Targets:
    """The target's vocabulary, and what its tokens are. Without texts at hand, ids are their own names."""

    vocabulary: Specials
    joint: bool = False
    """Whether the source has the same vocabulary."""
    smoothing: float = 0.0
    """`training.smoothing`: what an objective takes that has none of its own."""
    id_of: Callable[[str], int | None] = _no_token
    """The id of a token; None: the vocabulary lacks it."""
    text: Callable[[Sequence[int]], str] = _as_numbers
    """What an answer says; its ids may be ≥ V."""
    counts: Callable[[], Sequence[int]] = _no_corpus
    """How often each id is to be said in what is learnt from, the end included."""

    def check_tokens(self, kind: str) -> None:
        """RecipeError where targets are real-valued, of which an objective can make nothing."""
        if self.vocabulary.channels:
            raise RecipeError(
                f'`training.objectives` "{kind}" needs targets of tokens, but these are vectors. Take "cross_entropy", '
                "which is their likelihood."
            )
