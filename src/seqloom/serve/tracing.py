"""Spans of requests for a collector of OpenTelemetry: one a request, told over HTTP as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.request import Request as Post
from urllib.request import urlopen

import seqloom
from seqloom.core.errors import MissingExtraError

__all__ = ["Tracing"]

_SECONDS = 5.0
"""For a collector to take what it is told."""


class Tracing:
    """What asks others with a `traceparent` header is found again as its parent."""

    def __init__(self, url: str) -> None:
        """``url`` of the collector; spans go to `/v1/traces` there."""
        try:
            from opentelemetry.sdk.resources import Resource
            from opentelemetry.sdk.trace import TracerProvider
            from opentelemetry.sdk.trace.export import BatchSpanProcessor, SpanExporter, SpanExportResult
            from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
        except ImportError:
            raise MissingExtraError("seqloom serve --otlp", extra="telemetry") from None

        class Exporter(SpanExporter):
            def export(self, spans: Sequence[Any]) -> SpanExportResult:
                body = json.dumps(_spans(spans)).encode()
                post = Post(f"{url.rstrip('/')}/v1/traces", body, {"Content-Type": "application/json"})
                try:
                    with urlopen(post, timeout=_SECONDS):
                        return SpanExportResult.SUCCESS
                except OSError:  # a collector that is away keeps nobody from an answer
                    return SpanExportResult.FAILURE

        self._provider = TracerProvider(resource=Resource({"service.name": "seqloom"}), shutdown_on_exit=False)
        self._provider.add_span_processor(BatchSpanProcessor(Exporter()))
        self._tracer = self._provider.get_tracer("seqloom", seqloom.__version__)
        self._parents = TraceContextTextMapPropagator()

    def tell(self, name: str, *, begun: int, ended: int, headers: Mapping[str, str], what: Mapping[str, Any]) -> None:
        """A request that is over; times are nanoseconds since 1970."""
        from opentelemetry.trace import SpanKind, Status, StatusCode

        parent = self._parents.extract({"traceparent": headers.get("traceparent", "")})
        span = self._tracer.start_span(name, parent, SpanKind.SERVER, attributes=what, start_time=begun)
        if what["http.response.status_code"] >= 500:
            span.set_status(Status(StatusCode.ERROR))
        span.end(ended)

    def close(self) -> None:
        """What is not told yet is told now."""
        self._provider.shutdown()


def _spans(spans: Sequence[Any]) -> dict[str, Any]:
    """As OTLP writes them in JSON."""
    scope = {"name": "seqloom", "version": seqloom.__version__}
    resource = {"attributes": _attributes(spans[0].resource.attributes)}
    return {"resourceSpans": [{"resource": resource, "scopeSpans": [{"scope": scope, "spans": [*map(_span, spans)]}]}]}


def _span(span: Any) -> dict[str, Any]:
    data = {
        "traceId": f"{span.context.trace_id:032x}",
        "spanId": f"{span.context.span_id:016x}",
        "name": span.name,
        "kind": span.kind.value + 1,  # OTLP counts from 1
        "startTimeUnixNano": str(span.start_time),
        "endTimeUnixNano": str(span.end_time),
        "attributes": _attributes(span.attributes),
        "status": {"code": span.status.status_code.value},
    }
    return data if span.parent is None else {**data, "parentSpanId": f"{span.parent.span_id:016x}"}


def _attributes(attributes: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [
        {"key": key, "value": {"intValue": str(value)} if isinstance(value, int) else {"stringValue": str(value)}}
        for key, value in attributes.items()
    ]
