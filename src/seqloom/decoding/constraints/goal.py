"""What a constraint may tell a beam search of the way to its end."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Protocol, runtime_checkable

from seqloom.decoding.request import Constraint

__all__ = ["Goal"]


@runtime_checkable
class Goal(Constraint, Protocol):
    """A constraint that only asks for something to be said at some time, and so has to be brought on."""

    def remaining(self, state: Any) -> int:
        """How many tokens away it is, as the tokenizer would write what is missing."""
        ...

    def nearer(self, state: Any) -> Iterable[int]:
        """At least all tokens after which less is missing."""
        ...

    def towards(self, state: Any) -> Iterable[int]:
        """The tokens that may bring it nearer."""
        ...
