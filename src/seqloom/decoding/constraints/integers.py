"""Whole numbers between two bounds, as a regular expression."""

from __future__ import annotations

__all__ = ["between"]


def between(least: int, most: int) -> str:
    """Of all whole numbers from ``least`` to ``most``, as they are usually written."""
    ways = []
    if least < 0:
        ways += [f"-{way}" for way in _naturals(max(1, -most), -least)]
    if most >= 0:
        ways += _naturals(max(0, least), most)
    return f"({'|'.join(ways)})"


def _naturals(least: int, most: int) -> list[str]:
    """Split where the number of digits grows, and where only the last digits are free."""
    ways: list[str] = []
    while least <= most:
        end = min(most, 10 ** len(str(least)) - 1)  # as many digits
        free = 0  # of the last digits, all are in: as many as lie between 00… and 99…
        while True:
            block = 10 ** (free + 1)
            if least % block or least + block - 1 > end or block > 10 ** (len(str(least)) - 1):
                break
            free += 1
        block = 10**free
        head, digit = str(least // block)[:-1], (least // block) % 10
        last = min(9, digit + (end - least + 1) // block - 1)
        way = head + (f"[{digit}-{last}]" if last > digit else str(digit))
        ways.append(way + ("" if not free else "[0-9]" if free == 1 else f"[0-9]{{{free}}}"))
        least += (last - digit + 1) * block
    return ways
