"""Which columns of a table are the source and which the target."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from seqloom.core.errors import DataError, RecipeError
from seqloom.core.wording import nearest, show
from seqloom.data.rows import BadLine, Row

__all__ = ["FIRST_TWO", "Columns", "Layout", "Table", "find_layout"]


@dataclass(frozen=True, kw_only=True)
class Columns:
    """Columns by number from 1, or by name; several on one side are joined by a TAB."""

    source: tuple[int | str, ...] = ()
    """() is the one named "source", or else the first."""
    target: tuple[int | str, ...] = ()
    """() is the one named "target", or else the second."""
    extras: Mapping[str, int | str] = field(default_factory=dict)
    """Further columns, each by the name under which ``Row.extras`` shall have it."""
    listed: str = ""
    """Rows that are lists, of any length each: where no ``source`` is named, a line of a table is one, all its columns
    the source, parted by TABs; of an object the list stands under this key, or under the source's."""
    numbers: frozenset[str] = frozenset()
    """Of "source" and "target" those that are series of numbers: lists of them, where a format has lists."""

    @property
    def whole_lines(self) -> bool:
        """Whether a line of a table is a list, as long as no header says otherwise."""
        return bool(self.listed) and not self.source and not self.extras

    def __post_init__(self) -> None:
        for side, columns in (("source", self.source), ("target", self.target)):
            for column in columns:
                if isinstance(column, int) and column < 1:
                    raise RecipeError(f"{side}_columns must be names or numbers from 1, but has {column}.")
        for name, column in self.extras.items():
            if isinstance(column, int) and column < 1:
                raise RecipeError(f"the column of `{name}` must be a name or a number from 1, but is {column}.")


_SHOWN = 4
FIRST_TWO = Columns()
"""Those named "source" and "target", or else the first and the second."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """What messages call the columns of a format."""

    noun: str
    separator: str
    separate: str
    """How to part a source from its target."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where source and target stand in each record of one file."""

    file: str
    table: Table
    source: tuple[int, ...]
    target: tuple[int, ...]
    """() where a table of sources has no target."""
    extras: Mapping[str, int]
    fewest: int
    most: int | None
    """None: whoever names columns by number may have more of them, which are not read."""
    header: bool
    sources_only: bool

    def row(self, cells: Sequence[str], line: int) -> Row | BadLine:
        """What a record says. One without any text is a row with empty sides, which cleaning drops and counts."""
        found = len(cells)
        if found < self.fewest or (self.most is not None and found > self.most):
            if any(cells) or found > 1:
                what = self._what(found)
                return BadLine(file=self.file, line=line, what=what, text=self.table.separator.join(cells))
            return Row(source="", targets=() if self.sources_only else ("",), file=self.file, line=line)
        source, target = self.source, self.target
        extras = {name: cells[place] for name, place in self.extras.items()} if self.extras else {}
        # One column a side is the rule, and spared the joining: this runs a million times.
        text = cells[source[0]] if len(source) == 1 else "\t".join([cells[index] for index in source])
        if len(target) == 1 and target[0] < found:
            return Row(source=text, targets=(cells[target[0]],), extras=extras, file=self.file, line=line)
        if not target or max(target) >= found:
            return Row(source=text, extras=extras, file=self.file, line=line)
        said = "\t".join([cells[index] for index in target])
        return Row(source=text, targets=(said,), extras=extras, file=self.file, line=line)

    def _what(self, found: int) -> str:
        if self.most is None:
            number = f"at least {self.fewest}"
        else:
            number = str(self.most) if self.fewest == self.most else f"{self.fewest} or {self.most}"
        what = f"expected {number} {self.table.noun}, found {found}"
        if self.most is not None and found > self.most and not self.header:
            what += "; if all have them, name those to read in `data.source_columns` and `data.target_columns`"
        return what


def find_layout(
    records: Sequence[Sequence[str]], columns: Columns, *, file: str, table: Table, sources_only: bool
) -> Layout:
    """By the first records of a file; a DataError where none of them has the columns that are wanted."""
    records = [record for record in records if any(record)]
    names = [cell.strip() for cell in records[0]] if records else []
    named = any(isinstance(column, str) for column in (*columns.source, *columns.target, *columns.extras.values()))
    header = named or {"source", "target"} <= set(names)
    source = _places(columns.source, "source", names, header=header, file=file, optional=False)
    target = _places(columns.target, "target", names, header=header, file=file, optional=sources_only)
    extras = {
        name: _places((column,), name, names, header=header, file=file, optional=False)[0]
        for name, column in columns.extras.items()
    }
    if sources_only and not columns.target and {*source, *extras.values()} & set(target):
        target = ()
    if not columns.target and set(source) & set(target):
        raise DataError(
            f"{file}: column {target[0] + 1}, which would be the target, is among the source's. "
            "Name the target in `data.target_columns`."
        )
    layout = Layout(
        file=file,
        table=table,
        source=source,
        target=target,
        extras=extras,
        fewest=len(names) if header else max((*source, *(() if sources_only else target), *extras.values())) + 1,
        most=len(names) if header else None if columns.source or columns.target or extras else 2,
        header=header,
        sources_only=sources_only,
    )
    if records and all(isinstance(layout.row(record, 1), BadLine) for record in records):
        raise DataError(_misfit(records, layout, columns))
    return layout


def _places(
    wanted: tuple[int | str, ...], side: str, names: Sequence[str], *, header: bool, file: str, optional: bool
) -> tuple[int, ...]:
    """The columns of one side, or of something else, counted from 0."""
    setting = f"`data.{side}_columns`" if side in ("source", "target") else f"the column of `{side}` in the recipe"
    if not wanted and not header:
        return (0,) if side == "source" else (1,)
    places = []
    for column in wanted or (side,):
        if isinstance(column, int) and (not header or column <= len(names)):
            places.append(column - 1)
        elif column in names:
            places.append(names.index(column))
        elif optional:
            return ()
        elif isinstance(column, int):
            raise DataError(f"{file}:1: column {column} is asked for, but there are {len(names)}. Change {setting}.")
        else:
            guess = nearest(column, names)
            advice = f"Did you mean `{guess}`?" if guess else f"Name one of them in {setting}."
            listed = ", ".join(f"`{name}`" for name in names)
            raise DataError(f"{file}:1: no column is named `{column}`; the columns are {listed}. {advice}")
    return tuple(places)


def _misfit(records: Sequence[Sequence[str]], layout: Layout, columns: Columns) -> str:
    """Why none of the first records can be read."""
    widest = max(len(record) for record in records)
    example = ", ".join(show(cell) for cell in records[0][:_SHOWN]) + (", …" if len(records[0]) > _SHOWN else "")
    if columns.source or columns.target or columns.extras:
        keys = [
            "`data.source_columns`",
            "`data.target_columns`",
            *(f"the column of `{name}`" for name in columns.extras),
        ]
        return (
            f"{layout.file}: column {layout.fewest} is asked for, but no line has more than {widest} "
            f"(the first: {example}). Change {' or '.join(keys)}."
        )
    if widest == 1:
        return (
            f"{layout.file}:1: expected 2 {layout.table.noun}, found 1, and so in every line. "
            f"{layout.table.separate}, or name two files of parallel lines: `train.de,train.en`."
        )
    return (
        f"{layout.file}: expected 2 {layout.table.noun}, found {widest} (the first: {example}). Name those to read, "
        "for example `data.source_columns = [1]` and `data.target_columns = [2]`."
    )
