"""`seqloom runs`: what was trained, how the runs differ, and one of them again."""

import json
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from seqloom.cli.options import importing

__all__ = ["runs"]


def runs(
    *folders: Path,
    settings: Annotated[bool, Parameter(negative=())] = False,
    html: Path | None = None,
    as_json: Annotated[bool, Parameter(name="--json", negative=())] = False,
    replay: Path | None = None,
    out: Annotated[Path | None, Parameter(name=("--out", "-o"))] = None,
) -> None:
    """List the runs below folders, newest first, and the settings in which they differ; or make one of them again.

    Runs themselves may be named, too: `seqloom runs runs/a runs/b` sets these two side by side.

    Parameters
    ----------
    folders
        Where to look; by default here.
    settings
        Show all settings that differ, however many.
    html
        The same as a page, with curves of the validation and of the loss: one file that needs no other.
    as_json
        Print an object instead.
    replay
        Train this run again from its recipe, plan and seed, on the data that it was trained on, which must be as it
        was.
    out
        With `--replay`, the new run's folder; by default `runs/` and its name.
    """
    with importing():
        from seqloom.core.errors import RecipeError
        from seqloom.explain.pages import check_page
        from seqloom.explain.runs.lines import lines_of
        from seqloom.explain.runs.listing import runs_below
        from seqloom.explain.runs.page import page_of

    if replay is not None:
        if folders or html or as_json or settings:
            raise RecipeError("`--replay` trains, and lists nothing. Give it a command of its own.")
        _replay(replay, out)
        return
    if out is not None:
        raise RecipeError("`--out` is the folder of a `--replay`, but there is none. A page is written by `--html`.")
    if html is not None:
        check_page(html)
    looked_in = folders or (Path(),)
    listing = runs_below(looked_in)
    if html is not None:
        page_of(
            listing, on=", ".join(str(each.resolve().name if each == Path() else each) for each in looked_in)
        ).write(html)
    if as_json:
        print(json.dumps(listing.to_data(), ensure_ascii=False))
        return
    for line in lines_of(listing, every=settings):
        print(line)


def _replay(folder: Path, out: Path | None) -> None:
    with importing():
        from seqloom.workflow.display import show
        from seqloom.workflow.manifest import read_metrics
        from seqloom.workflow.replaying import replay

    ended = show(replay(folder, out).run())
    if ended.stopped.reason == "interrupted":
        raise KeyboardInterrupt
    before = read_metrics(folder).get("scores", {})
    for name, report in ended.reports.items():
        then = before.get(name, {}).get("scores", {})
        for key, value in report.numbers.items():
            if key in then:
                print(f"{key} on {name}: {value:.2f}, then {then[key]['value']:.2f}")
