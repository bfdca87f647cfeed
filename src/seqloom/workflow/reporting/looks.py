"""Where the model looked: attention as a picture for a few sentences that are short enough to be read."""

from __future__ import annotations

from collections.abc import Sequence

from seqloom.pages import Block, Heatmap, Prose
from seqloom.workflow.answers import Answer, Attention
from seqloom.workflow.evaluating import Report

__all__ = ["attention_of"]

_MOST = 26
"""Tokens of a side, so that each can be read."""
_FEWEST = 3


def attention_of(report: Report, *, number: int = 3) -> list[Block]:
    """One of the best, one of the middle and one of the worst; a line where nothing can be seen."""
    readable = [place for place, answer in enumerate(report.answers) if _readable(answer)]
    if report.qualities:
        readable.sort(key=lambda place: -report.qualities[place])
    # Neither the very best nor the very worst: those are often the odd ones.
    chosen = (
        list(dict.fromkeys(readable[int((2 * each + 1) / (2 * number) * len(readable))] for each in range(number)))
        if readable
        else []
    )
    blocks: list[Block] = []
    for place in chosen:
        answer = report.answers[place]
        weights = answer.attention
        if weights is None:
            return [
                Prose(text="Whoever answered shows no attention: what was exported does not, nor do models without it.")
            ]
        blocks.append(_picture(answer, weights))
    return blocks or [Prose(text=f"No sentence has from {_FEWEST} to {_MOST} tokens on both sides, so none is drawn.")]


def _readable(answer: Answer) -> bool:
    sides = (len(answer.source_tokens), len(answer.tokens))
    return answer.error is None and answer.look is not None and all(_FEWEST <= side <= _MOST for side in sides)


def _picture(answer: Answer, weights: Attention) -> Heatmap:
    said, read = [_seen(each) for each in (*answer.tokens, "(end)")], [_seen(each) for each in answer.source_tokens]
    said = said[: len(weights)]
    mostly = "; ".join(f"{token} at {read[_strongest(row)]}" for token, row in zip(said, weights, strict=True))
    return Heatmap(
        caption=f"{answer.source} → {answer.text}",
        alt=f"Where the model looked most for each token: {mostly}",
        rows=said,
        columns=read,
        values=[row[: len(read)] for row in weights],
        y="said",
        x="read",
        figures=False,
    )


def _strongest(row: Sequence[float]) -> int:
    return max(range(len(row)), key=row.__getitem__)


def _seen(token: str) -> str:
    """A token that is nothing but space is made visible."""
    return token if token.strip() else "␣"
