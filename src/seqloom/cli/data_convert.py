"""`seqloom data convert`: from one format of pairs to another."""

from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Overrides, named_all

__all__ = ["convert"]


def convert(
    *files: str,
    overrides: Overrides = (),
    languages: str | None = None,
    columns: Annotated[str, Parameter(name="--with")] = "",
) -> None:
    """Write pairs in another format: `seqloom data convert IN… OUT`. The names tell the formats.

    Read are TSV, CSV (any separator), JSONL, Parquet, TMX, XLIFF, PO, MO, CoNLL, SGML and XML of WMT, SGML of Reuters,
    and parallel files as `a.de,a.en`. Written are .tsv, .csv, .jsonl, .parquet, .tmx, .xlf, .po, .conll and again
    `a.de,a.en`.

    Parameters
    ----------
    files
        Files to read, in order, and last the one to write.
    overrides
        How they are read, as in a recipe: `--set data.encoding=cp1252`, `--set 'data.source_columns=["en"]'`.
    languages
        Those of source and target for TMX and XLIFF, such as en,de, where what is read does not say them.
    columns
        Further columns for a table to have, such as document,id: what else the rows say.
    """
    from seqloom.data.converting import convert, files_and_out, reading_of
    from seqloom.data.writing import wanted_of

    read, out = files_and_out(named_all(files))
    wanted = wanted_of(languages, columns)
    print("\n".join(convert(reading_of(overrides).given(read), out, wanted)))
