"""Who may ask."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from pathlib import Path

from fastapi import Request
from fastapi.security import APIKeyHeader, HTTPBearer

from seqloom.core.errors import DataError
from seqloom.serve.problems import Refusal

__all__ = ["BEARER", "HEADER", "Keys", "offered", "read_keys"]

BEARER = HTTPBearer(auto_error=False, description="A key of the server's file.")
HEADER = APIKeyHeader(name="X-Api-Key", auto_error=False, description="The same key in a header of its own.")


class Keys:
    """Those of a server. Compared such that the time it takes tells nothing of them."""

    def __init__(self, keys: Sequence[str]) -> None:
        self._keys = [key.encode() for key in keys]

    def allow(self, key: str | None) -> bool:
        if not self._keys:
            return True
        given = (key or "").encode("utf-8", "surrogatepass")
        return sum(hmac.compare_digest(given, each) for each in self._keys) > 0

    def check(self, request: Request, given: str | None = None) -> None:
        """Refuse who has none. ``given``: a key that came in the body or the query."""
        if not self.allow(offered(request) if given is None else given):
            raise Refusal(401, "a key is needed, as `Authorization: Bearer KEY`, and must be one of the server's.")


def offered(request: Request) -> str | None:
    """The key in a request's headers."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    return key.strip() if scheme.lower() == "bearer" and key.strip() else request.headers.get("x-api-key")


def read_keys(path: Path) -> tuple[str, ...]:
    """One a line; what follows on a `#` is a comment."""
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        raise DataError(f"{path}: must be a file of keys in UTF-8, one a line, but cannot be read.") from None
    keys = tuple(key for line in lines if (key := line.partition("#")[0].strip()))
    if not keys:
        raise DataError(f"{path}: must have a key at least, but has none. Write one on a line of its own.")
    if short := next((number for number, key in enumerate(keys, start=1) if len(key) < 16), None):
        raise DataError(f"{path}: key {short} must have 16 characters at least, so that nobody guesses it.")
    return keys
