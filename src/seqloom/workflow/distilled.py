"""What a teacher says to sources, kept in a file as it comes, and the pairs that a student learns from it."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal

from seqloom.core.errors import DataError
from seqloom.core.files import whole_file
from seqloom.data.annotations import Annotations
from seqloom.data.rows import Row
from seqloom.metrics.sentences import SentenceMetric, sentence_scores
from seqloom.workflow.answers import Answer
from seqloom.workflow.asking import Asking
from seqloom.workflow.feeds import Question, Ready
from seqloom.workflow.resuming import drafted
from seqloom.workflow.speaker import Speaker
from seqloom.workflow.watching import watch
from seqloom.workflow.written import Form

__all__ = ["Choice", "Keep", "answer_into", "digest_of", "rows_in", "write_pairs"]

Keep = Literal["nearest", "best"]

_TOGETHER = 256
"""Sources whose answers are measured in one go."""


@dataclass(frozen=True, kw_only=True)
class Choice:
    """Which of the n best a student learns."""

    keep: Keep = "nearest"
    """nearest: to the reference (Kim & Rush 2016, section 3.3), the better ranked of two that are as near; best: the
    first, whatever the reference says."""
    by: SentenceMetric = "bleu"
    """What is near."""

    def of(self, texts: Sequence[Sequence[str]], references: Sequence[str]) -> list[str]:
        """One of each source's answers, none of which are empty lists."""
        if self.keep == "best":
            return [first for first, *_ in texts]
        beside = [reference for said, reference in zip(texts, references, strict=True) for _ in said]
        scores = iter(sentence_scores(self.by, [text for said in texts for text in said], beside))
        return [max(zip(islice(scores, len(said)), said, strict=True), key=lambda each: each[0])[1] for said in texts]


@dataclass(frozen=True, kw_only=True)
class _Said(Form):
    """A line a source: the texts of its n best, best first; none where it could not be answered."""

    as_json: bool = True

    def lines(self, number: int, answer: Answer) -> Iterator[str]:
        texts = [] if answer.error is not None else [each.text for each in (answer, *answer.alternatives)[: self.nbest]]
        yield json.dumps(texts, ensure_ascii=False)


def digest_of(rows: Iterable[Row], terms: dict[str, Any]) -> tuple[int, str]:
    """How many rows there are, and what tells these questions from any others."""
    digest, number = hashlib.blake2b(json.dumps(terms, sort_keys=True).encode(), digest_size=6), 0
    for row in rows:
        digest.update(json.dumps([row.source, row.extras], default=repr, sort_keys=True).encode())
        number += 1
    return number, digest.hexdigest()


def answer_into(
    out: Path,
    teacher: Speaker,
    asking: Asking,
    rows: Callable[[], Iterator[Row]],
    *,
    terms: dict[str, Any],
    total: int,
    verbose: bool,
) -> None:
    """The teacher's answers in a file. What was answered before a kill is not answered again."""
    with drafted(out, terms, _Said(nbest=asking.nbest)) as draft:
        left = draft.rest(rows)
        questions = Ready(Question(text=row.source, extras=row.extras) for row in left)
        answers = teacher.answers(questions, asking, first=draft.tally.answered)
        if not verbose:
            for answer in answers:
                draft.put(answer)
            return
        with watch(total=total, before=draft.tally.answered, into_file=True) as watched:
            for answer in answers:
                draft.put(answer)
                watched.at(draft.saved)


def write_pairs(
    path: Path, rows: Iterable[Row], answers: Path, choice: Choice, *, annotations: Annotations, originals: bool
) -> str:
    """The chosen answers as pairs, an object a line; what became of the answers, in words.

    ``originals``: each row's own target as well, where the teacher says something else.
    """
    taught = same = unsaid = 0
    with answers.open(encoding="utf-8") as said, whole_file(path) as opened:
        waiting = zip(rows, map(json.loads, said), strict=True)
        while stretch := list(islice(waiting, _TOGETHER)):
            found = [(row, [text for text in texts if text.strip()]) for row, texts in stretch]
            unsaid += sum(not texts for _, texts in found)
            found = [(row, texts) for row, texts in found if texts]
            chosen = choice.of([texts for _, texts in found], [row.targets[0] for row, _ in found])
            for (row, _), text in zip(found, chosen, strict=True):
                taught, same = taught + 1, same + (text == row.targets[0])
                opened.write(_line(row, text, annotations))
                if originals and text != row.targets[0]:
                    opened.write(_line(row, row.targets[0], annotations))
    if not taught:
        raise DataError(f"{answers}: the teacher has no answer to any of its sources. Look at what it was trained on.")
    lacking = f", {unsaid:,} without an answer" if unsaid else ""
    beside = ", each with the original beside it where that is another" if originals else ""
    return f"{taught:,} answers of the teacher ({same:,} as the original){lacking}{beside}"


def _line(row: Row, target: str, annotations: Annotations) -> bytes:
    """An alignment belonged to the words of the original."""
    extras = {name: annotations.of(row)[name] for name in (*annotations.factors, *annotations.sources)}
    return (json.dumps({"source": row.source, "target": target, **extras}, ensure_ascii=False) + "\n").encode()


def rows_in(path: Path) -> Iterator[Row]:
    """The pairs as ``write_pairs`` wrote them, whatever columns a recipe reads."""
    with path.open(encoding="utf-8", newline="\n") as opened:
        for number, line in enumerate(opened, start=1):
            found = json.loads(line)
            source, target = found.pop("source"), found.pop("target")
            yield Row(source=source, targets=(target,), extras=found, file=path.name, line=number)
