"""`seqloom data inspect`: what is in files of pairs, before anything is learnt from them."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import Files, Overrides, importing, named_all

__all__ = ["inspect"]


def inspect(
    *files: str,
    valid: Files = (),
    test: Files = (),
    against: Files = (),
    html: Path | None = None,
    recipe: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    overrides: Overrides = (),
) -> None:
    """Look at files of pairs: lengths, duplicates, what stands in the test files too, and pairs that are odd.

    Files are named as for `seqloom train`.

    Parameters
    ----------
    files
        Files to learn from.
    valid
        Files that the best model is chosen on: held against the training files.
    test
        Files that the finished model is measured on: the same.
    against
        Further files that must not be learnt from.
    html
        Where to write the report as a page with plots, in one file.
    recipe
        Where to write settings that fit, as a recipe in which each line says why.
    as_json
        Print it all as JSON instead.
    overrides
        How the data is read, as in a recipe: `--set 'data.source_columns=["zh"]'`.
    """
    with importing():
        from seqloom.core.errors import DataError
        from seqloom.core.files import write_text
        from seqloom.data.inspecting.findings import findings_of
        from seqloom.data.inspecting.inspection import data_settings, inspect_files
        from seqloom.data.inspecting.page import page_of
        from seqloom.data.inspecting.report import report_lines
        from seqloom.data.inspecting.suggestion import suggest
        from seqloom.data.inspecting.summary import to_data
        from seqloom.explain.pages import check_file, check_page

    if not files:
        raise DataError("name at least one file of pairs to look at.")
    if html is not None:
        check_page(html)
    if recipe is not None:
        check_file(recipe, "recipe", ".toml")
    settings = data_settings(overrides)
    roles = (("validation", named_all(valid)), ("test", named_all(test)), ("held", named_all(against)))
    found = inspect_files(named_all(files), settings, held=[(name, several) for name, several in roles if several])
    findings = findings_of(found)
    suggestion = suggest(found, findings, settings, valid=named_all(valid), test=named_all(test))
    if as_json:
        print(json.dumps(to_data(found, findings, suggestion), ensure_ascii=False, indent=2))
    else:
        print("\n".join(report_lines(found, findings)).rstrip())
    made = []
    if html is not None:
        page_of(found, findings, suggestion).write(html)
        made.append(f"{html}: the same as a page, with plots")
    if recipe is not None:
        write_text(recipe, suggestion.text)
        made.append(f"{recipe}: settings that fit. Do `seqloom train {recipe} --out runs/{recipe.stem}`.")
    if made and not as_json:
        print("\n".join(["", *made]))
