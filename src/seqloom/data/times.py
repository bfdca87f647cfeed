"""Numbers and times as tables write them."""

from __future__ import annotations

from datetime import UTC, datetime

__all__ = ["number_of", "time_of"]


def number_of(value: object) -> float | None:
    """None where it is none."""
    try:
        return float(str(value))
    except ValueError:
        return None


def time_of(value: object) -> float | None:
    """In seconds, whichever way it is written: a number stays as it is."""
    number = number_of(value)
    if number is not None:
        return number
    try:
        found = datetime.fromisoformat(str(value).strip())
    except ValueError:
        return None
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()
