"""The server's log: an object of JSON a line, with no text that anybody asked or was answered."""

from __future__ import annotations

import json
import logging
import sys
import traceback
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from types import MappingProxyType
from typing import Any

from seqloom.core.logging import logger as root

__all__ = ["Entry", "Lines", "show_journal", "write"]

_NOTHING: Mapping[str, Any] = MappingProxyType({})

logger = root.getChild("serve")


@dataclass(kw_only=True)
class Entry:
    """What a route knows of its request, for its line."""

    model: str = ""
    sources: int = 0
    tokens: int = 0

    def data(self) -> dict[str, Any]:
        return {key: value for key, value in vars(self).items() if value}


def write(
    event: str,
    *,
    what: Mapping[str, Any] = _NOTHING,
    error: BaseException | None = None,
    level: int = logging.INFO,
) -> None:
    """A line. Of an error there is its trace."""
    if error is not None:
        level = logging.ERROR
    if logger.isEnabledFor(level):
        logger.log(level, event, exc_info=error, extra={"what": what})


class Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "event": record.getMessage(),
            **getattr(record, "what", {}),
        }
        if record.exc_info:
            line["trace"] = "".join(traceback.format_exception(*record.exc_info))
        return json.dumps(line, ensure_ascii=False, default=str)


def show_journal(level: int = logging.INFO) -> None:
    """Write it, and what else the package has to say, to stderr."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Lines())
    root.handlers = [handler]
    root.setLevel(level)
    root.propagate = False
