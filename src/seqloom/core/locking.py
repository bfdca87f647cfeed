"""A file that one process holds: the kernel lets go of it when the process ends, however it ends."""

from __future__ import annotations

import os
import sys

__all__ = ["acquire"]


if sys.platform == "win32":
    import msvcrt

    def acquire(descriptor: int) -> bool:
        """Hold an open file as long as it stays open; False where another process does."""
        os.lseek(descriptor, 1 << 30, os.SEEK_SET)  # beyond the text, which others must be able to read
        try:
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True

else:
    import fcntl

    def acquire(descriptor: int) -> bool:
        """Hold an open file as long as it stays open; False where another process does."""
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True
