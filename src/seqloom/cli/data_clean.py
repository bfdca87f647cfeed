"""`seqloom data clean`: pairs without those that nothing is learnt from."""

from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Overrides, named, named_all

__all__ = ["clean"]


def clean(
    *files: str,
    dropped: str | None = None,
    source_script: str = "",
    target_script: str = "",
    overrides: Overrides = (),
    languages: str | None = None,
    columns: Annotated[str, Parameter(name="--with")] = "",
) -> None:
    """Write pairs without the bad ones: `seqloom data clean IN… OUT`. The same cleaning as in training.

    Without settings it removes control characters, collapses spaces, and drops pairs that are empty, longer than 250
    words, of lengths more than nine times apart, untranslated or there before.

    Parameters
    ----------
    files
        Files to read, in order, and last the one to write.
    dropped
        A file for what is dropped, as it was, with its reason, file and line: .jsonl, .tsv or .csv.
    source_script
        Drop a pair whose source is not mostly in this script: latin, cyrillic, han, japanese, hangul, arabic …
    target_script
        The same of the target.
    overrides
        A setting of cleaning or of reading, as in a recipe: `--set data.cleaning.max_ratio=3`.
    languages
        Those of source and target for TMX and XLIFF, such as en,de, where what is read does not say them.
    columns
        Further columns for a table to have, such as document,id: what else the rows say.
    """
    from seqloom.data.converting import clean, cleaning_of, files_and_out
    from seqloom.data.scripts import ScriptFilter
    from seqloom.data.writing import wanted_of

    read, out = files_and_out(named_all(files))
    chosen = cleaning_of(overrides)
    lines = clean(
        chosen.given(read),
        out,
        wanted_of(languages, columns),
        cleaning=chosen.cleaning,
        scripts=ScriptFilter(source=source_script, target=target_script),
        dropped=None if dropped is None else named(dropped),
    )
    print("\n".join(lines))
