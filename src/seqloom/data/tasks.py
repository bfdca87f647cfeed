"""What a recipe says of the data of a further task."""

from __future__ import annotations

from dataclasses import dataclass

from seqloom.core.settings import Count, Scale
from seqloom.data.tokenizers import TokenizerSettings

__all__ = ["TaskDataSettings"]


@dataclass(frozen=True, kw_only=True)
class TaskDataSettings:
    """The task's data."""

    train: tuple[str, ...] = ()
    """Files to learn from."""
    valid: tuple[str, ...] = ()
    """Files to measure it on while it learns. None: `data.held_out` of its training pairs."""
    test: tuple[str, ...] = ()
    source_columns: tuple[int | str, ...] = ()
    """None: as the main task's."""
    target_columns: tuple[int | str, ...] = ()
    target_tokenizer: TokenizerSettings | None = None
    """Learnt from its own targets; None: of the kind of the main task's."""
    max_target: Count = 256
    share: Scale = 1.0
    """Batches of it for each one of the main task (α of Luong et al. 2016)."""
