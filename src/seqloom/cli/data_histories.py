"""`seqloom data histories`: what users had, and what came next, out of a table of ratings."""

from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Overrides, column, named

__all__ = ["histories"]


def histories(
    ratings: str,
    *,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    items: str | None = None,
    user: str = "1",
    item: str = "2",
    rating: str = "3",
    time: str = "4",
    least: float | None = None,
    name: str = "2",
    with_: Annotated[str, Parameter(name="--with")] = "",
    last: int = 20,
    overrides: Overrides = (),
) -> None:
    """Write train, valid and test of what users had and what came next: `history<TAB>next item`.

    The last item of each user is asked for in test, the one before it in valid, every other one in train. A history is
    what came before, with ` | ` between its items and the newest last.

    Parameters
    ----------
    ratings
        A table with a row for each time that a user had an item: CSV, TSV, JSONL or Parquet.
    out
        The folder for train.tsv, valid.tsv and test.tsv.
    items
        A table of items: the first column is the item as the ratings have it.
    user
        The column of users, by name or number.
    item
        The column of items.
    rating
        The column of ratings, which is read with `--least` alone.
    time
        The column of times: numbers, or dates such as 2024-05-01.
    least
        Leave out what was rated lower.
    name
        The column of names in the table of items.
    with_
        Further columns of that table, with commas between them, to stand behind the name in brackets: `--with genres`.
    last
        Items of a history in train, the newest. In valid and test it is whole, so that nothing is recommended again.
    overrides
        How the tables are read, as in a recipe: `--set data.encoding=cp1252`.
    """
    from seqloom.data.converting import reading_of
    from seqloom.data.histories import Histories, write_histories

    made = Histories(
        user=column(user),
        item=column(item),
        rating=column(rating),
        time=column(time),
        least=least,
        name=column(name),
        beside=tuple(column(each) for each in with_.split(",") if each),
        last=last,
    )
    print("\n".join(write_histories(named(ratings), out, made, items=items, reading=reading_of(overrides))))
