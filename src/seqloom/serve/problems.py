"""What a client is told when it is not answered."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any, TypeAlias

__all__ = ["TYPES", "Problem", "Refusal", "headers_of"]

TYPES = {
    400: "invalid_request",
    401: "unauthorized",
    404: "not_found",
    405: "invalid_request",
    408: "deadline",
    413: "too_large",
    415: "invalid_request",
    422: "invalid_request",
    429: "overloaded",
    431: "too_large",
    500: "internal",
    503: "overloaded",
    504: "deadline",
}
"""What our own routes call each status."""


class Refusal(Exception):  # noqa: N818 - most are no errors
    """A request that is not answered. Each API says it in its own words: see ``Problem``."""

    def __init__(self, status: int, message: str, *, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.message = message
        """One sentence, without a path, a trace or what was asked."""
        self.retry_after = retry_after
        """Seconds after which it is worth to come again."""


Problem: TypeAlias = Callable[[Refusal, str], dict[str, Any]]
"""A refusal and the request's id, as the JSON of one API."""


def headers_of(refusal: Refusal) -> dict[str, str]:
    headers = {}
    if refusal.retry_after is not None:
        headers["Retry-After"] = str(max(1, math.ceil(refusal.retry_after)))
    if refusal.status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    if refusal.status in (408, 413):
        headers["Connection"] = "close"  # what is left of its body nobody reads
    return headers
