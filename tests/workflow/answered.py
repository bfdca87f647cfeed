"""Answers that no model gave: some doubtful, some none at all, some with fewer alternatives than were asked for."""

from __future__ import annotations

import math

from seqloom.workflow.answers import Answer


def answers(number: int, *, text: str = "so \u2028 é {}") -> list[Answer]:
    """Of the sources "0", "1" …"""
    return [_answer(place, text.replace("{}", str(place))) for place in range(number)]


def _answer(place: int, text: str) -> Answer:
    if place % 4 == 3:
        return Answer.failed(str(place), f"`{place}` cannot be read.")
    best, *others = (
        Answer(
            text=f"{text}{'!' * number}",
            score=-number - 0.1,
            logp=-number - 0.1,
            tokens=("so",),
            token_logps=(math.log(0.9 if place % 3 else 0.3), 0.0),
            source=str(place),
            source_tokens=(str(place),),
        )
        for number in range(3 if place % 2 else 2)
    )
    return Answer(**{**vars(best), "alternatives": tuple(others)})
