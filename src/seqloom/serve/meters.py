"""What is counted, in the form that Prometheus reads."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

__all__ = ["Meters"]

_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
_SIZES = (1, 2, 4, 8, 16, 32, 64, 128, 256)


class Meters:
    """One server's. Several servers in one process have each their own."""

    def __init__(self) -> None:
        self.registry = all_ = CollectorRegistry()
        of = ("model",)
        self.requests = Counter("seqloom_requests", "Requests.", ("route", "status"), registry=all_)
        self.seconds = Histogram(
            "seqloom_request_seconds",
            "From a request's first byte to its answer's last.",
            ("route",),
            buckets=_SECONDS,
            registry=all_,
        )
        self.queue = Gauge("seqloom_queue_length", "Questions under way.", of, registry=all_)
        self.batch = Histogram(
            "seqloom_batch_size", "Questions that share a step of an engine.", of, buckets=_SIZES, registry=all_
        )
        self.tokens = Counter("seqloom_tokens", "Tokens of answers.", of, registry=all_)
        self.answers = Counter("seqloom_answers", "Questions that an engine has answered.", of, registry=all_)
        self.cancelled = Counter("seqloom_cancelled", "Questions that nobody waits for any more.", of, registry=all_)
        self.hits = Counter(
            "seqloom_cache_hits", "Questions answered from memory, or along with their equals.", of, registry=all_
        )
        self.reloads = Counter("seqloom_reloads", "Looks at a new model.", ("model", "result"), registry=all_)

    def text(self) -> bytes:
        return generate_latest(self.registry)
