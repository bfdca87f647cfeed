"""How a server is set up."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from seqloom.core.engines import EngineName
from seqloom.core.settings import Amount, Count, Positive, Scale

__all__ = ["ServeSettings"]


@dataclass(frozen=True, kw_only=True)
class ServeSettings:
    """The server."""

    engine: EngineName = "auto"
    trust: tuple[str, ...] = ()
    """Packages whose parts the models may run."""
    keys: tuple[str, ...] = ()
    """Those who have one of them are answered; none: everybody is."""
    cors: tuple[str, ...] = ()
    """Origins whose pages may ask; "*" is any."""
    runs: Path | None = None
    """Where training runs are that the page may show."""
    otlp: str = ""
    """Address of a collector of OpenTelemetry that is told of every request."""
    patterns: bool = False
    """Take regular expressions and JSON schemas from clients. A hostile one can keep a core busy for minutes."""

    max_queue: Positive = 256
    """Questions to a model that may be under way; beyond it, clients are asked to come again."""
    max_client: Count = 0
    """Requests of one client that may be under way, by its key or else its address; 0: any number."""
    max_sources: Positive = 128
    """Questions of one request."""
    max_body: Positive = 4 << 20
    """Bytes."""
    max_text: Positive = 10_000
    """Characters of a question."""
    max_tokens: Positive = 1024
    """What a client may set an answer's length to."""
    max_beam: Positive = 64

    deadline: Scale = 60.0
    """Seconds for a request's answer."""
    upload: Scale = 30.0
    """Seconds for a request to arrive."""
    drain: Scale = 30.0
    """Seconds that a server which is told to stop gives to what it has accepted."""
    reload_every: Amount = 2.0
    """Seconds between two looks at the models' folders; 0: none is ever looked at again."""
    cache: Count = 1024
    """Answers that are remembered for each model."""
