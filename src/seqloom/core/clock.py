"""Spans of time as people say them."""

__all__ = ["clock"]


def clock(seconds: float) -> str:
    """ "2 h 05 min", "3 min 20 s", "14 s"."""
    whole = round(seconds)
    if whole >= 3600:
        return f"{whole // 3600} h {whole % 3600 // 60:02} min"
    return f"{whole // 60} min {whole % 60:02} s" if whole >= 60 else f"{whole} s"
