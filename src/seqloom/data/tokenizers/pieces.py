"""The pieces in a sentencepiece model's file, which is a message in Protocol Buffers: its first field is a piece."""

from __future__ import annotations

from collections.abc import Collection, Iterator

__all__ = ["only_pieces"]

_PIECE = 0x0A
"""Field 1, of so many bytes."""


def only_pieces(model: bytes, ids: Collection[int]) -> bytes:
    """The model with these pieces alone, in their order. Everything else stays as it is, byte for byte."""
    kept, number = bytearray(), 0
    for tag, field in _fields(model):
        if tag == _PIECE:
            number += 1
            if number - 1 not in ids:
                continue
        kept += field
    return bytes(kept)


def _fields(message: bytes) -> Iterator[tuple[int, bytes]]:
    """Each field's tag, and all its bytes."""
    place = 0
    while place < len(message):
        start = place
        tag, place = _varint(message, place)
        match tag & 7:
            case 0:
                _, place = _varint(message, place)
            case 1:
                place += 8
            case 2:
                length, place = _varint(message, place)
                place += length
            case 5:
                place += 4
            case kind:
                raise AssertionError(f"sentencepiece wrote a field of kind {kind}")
        yield tag, message[start:place]


def _varint(message: bytes, place: int) -> tuple[int, int]:
    """Seven bits a byte, the lowest first; where the next field begins."""
    value = shift = 0
    while True:
        byte = message[place]
        place += 1
        value |= (byte & 0x7F) << shift
        if byte < 0x80:
            return value, place
        shift += 7
