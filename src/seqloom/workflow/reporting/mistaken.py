"""Mistakes of a whole file, counted by kind, with examples."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.pages import Bars, Block, Column, Details, Prose, Table, percent
from seqloom.workflow.evaluating import Report
from seqloom.workflow.reporting.mistakes import KINDS, Judge, Kind, Mistake
from seqloom.workflow.reporting.sentences import rows_table

__all__ = ["mistakes_of"]

_EXAMPLES = 5


def mistakes_of(report: Report) -> list[Block]:
    """How many answers have each kind, what each kind is, and some of each."""
    judge = Judge([each.source for each in report.tested], [each.references for each in report.tested])
    found: dict[Kind, list[tuple[int, Mistake]]] = {kind: [] for kind in judge.kinds}
    answered = [place for place, answer in enumerate(report.answers) if answer.error is None]
    for place in answered:
        tested = report.tested[place]
        for mistake in judge(tested.source, report.answers[place].text, tested.references):
            found[mistake.kind].append((place, mistake))
    whole = max(1, len(answered))
    shares = {kind: len(each) / whole for kind, each in found.items()}
    bars = Bars(
        caption=f"Answers with a mistake of each kind, of {len(answered):,}",
        alt="; ".join(f"{kind} {percent(share)}" for kind, share in shares.items()),
        bars={kind: float(len(each)) for kind, each in found.items()},
        notes={kind: f"{len(each):,} ({percent(len(each) / whole)})" for kind, each in found.items()},
    )
    meanings = Table(
        caption="How they are told, from the texts alone",
        columns=[Column(title="kind", kind="name"), Column(title="is")],
        rows=[[kind, KINDS[kind]] for kind in judge.kinds],
    )
    blocks: list[Block] = [bars, Details(summary="What each kind is", blocks=[meanings])]
    if not judge.translates:
        text = "Here answers share words with their sources by right, so `copied` and `untranslated` are not counted."
        blocks.append(Prose(text=text))
    if failed := len(report.answers) - len(answered):
        blocks.append(Prose(text=f"{failed:,} sources have no answer at all; they are not among these."))
    blocks += [_examples(report, kind, each) for kind, each in found.items() if each]
    return blocks


def _examples(report: Report, kind: Kind, found: Sequence[tuple[int, Mistake]]) -> Details:
    """The worst answers first."""
    if report.qualities:
        found = sorted(found, key=lambda each: report.qualities[each[0]])
    shown = found[:_EXAMPLES]
    plain = rows_table(report, [place for place, _ in shown], caption=f"{kind}: {KINDS[kind]}")
    table = Table(
        caption=plain.caption,
        columns=[Column(title=kind, kind="sample"), *plain.columns],
        rows=[[mistake.proof, *row] for (_, mistake), row in zip(shown, plain.rows, strict=True)],
    )
    return Details(summary=f"{kind}: {len(shown)} of {len(found):,}", blocks=[table])
