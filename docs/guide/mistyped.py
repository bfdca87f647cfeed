"""Tables of questions and answers, English or Chinese, into pairs to learn from and questions that none of them has.

    python docs/guide/mistyped.py english.tsv chinese.tsv --out known

A table's lines are topic, question, answer, as ChatterBot's are. *typed*: known questions with one word left out (of
four or more) and two letters of the longest in the wrong order, or a Chinese character left out. *asked*: questions
whose answer another question has too, which are not learnt. Some of the typed ones are kept for validation.
"""

from __future__ import annotations

import argparse
import random
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path

Pair = tuple[str, str]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tables", type=Path, nargs="+")
    parser.add_argument("--out", type=Path, default=Path("known"))
    asked = parser.parse_args()
    dice = random.Random(3)
    train: list[Pair] = []
    valid: list[Pair] = []
    asked.out.mkdir(parents=True, exist_ok=True)
    for table in asked.tables:
        rows = [row(line) for line in table.read_text(encoding="utf-8").splitlines() if line.strip()]
        learnt, others = apart(rows, dice)
        train += learnt
        chinese = any("\u4e00" <= char <= "\u9fff" for char in rows[0][0])
        right = answers_of(rows)
        known = sorted({question for question, _ in learnt if len(question) >= (5 if chinese else 12)})
        dice.shuffle(known)
        number = len(known) // 9 if chinese else len(known) // 14
        changed = [(mistyped(question, dice, chinese=chinese), right[question]) for question in known[: 3 * number]]
        valid += [(question, answer) for question, answers in changed[:number] for answer in answers]
        write(asked.out / f"typed-{table.stem}.tsv", [(q, a) for q, answers in changed[number:] for a in answers])
        write(asked.out / f"asked-{table.stem}.tsv", [(q, a) for q in others for a in right[q]])
    write(asked.out / "train.tsv", train)
    write(asked.out / "valid.tsv", valid)


def row(line: str) -> Pair:
    *_, question, answer = line.split("\t")
    return question, answer


def answers_of(rows: Sequence[Pair]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = defaultdict(list)
    for question, answer in rows:
        found[question].append(answer)
    return found


def apart(rows: Sequence[Pair], dice: random.Random) -> tuple[list[Pair], list[str]]:
    """What is learnt, and of each answer that has several questions one that is not."""
    questions: dict[str, set[str]] = defaultdict(set)
    for question, answer in rows:
        questions[answer].add(question)
    held: set[str] = set()
    for _, several in sorted(questions.items()):
        if len(several) > 1 and not held & several:
            held.add(dice.choice(sorted(several)))
    known = {answer for question, answer in rows if question not in held}
    right = answers_of(rows)
    held = {question for question in held if known.intersection(right[question])}
    return [pair for pair in rows if pair[0] not in held], sorted(held)


def mistyped(question: str, dice: random.Random, *, chinese: bool) -> str:
    if chinese:
        place = dice.randrange(len(question))
        return question[:place] + question[place + 1 :]
    words = question.split()
    if len(words) >= 4:
        words.pop(dice.randrange(len(words)))
    longest = max(range(len(words)), key=lambda place: len(words[place]))
    word = words[longest]
    if len(word) > 3:
        at = dice.randrange(1, len(word) - 2)
        words[longest] = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    return " ".join(words)


def write(file: Path, pairs: Sequence[Pair]) -> None:
    file.write_text("".join(f"{question}\t{answer}\n" for question, answer in pairs), encoding="utf-8")


if __name__ == "__main__":
    main()
