"""Archives of one file, as their names say: read in blocks, and written."""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import PurePath
from types import MappingProxyType
from typing import IO

from seqloom.core.errors import DataError

__all__ = ["kind_of", "packed", "unpacked", "without_packing"]

_KINDS: Mapping[str, str] = MappingProxyType({".gz": "gzip", ".xz": "xz", ".bz2": "bzip2", ".zst": "zstandard"})
_BLOCK = 1 << 18
_LEVEL = 6
_WIDEST_WINDOW = 1 << 31
"""What `zstd --long=31` writes, the longest there is."""


def kind_of(file: str) -> str:
    """ "gzip" of train.tsv.gz; "" of what is not packed."""
    return _KINDS.get(PurePath(file).suffix.lower(), "")


def without_packing(file: str) -> str:
    """train.tsv of train.tsv.gz."""
    return str(PurePath(file).with_suffix("")) if kind_of(file) else file


def unpacked(file: str) -> Iterator[bytes]:
    """What is in it, in blocks; of an archive that has several parts, all of them."""
    kind = kind_of(file)
    try:
        yield from _frames(file) if kind == "zstandard" else _stream(file, kind)
    except EOFError as error:
        raise DataError(f"{file}: its end is missing. Copy or download it again.") from error
    except _DamagedError as error:
        line = f"{file} must be a {kind} archive, as its name says, but is none or is damaged. Make it anew."
        raise DataError(line) from error


@contextmanager
def packed(raw: IO[bytes], kind: str) -> Iterator[IO[bytes]]:
    """What packs into ``raw``, the same bytes whenever and wherever it is done."""
    if kind == "gzip":
        with gzip.GzipFile(filename="", fileobj=raw, mode="wb", compresslevel=_LEVEL, mtime=0) as stream:
            yield stream  # type: ignore[misc]
    elif kind == "xz":
        import lzma

        with lzma.open(raw, "wb") as stream:
            yield stream
    elif kind == "bzip2":
        import bz2

        with bz2.open(raw, "wb") as stream:
            yield stream
    elif kind == "zstandard":
        import zstandard

        with zstandard.ZstdCompressor().stream_writer(raw, closefd=False) as stream:
            yield stream
    else:
        yield raw


class _DamagedError(Exception):
    """It is no archive of the kind, or no longer."""


def _stream(file: str, kind: str) -> Iterator[bytes]:
    opened, damage = _opened(file, kind)
    with opened:
        try:
            while block := opened.read(_BLOCK):
                yield block
        except damage as error:
            raise _DamagedError from error
        except OSError as error:
            if error.errno is not None:  # the disk's fault
                raise
            raise _DamagedError from error


def _opened(file: str, kind: str) -> tuple[IO[bytes], tuple[type[Exception], ...]]:
    """And what its library raises of a damaged one, besides an OSError without a number."""
    if kind == "xz":
        import lzma

        return lzma.open(file), (lzma.LZMAError,)
    if kind == "bzip2":
        import bz2

        return bz2.open(file), ()
    return gzip.open(file), (zlib.error,)  # type: ignore[return-value]


def _frames(file: str) -> Iterator[bytes]:
    """Of a zstandard archive. Its library would take an archive's loss of its end for the end."""
    import zstandard

    unpacker = zstandard.ZstdDecompressor(max_window_size=_WIDEST_WINDOW)
    frame = unpacker.decompressobj()
    inside = False
    with open(file, "rb") as opened:
        while block := opened.read(_BLOCK):
            while block:
                try:
                    told = frame.decompress(block)
                except zstandard.ZstdError as error:
                    raise _DamagedError from error
                if told:
                    yield told
                inside = not frame.eof
                block = frame.unused_data if frame.eof else b""
                if frame.eof:
                    frame = unpacker.decompressobj()
    if inside:
        raise EOFError
