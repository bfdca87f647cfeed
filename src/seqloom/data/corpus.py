"""Numbered pairs on disk: written once, then read from where they lie."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, Self

import numpy as np

from seqloom.core.errors import DataError
from seqloom.data.numbered import TARGET, Numbered, parts_of
from seqloom.data.ragged import Numbers, Ragged
from seqloom.data.stored import WHOLE_NUMBERS, Stored

__all__ = ["Corpus"]

_FORMAT = 2
_ABOUT = "corpus.json"
_TOGETHER = 4096
"""Pairs turned into arrays in one go."""


@dataclass(frozen=True, kw_only=True)
class Corpus:
    """Numbered pairs, column by column; ``Numbered`` has their names. A new kind of column is a name and a dtype."""

    columns: Mapping[str, Ragged]

    @classmethod
    def of(cls, pairs: Sequence[Numbered], stored: Mapping[str, Stored] | None = None) -> Self:
        """In memory; a column of which nothing is said has one whole number a position."""
        names = pairs[0].columns if pairs else ()
        known = stored or {}
        return cls(
            columns={
                name: Ragged.of([pair.columns[name] for pair in pairs], known.get(name, WHOLE_NUMBERS))
                for name in names
            }
        )

    def __len__(self) -> int:
        return len(self.columns[TARGET])

    def pair(self, number: int) -> Numbered:
        return Numbered(columns={name: column.row(number).tolist() for name, column in self.columns.items()})

    @property
    def parts(self) -> list[str]:
        """The columns that are parts of the source."""
        return parts_of(self.columns)

    @property
    def stored(self) -> dict[str, Stored]:
        """How each column lies."""
        return {name: column.stored for name, column in self.columns.items()}

    @cached_property
    def source_lengths(self) -> Numbers:
        """Positions of all the source's parts together; a factor stands in the positions of its text."""
        first, *others = [self.columns[name].lengths for name in self.parts if "." not in name]
        return sum(others, start=first)

    @property
    def target_lengths(self) -> Numbers:
        return self.columns[TARGET].lengths

    # ---- on disk -----------------------------------------------------------------------------------------------------

    @classmethod
    def write(cls, folder: Path, pairs: Iterable[Numbered], *, stored: Mapping[str, Stored]) -> Self:
        """Number by number to disk, beside ``folder`` and then moved there; memory stays as it is, however many.

        ``stored`` names the columns.
        """
        beside = folder.with_name(f"{folder.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        pairs = iter(pairs)
        chosen = list(islice(pairs, _TOGETHER))
        if not chosen:
            raise DataError(
                f"{folder}: there must be pairs to write, but there is none. Check the data and `data.cleaning`."
            )
        with _Files(beside, stored) as files:
            while chosen:
                for name in stored:
                    files.add(name, [pair.columns[name] for pair in chosen])
                chosen = list(islice(pairs, _TOGETHER))
        about = {
            "format": _FORMAT,
            "columns": {name: asdict(each) for name, each in stored.items()},
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
            number = about["format"]
            if number != _FORMAT:
                raise DataError(
                    f"{path} must be of format {_FORMAT}, but is of {number!r}: of another version of Seqloom. "
                    "Number the data anew."
                )
            columns = {name: Stored(**each) for name, each in about["columns"].items()}
            sizes = dict(about["bytes"])
        except FileNotFoundError:
            raise DataError(f"{folder} must hold a corpus, but has no {_ABOUT}. Number the data anew.") from None
        except (OSError, ValueError, KeyError, TypeError, AttributeError):
            raise DataError(f"{path} is damaged. Number the data anew.") from None
        for name, size in sizes.items():
            found = (folder / name).stat().st_size if (folder / name).is_file() else 0
            if found != size:
                raise DataError(f"{folder / name} must have {size} bytes, but has {found}. Number the data anew.")
        return cls(columns={name: _open(folder, name, stored) for name, stored in columns.items()})


def _open(folder: Path, name: str, stored: Stored) -> Ragged:
    def mapped(kind: str, dtype: str) -> Numbers:
        path = folder / f"{name}.{kind}"
        # A file of no bytes cannot be mapped.
        return np.memmap(path, dtype=dtype, mode="r") if path.stat().st_size else np.zeros(0, dtype)

    values = mapped("values", stored.dtype)
    return Ragged(
        values=values.reshape(-1, stored.channels) if stored.channels else values,
        starts=mapped("starts", "int64"),
        lengths=mapped("lengths", "int32"),
    )


class _Files:
    """For each column its values, where the rows start and how long they are."""

    def __init__(self, folder: Path, stored: Mapping[str, Stored]) -> None:
        self.stored = stored
        self.files: dict[str, BinaryIO] = {
            f"{name}.{kind}": (folder / f"{name}.{kind}").open("wb")
            for name in stored
            for kind in ("values", "starts", "lengths")
        }
        self.written = dict.fromkeys(stored, 0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *error: object) -> None:
        for file in self.files.values():
            file.close()

    def add(self, name: str, rows: Sequence[Sequence[Any]]) -> None:
        made = Ragged.of(rows, self.stored[name])
        self.files[f"{name}.values"].write(made.values.tobytes())
        self.files[f"{name}.starts"].write((made.starts + self.written[name]).tobytes())
        self.files[f"{name}.lengths"].write(made.lengths.tobytes())
        self.written[name] += len(made.values)
