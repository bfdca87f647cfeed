"""The page of an evaluation: what the scores hide."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

import seqloom
from seqloom.core.errors import DataError
from seqloom.data.ledger import Ledger
from seqloom.pages import Page, Section
from seqloom.workflow.answers import Answer
from seqloom.workflow.asking import Asking
from seqloom.workflow.evaluating import Report, Tested, gather
from seqloom.workflow.feeds import Ready
from seqloom.workflow.reporting.examples import sample_blocks, worst_blocks
from seqloom.workflow.reporting.groups import Breakdown, blocks_of, by_column, by_length, by_rarity
from seqloom.workflow.reporting.looks import attention_of
from seqloom.workflow.reporting.mistaken import mistakes_of
from seqloom.workflow.reporting.scores import classes_of, confidences_of, score_table, sort_of, tiles_of
from seqloom.workflow.reporting.sentences import Ask, slowest_of
from seqloom.workflow.rows import Pairs, measurable, rows_of
from seqloom.workflow.speaker import Speaker

__all__ = ["alone", "check_page", "doubt_of", "evaluated_on", "sections_of", "write_evaluation"]

_NONE: Mapping[str, Any] = MappingProxyType({})
_SAMPLES, _WORST, _SLOWEST = 8, 12, 6


def check_page(path: Path) -> None:
    """Refuses, before there is work in it, what no page can be written to."""
    if path.suffix.lower() not in (".html", ".htm"):
        raise DataError(f"`--out` must end in .html, but is {path}. Rename it.")
    if not path.absolute().parent.is_dir():
        raise DataError(f"{path}: there is no folder {path.parent}. Make it, or choose another `--out`.")


def evaluated_on(
    speaker: Speaker,
    pairs: Pairs,
    asking: Asking,
    *,
    by: int | str | None = None,
    given: Mapping[str, Any] = _NONE,
) -> Report:
    """Like the speaker's own report, with the column ``by`` kept among what is known of each row, and with columns that
    are ``given`` for all of them."""
    recipe = speaker.recipe
    extras = {} if by is None else {str(by): by}
    rows = rows_of(pairs, recipe, channels=speaker.numbering.channels, extras=extras, given=given)
    tested = gather(Ledger(on_bad_line=recipe.data.on_bad_line).rows(measurable(rows, speaker.doing)), recipe)
    if by is not None and not any(str(by) in each.extras for each in tested):
        raise DataError(f"no row has a column `{by}`. Name one that the file has, or leave out `--by`.")
    return speaker.report(tested, asking)


def write_evaluation(
    path: Path,
    report: Report,
    speaker: Speaker,
    *,
    name: str,
    file: str,
    asking: Asking | None = None,
    by: int | str | None = None,
) -> None:
    """``name`` is the model's. ``asking`` is how the slowest are asked again; None: nothing is timed."""
    Page(
        title=f"{name} on {file}",
        lead=f"{len(report.answers):,} answers, {report.searched}. {doubt_of(report)}",
        sections=sections_of(report, speaker, file=file, asking=asking, by=by),
        foot=f"Made by Seqloom {seqloom.__version__}.",
    ).write(path)


def sections_of(
    report: Report, speaker: Speaker, *, file: str, asking: Asking | None = None, by: int | str | None = None
) -> list[Section]:
    """All that is to be said of the answers."""
    settings = speaker.recipe.evaluation
    sort = sort_of(report, settings)
    sections = [Section(title="Scores", blocks=[tiles_of(report), score_table({file: report}), *classes_of(report)])]
    for breakdown in _breakdowns(report, speaker, by=by, texts=sort != "series"):
        sections.append(
            Section(title=breakdown.title, lead=breakdown.meaning, blocks=blocks_of(breakdown, report, settings))
        )
    if sort == "text":
        sections.append(Section(title="Kinds of mistakes", blocks=mistakes_of(report)))
    sections += [
        Section(title="The worst", blocks=worst_blocks(report, settings, sort, number=_WORST)),
        Section(title="A sample", blocks=sample_blocks(report, sort, number=_SAMPLES)),
    ]
    if sort == "text":
        lead = "The stronger the shade, the more the model looked there when it said this token."
        sections.append(Section(title="Where it looked", lead=lead, blocks=attention_of(report)))
    if report.reliability is not None:
        sections.append(Section(title="How far its confidences hold", blocks=confidences_of(report.reliability)))
    if asking is not None:
        ask = alone(speaker, asking)
        sections.append(Section(title="The slowest", blocks=slowest_of(report, ask, number=_SLOWEST)))
    return sections


def alone(speaker: Speaker, asking: Asking) -> Ask:
    """Asks one question at a time."""

    def ask(tested: Tested) -> Answer:
        [answer] = speaker.answers(Ready([tested.question]), asking)
        return answer

    return ask


def _breakdowns(report: Report, speaker: Speaker, *, by: int | str | None, texts: bool) -> list[Breakdown]:
    """Of series and where nothing is read there is no text to part by. One group alone parts nothing."""
    found = [by_length(report), by_rarity(report, speaker.numbering)] if texts and _reads(speaker) else []
    found = [each for each in found if len(each.groups) > 1]
    return found if by is None else [*found, by_column(report, by)]


def _reads(speaker: Speaker) -> bool:
    """Text, that is."""
    return not speaker.numbering.sourceless and "source" not in speaker.numbering.channels


def doubt_of(report: Report) -> str:
    """Few sentences tell little."""
    if len(report.answers) >= 100:
        return "The bars are 95 % intervals: groups whose bars overlap by much are not shown to differ."
    return "So few tell little: look at the intervals first."
