"""`seqloom data split`: pairs as training, validation and test sets."""

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from seqloom.cli.options import Overrides, named_all

__all__ = ["split"]


def split(
    *files: str,
    out: Annotated[Path, Parameter(name=("--out", "-o"))],
    valid: float = 0.05,
    test: float = 0.0,
    by: str = "",
    near: float = 0.75,
    sides: Literal["auto", "both", "source", "target"] = "auto",
    seed: int = 1,
    suffix: Annotated[str, Parameter(name="--as")] = "",
    overrides: Overrides = (),
    languages: str | None = None,
    columns: Annotated[str, Parameter(name="--with")] = "",
) -> None:
    """Split pairs into train, valid and test such that no set has anything like what another has.

    Pairs stay together whose source or target is the same but for case, digits and punctuation, or nearly so, and with
    `--by` those of the same document or group. Each set keeps the order of the pairs.

    Parameters
    ----------
    files
        Files to read, in order.
    out
        The folder for train, valid and test.
    valid
        A share such as 0.05, or a number of rows.
    test
        The same for the test set; 0: none.
    by
        A column whose rows stay together, by name or number; `document` where the format has documents.
    near
        The similarity from which pairs stay together (Jaccard, of three characters each); 1: only the same but for
        case, digits and punctuation; 0: none.
    sides
        Whose similarity counts. auto: both, but not targets that are labels.
    seed
        Another one draws other sets.
    suffix
        The format to write, such as tsv; by default that of the first file, where it can be.
    overrides
        How they are read, as in a recipe: `--set data.encoding=cp1252`.
    languages
        Those of source and target for TMX and XLIFF, such as en,de, where what is read does not say them.
    columns
        Further columns for a table to have, such as document,id: what else the rows say.
    """
    from seqloom.data.converting import reading_of
    from seqloom.data.splitting import Division, split
    from seqloom.data.writing import wanted_of

    division = Division(valid=valid, test=test, by=by, near=near, sides=sides, seed=seed)
    wanted = wanted_of(languages, columns)
    given = reading_of(overrides).given(named_all(files))
    print("\n".join(split(given, out, wanted, division, suffix=f".{suffix.lstrip('.')}" if suffix else "")))
