"""Histories out of a table of ratings: what a user had, and what came next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from zlib import crc32

from seqloom.core.errors import DataError, RecipeError
from seqloom.data.columns import Columns
from seqloom.data.converting import ReadingSettings, rows_told
from seqloom.data.ledger import Ledger
from seqloom.data.readers import read_rows
from seqloom.data.rows import BadLine, Row
from seqloom.data.times import number_of, time_of
from seqloom.data.writing import Wanted, write_rows

__all__ = ["SEPARATOR", "Histories", "write_histories"]

SEPARATOR = " | "
"""Between the items of a history."""
_SETS = ("train", "valid", "test")
_FEWEST = 3
"""Items of a user whose last two are held out."""


@dataclass(frozen=True, kw_only=True)
class Histories:
    """Which columns say what, and how much of it a question has. Columns are names, or numbers from 1."""

    user: int | str = 1
    item: int | str = 2
    rating: int | str = 3
    time: int | str = 4
    least: float | None = None
    """Ratings below it are left out; None: the ratings are not looked at."""
    name: int | str = 2
    """Of the table of items, whose first column is the item as the ratings have it."""
    beside: tuple[int | str, ...] = ()
    """Further columns of that table, which stand behind the name in [brackets]: genres."""
    last: int = 20
    """Items of a history in train, the newest: a model reads no more. What is asked has all, so that nothing comes
    again."""

    def __post_init__(self) -> None:
        if self.last < 1:
            raise RecipeError(f"`--last` must be at least 1, but is {self.last}.")


def write_histories(
    ratings: str, folder: Path, made: Histories, *, items: str | None = None, reading: ReadingSettings
) -> list[str]:
    """Write train, valid and test into the folder; the lines that tell of it.

    The last item of each user is asked for in test, the one before it in valid, and every other one in train. A history
    is all that came before, so that nothing is learnt of what is asked.
    """
    names, lines = ({}, []) if items is None else _names(items, made, reading)
    ledger = Ledger(on_bad_line=reading.on_bad_line, side_file=folder / "bad-lines.jsonl")
    users = _users(ledger.rows(_events(ratings, made, reading)), ledger)
    nameless = {item for had in users.values() for item in had} - names.keys() if names else set()
    folder.mkdir(parents=True, exist_ok=True)
    lines += ledger.lines()
    if nameless:
        lines.append(f"items without a name in {items}, called as the ratings call them: {len(nameless):,}")
    told = {user: [names.get(item) or _plain(item) for item in had] for user, had in users.items()}
    lines.append(f"{len(users):,} users, {len({item for had in users.values() for item in had}):,} items")
    for number, name in enumerate(_SETS):
        out = str(folder / f"{name}.tsv")
        rows = _learnt(told.values(), made.last) if number == 0 else _asked(told.values(), len(_SETS) - number)
        written, _ = write_rows(out, rows, Wanted())
        lines.append(f"{name}: {rows_told(written)} written to {out}")
    return lines


def _learnt(users: Iterable[Sequence[str]], last: int) -> Iterator[Row]:
    """Every item that is not held out, after those before it."""
    for had in users:
        end = len(had) - 2 if len(had) >= _FEWEST else len(had)
        for place in range(1, end):
            yield Row(source=SEPARATOR.join(had[max(0, place - last) : place]), targets=(had[place],))


def _asked(users: Iterable[Sequence[str]], place: int) -> Iterator[Row]:
    """The last item of each user, or the one before it, after all those before it."""
    for had in users:
        if len(had) >= _FEWEST:
            yield Row(source=SEPARATOR.join(had[:-place]), targets=(had[-place],))


def _users(rows: Iterable[Row], ledger: Ledger) -> dict[str, list[str]]:
    """What each had, the oldest first.

    Of what has the same time nobody knows the order. A table is often sorted by item, which a model would learn and no
    one's next wish follows; so a checksum decides.
    """
    events: dict[str, list[tuple[float, int, str]]] = {}
    for row in rows:
        user, item = row.source, row.targets[0]
        events.setdefault(user, []).append((row.extras["time"], crc32(f"{user}\t{item}".encode()), item))
    users = {}
    for user, found in events.items():
        had = dict.fromkeys(item for _, _, item in sorted(found))
        if len(had) < len(found):
            ledger.count("left out: the user has had the item before", len(found) - len(had))
        users[user] = [*had]
    return users


# ---- reading ---------------------------------------------------------------------------------------------------------


def _events(file: str, made: Histories, reading: ReadingSettings) -> Iterator[Row | BadLine]:
    """A row an event, with its time as a number; a first line of names is none."""
    numbers = {"time": made.time} | ({} if made.least is None else {"rating": made.rating})
    columns = Columns(source=(made.user,), target=(made.item,), extras=numbers)
    for row in read_rows(file, encoding=reading.encoding, columns=columns):
        if isinstance(row, BadLine):
            yield row
            continue
        wrong = ""
        found: dict[str, float] = {}
        for name in numbers:
            value = time_of(row.extras[name]) if name == "time" else number_of(row.extras[name])
            if value is None:
                kind = "a number or a date such as 2024-05-01" if name == "time" else "a number"
                wrong = wrong or f"the {name} must be {kind}, but is `{row.extras[name]}`"
            else:
                found[name] = value
        text = f"{row.source} {row.targets[0]}"
        if wrong and row.line == 1:
            continue
        if wrong or not (row.source.strip() and row.targets[0].strip()):
            what = wrong or f"the {'item' if row.source.strip() else 'user'} is missing"
            yield BadLine(file=row.file, line=row.line, what=what, text=text)
        elif made.least is not None and found["rating"] < made.least:
            what = f"rated below {made.least:g}"
            yield BadLine(file=row.file, line=row.line, what=what, text=text, left_out=True)
        else:
            yield replace(row, source=row.source.strip(), targets=(row.targets[0].strip(),), extras=found)


def _names(file: str, made: Histories, reading: ReadingSettings) -> tuple[Mapping[str, str], list[str]]:
    """What each item is called; two of one name have their numbers behind it."""
    extras = {str(number): column for number, column in enumerate(made.beside)}
    columns = Columns(source=(1,), target=(made.name,), extras=extras)
    ledger = Ledger(on_bad_line=reading.on_bad_line)
    names = {}
    for row in ledger.rows(read_rows(file, encoding=reading.encoding, columns=columns)):
        beside = ", ".join(_plain(str(row.extras[each]), bar=", ") for each in extras)
        if name := _plain(row.targets[0]):
            names[row.source.strip()] = f"{name} [{beside}]" if beside else name
    if not names:
        raise DataError(f"{file} must have a name for each item, but has none. Say its column: `--name title`.")
    counts = Counter(names.values())
    several = {item: f"{name} ({item})" for item, name in names.items() if counts[name] > 1}
    lines = (
        [f"items that share a name with others, and have their own mark behind it: {len(several):,}"] if several else []
    )
    return names | several, lines


def _plain(text: str, *, bar: str = "/") -> str:
    """On one line, and without the sign that parts items."""
    return " ".join(text.replace(SEPARATOR.strip(), bar).split())
