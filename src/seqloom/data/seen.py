"""What was seen before, remembered by its hash alone."""

from __future__ import annotations

from array import array
from hashlib import blake2b

__all__ = ["Seen"]

_FIRST_SIZE = 1 << 12


class Seen:
    """A set of texts that takes 12 to 24 bytes for each, whatever its length.

    Of ten million texts that differ, two have the same 64 bits with a probability of three in a million.
    """

    def __init__(self) -> None:
        self._slots = array("Q", bytes(8 * _FIRST_SIZE))
        self._count = 0

    def __len__(self) -> int:
        return self._count

    @property
    def bytes_used(self) -> int:
        return self._slots.itemsize * len(self._slots)

    def add(self, text: str) -> bool:
        """Whether it is new."""
        # 0 stands for an empty slot.
        key = int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "little") or 1
        if not self._put(key):
            return False
        self._count += 1
        if 3 * self._count > 2 * len(self._slots):
            self._grow()
        return True

    def _put(self, key: int) -> bool:
        slots = self._slots
        last = len(slots) - 1
        place = key & last
        while slots[place]:
            if slots[place] == key:
                return False
            place = (place + 1) & last
        slots[place] = key
        return True

    def _grow(self) -> None:
        keys = self._slots
        self._slots = array("Q", bytes(8 * 2 * len(keys)))
        for key in keys:
            if key:
                self._put(key)
