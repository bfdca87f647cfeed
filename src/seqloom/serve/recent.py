"""Answers that were given lately."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable

from seqloom.workflow.answers import Answer

__all__ = ["Recent"]


class Recent:
    """So many answers are remembered; the one that was asked for the longest ago is forgotten first."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()

    def __len__(self) -> int:
        return len(self._answers)

    def get(self, key: Hashable) -> Answer | None:
        answer = self._answers.get(key)
        if answer is not None:
            self._answers.move_to_end(key)
        return answer

    def put(self, key: Hashable, answer: Answer) -> None:
        if not self.size:
            return
        self._answers[key] = answer
        self._answers.move_to_end(key)
        if len(self._answers) > self.size:
            self._answers.popitem(last=False)

    def clear(self) -> None:
        self._answers.clear()
