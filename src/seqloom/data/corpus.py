"""Numbered pairs on disk: written once, then read from where they lie."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import BinaryIO, Self

import numpy as np

from seqloom.core.errors import DataError
from seqloom.data.numbering import Numbered
from seqloom.data.ragged import Ints, Ragged

__all__ = ["Corpus"]

_FORMAT = 1
_ABOUT = "corpus.json"
_TOGETHER = 4096
"""Pairs turned into arrays in one go."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Pairs of ids. ``copy`` shares the source's rows: an id of the target for each token of the source."""

    sources: Ragged
    targets: Ragged
    copies: Ragged | None = None

    @classmethod
    def of(cls, pairs: Sequence[Numbered]) -> Self:
        """In memory."""
        copies = [pair.copy for pair in pairs if pair.copy is not None]
        return cls(
            sources=Ragged.of([pair.source for pair in pairs]),
            targets=Ragged.of([pair.target for pair in pairs]),
            copies=Ragged.of(copies) if copies else None,
        )

    def __len__(self) -> int:
        return len(self.sources)

    def source(self, number: int) -> Ints:
        return self.sources.row(number)

    def target(self, number: int) -> Ints:
        return self.targets.row(number)

    def copy(self, number: int) -> Ints | None:
        return None if self.copies is None else self.copies.row(number)

    def pair(self, number: int) -> Numbered:
        copy = self.copy(number)
        return Numbered(
            source=self.source(number).tolist(),
            target=self.target(number).tolist(),
            copy=None if copy is None else copy.tolist(),
        )

    @property
    def source_lengths(self) -> Ints:
        return self.sources.lengths

    @property
    def target_lengths(self) -> Ints:
        return self.targets.lengths

    # ---- on disk -----------------------------------------------------------------------------------------------------

    @classmethod
    def write(cls, folder: Path, pairs: Iterable[Numbered], *, source_size: int, target_size: int) -> Self:
        """Number by number to disk, beside ``folder`` and then moved there; memory stays as it is, however many."""
        beside = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        pairs = iter(pairs)
        chosen = list(islice(pairs, _TOGETHER))
        if not chosen:
            raise DataError(
                f"{folder}: there must be pairs to write, but there is none. Check the data and `data.cleaning`."
            )
        copies = chosen[0].copy is not None
        # Own words have ids behind the vocabulary's, as many as a source is long.
        widths = {"source": _width(source_size), "target": "uint32" if copies else _width(target_size)}
        if copies:
            widths["copy"] = "uint32"
        with _Files(beside, widths) as files:
            while chosen:
                files.add("source", [pair.source for pair in chosen])
                files.add("target", [pair.target for pair in chosen])
                if copies:
                    files.add("copy", [pair.copy or () for pair in chosen])
                chosen = list(islice(pairs, _TOGETHER))
        about = {
            "format": _FORMAT,
            "widths": widths,
            "bytes": {path.name: path.stat().st_size for path in sorted(beside.iterdir())},
        }
        (beside / _ABOUT).write_text(json.dumps(about, indent=2) + "\n", encoding="utf-8")
        shutil.rmtree(folder, ignore_errors=True)
        os.replace(beside, folder)
        return cls.open(folder)

    @classmethod
    def open(cls, folder: Path) -> Self:
        """Raises DataError where the folder is not what ``write`` left."""
        path = folder / _ABOUT
        try:
            about = json.loads(path.read_text(encoding="utf-8"))
            widths, sizes, number = dict(about["widths"]), dict(about["bytes"]), about["format"]
        except FileNotFoundError:
            raise DataError(f"{folder} must hold a corpus, but has no {_ABOUT}. Number the data anew.") from None
        except (OSError, ValueError, KeyError, TypeError):
            raise DataError(f"{path} is damaged. Number the data anew.") from None
        if number != _FORMAT:
            raise DataError(f"{path} must be of format {_FORMAT}, but is of {number!r}. Number the data anew.")
        for name, size in sizes.items():
            found = (folder / name).stat().st_size if (folder / name).is_file() else 0
            if found != size:
                raise DataError(f"{folder / name} must have {size} bytes, but has {found}. Number the data anew.")
        sides = {side: _open(folder, side, width) for side, width in widths.items()}
        return cls(sources=sides["source"], targets=sides["target"], copies=sides.get("copy"))


def _width(size: int) -> str:
    return "uint16" if size <= 2**16 else "uint32"


def _open(folder: Path, side: str, width: str) -> Ragged:
    def mapped(kind: str, dtype: str) -> Ints:
        path = folder / f"{side}.{kind}"
        # A file of no bytes cannot be mapped.
        return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.zeros(0, dtype)

    return Ragged(ids=mapped("ids", width), starts=mapped("starts", "int64"), lengths=mapped("lengths", "int32"))


class _Files:
    """For each side its ids, where the rows start and how long they are."""

    def __init__(self, folder: Path, widths: dict[str, str]) -> None:
        self.widths = widths
        self.files: dict[str, BinaryIO] = {
            f"{side}.{kind}": (folder / f"{side}.{kind}").open("wb")
            for side in widths
            for kind in ("ids", "starts", "lengths")
        }
        self.written = dict.fromkeys(widths, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for file in self.files.values():
            file.close()

    def add(self, side: str, rows: Sequence[Sequence[int]]) -> None:
        made = Ragged.of(rows)
        self.files[f"{side}.ids"].write(made.ids.astype(self.widths[side]).tobytes())
        self.files[f"{side}.starts"].write((made.starts + self.written[side]).tobytes())
        self.files[f"{side}.lengths"].write(made.lengths.tobytes())
        self.written[side] += len(made.ids)
