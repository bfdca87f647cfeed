"""What is worth saying of an inspection, the most important first."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from seqloom.data.inspecting.finding import Finding, Level
from seqloom.data.inspecting.inspection import Inspection
from seqloom.data.inspecting.odd_pairs import ODD_PAIRS
from seqloom.data.inspecting.whole_files import REPEATED, SHAPE, WRONG

__all__ = ["findings_of"]

_ORDER: dict[Level, int] = {"bad": 0, "warn": 1, "note": 2}
_LOOKS: Sequence[Callable[[Inspection], Iterator[Finding]]] = (*WRONG, *ODD_PAIRS, *REPEATED, *SHAPE)


def findings_of(found: Inspection) -> list[Finding]:
    """The worst first, and of equals what would do most harm, as ``_LOOKS`` has it."""
    every = [finding for look in _LOOKS for finding in look(found)]
    return sorted(every, key=lambda finding: _ORDER[finding.level])
